"""The reference pages are those that the flags make."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena_core.cli import catalog
from arena_core.cli.reference import pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
TYPES = [
    "pytorchjob",
    "tfjob",
    "volcanojob",
    "mpijob",
    "rayjob",
    "trainjob",
    "etjob",
    "deepspeedjob",
    "horovodjob",
    "sparkjob",
    "appwrapperjob",
    "job",
    "jobset",
    "custom-serving",
    "modeljob",
    "evaluatejob",
]


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def test_every_command_and_every_job_type_has_its_place(made):
    assert {f"submit-{name}.md" for name in TYPES} <= set(made)
    for entry in catalog.ENTRIES:
        assert f"## arena {entry.name}\n" in made["commands.md"]


@pytest.mark.parametrize("name", ["commands.md", "hooks.md", *(f"submit-{name}.md" for name in TYPES)])
def test_the_pages_are_up_to_date(name, made):
    assert (FOLDER / name).read_text() == made[name], "run `arena __reference docs/reference`"
