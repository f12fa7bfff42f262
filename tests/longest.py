"""The order in which files are handed to the workers: what takes longest first, or one worker runs it at the end while the others are idle."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: What takes over 40 s by itself, nearly all of it waiting for real processes.
LONGEST = (
    "tests/e2e/test_readme.py",
    "tests/e2e/test_plugin_pages.py",
    "tests/e2e/test_docs.py",
    "tests/faults/test_matrix.py",
    "tests/faults/test_matrix_running.py",
    "plugins/local/tests/contract/test_conformance.py",
    "tests/contract/test_recordings_fast.py",
    "tests/clients/test_kubectl.py",
    "plugins/rayjob/tests/test_local.py",
    "tests/faults/test_logs.py",
    "tests/kit/test_kit.py",
    "plugins/model/tests/test_model.py",
    "tests/clients/test_python_clients.py",
    "tests/logview/test_browser.py",
    "tests/stacks/test_stacks.py",
    "tests/e2e/test_meet.py",
    "tests/packaging/test_wheels.py",
    "plugins/local/tests/kubelet/test_pods.py",
    "tests/cli/test_machine_output.py",
    "plugins/local/tests/daemon/test_daemon.py",
    "tests/docs/test_plugin_guide.py",
    "plugins/local/tests/daemon/test_cli.py",
)


def first(items: list[pytest.Item]) -> None:
    """Put the tests of these files to the front; the others keep their order."""
    rank = {ROOT / name: n for n, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path, len(rank)))
