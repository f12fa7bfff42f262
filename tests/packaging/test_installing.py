"""Where packages come from: uv asks where this machine's pip would."""

from __future__ import annotations

from tests import installing


def test_what_pip_is_told_of_places_uv_is_told_too() -> None:
    config = (
        ":env:.constraint='/env.txt'\n:env:.default-timeout='180'\nglobal.cert='/ca.crt'\nglobal.constraint='/file.txt'\n"
        "global.another-url='file:///a\\nfile:///b'\ninstall.find-links='/wheels /more'\nlist.find-links='/no'\n"
    )
    found = installing.options(config)
    assert found == [
        "--constraint",
        "/env.txt",
        "--another-url",
        "file:///a",
        "--another-url",
        "file:///b",
        "--find-links",
        "/wheels",
        "--find-links",
        "/more",
    ]


def test_where_nothing_is_configured_nothing_is_said() -> None:
    assert installing.options("") == []
