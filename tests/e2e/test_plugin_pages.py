"""The commands of the pages of the plugins, in a namespace of a cluster that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.pages import PLUGINS, each, run_all


@pytest.mark.parametrize(**each(PLUGINS, alone=False))
def test_commands_of_the_page(document: Path, somewhere: dict[str, str], tmp_path: Path) -> None:
    run_all(document, somewhere, tmp_path)
