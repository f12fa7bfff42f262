"""The reference pages are those that the flags make."""

from __future__ import annotations

from pathlib import Path

import pytest

from arena_core.cli import catalog
from arena_core.cli.reference import pages

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
PAGES = pages()


def test_every_command_and_every_job_type_has_its_place():
    assert {
        "submit-pytorchjob.md",
        "submit-tfjob.md",
        "submit-volcanojob.md",
        "submit-mpijob.md",
        "submit-rayjob.md",
        "submit-trainjob.md",
        "submit-etjob.md",
        "submit-deepspeedjob.md",
        "submit-horovodjob.md",
        "submit-sparkjob.md",
        "submit-appwrapperjob.md",
        "submit-job.md",
        "submit-jobset.md",
        "submit-custom-serving.md",
        "submit-modeljob.md",
        "submit-evaluatejob.md",
    } <= set(PAGES)
    for entry in catalog.ENTRIES:
        assert f"## arena {entry.name}\n" in PAGES["commands.md"]


@pytest.mark.parametrize(
    "name",
    [
        "commands.md",
        "hooks.md",
        "submit-pytorchjob.md",
        "submit-tfjob.md",
        "submit-volcanojob.md",
        "submit-mpijob.md",
        "submit-rayjob.md",
        "submit-trainjob.md",
        "submit-etjob.md",
        "submit-deepspeedjob.md",
        "submit-horovodjob.md",
        "submit-sparkjob.md",
        "submit-appwrapperjob.md",
        "submit-job.md",
        "submit-jobset.md",
        "submit-custom-serving.md",
        "submit-modeljob.md",
        "submit-evaluatejob.md",
    ],
)
def test_the_pages_are_up_to_date(name):
    assert (FOLDER / name).read_text() == PAGES[name], "run `arena __reference docs/reference`"
