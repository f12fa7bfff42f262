"""Lists that a person reads on a terminal of 80 columns: what is least important gives way, and a note names it."""

from __future__ import annotations

from typing import Any

from arena_core.cli.commands.crons import pages as crons
from arena_core.cli.commands.past import pages as past
from arena_core.cli.fitting import fitted, width_of
from tests.cli.conftest import arena, home

__all__ = ["arena", "home"]


def test_the_list_of_crons_fits() -> None:
    row = ["nightly", "pytorchjob", "0 2 * * mon-fri (Europe/Berlin)", "false", "N/A", "Allow", "in 3h", "N/A"]
    shown, gone = fitted([list(crons.HEADER), row], crons.LEAST, 80)
    assert width_of(shown) <= 80 and "NEXT" not in gone and "SCHEDULE" not in gone and "DEADLINE" in gone


def test_the_history_fits() -> None:
    row = ["37e76b14", "q-deepspeed-mpijob", "SUSPENDED (66s ago)", "DEEPSPEED-MPIJOB", "2026-11-29 21:17:43 UTC", "-", "0123456789+"]
    shown, gone = fitted([list(past.HEADER), row], past.LEAST, 80)
    assert width_of(shown) <= 80 and gone and not {"ID", "NAME", "STATUS"} & set(gone)


def test_no_sentence_of_a_plugins_help_is_cut(arena: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    for group in ("local", "model"):
        text = arena(group, "--help").out
        assert "..." not in text.partition("Commands:")[2], text
