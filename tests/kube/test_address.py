"""Addresses are read and quoted as ``urllib.parse`` does it, which is loaded only where it is needed."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from arena_core.kube.address import parts_of, quoted
from arena_core.records import names_of

hosts = st.from_regex(r"\A[a-zA-Z0-9.\-\[\]:@%_é]{0,14}\Z")
addresses = st.builds(
    "".join, st.tuples(st.sampled_from(["http://", "https://", "HTTP://", "socks5://", "", "//"]), hosts, st.text(max_size=12))
)


@given(st.one_of(addresses, st.text(max_size=20)))
@example("http://127.0.0.1:6443/k8s/clusters/c-1")
@example("https://h:65536")
@example("https://h:0443/")
@example("http://u:p@h:1/x?y#z")
@example("https://[::1]:6443")
def test_parts_are_those_of_urlsplit(text: str) -> None:
    try:
        found = urlsplit(text)
        expected = (found.scheme, found.netloc, found.path, found.hostname, found.port, found.username, found.password)
    except ValueError:
        expected = None
    try:
        made = parts_of(text)
        ours = tuple(getattr(made, name) for name in names_of(type(made)))
    except ValueError:
        ours = None
    assert ours == expected


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["", "/", "/:@!$&'()*+,;=~%"]))
def test_quoting_is_that_of_quote(text: str, safe: str) -> None:
    assert quoted(text, safe) == quote(text, safe=safe)
