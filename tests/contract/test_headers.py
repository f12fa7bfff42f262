"""R1: the local server is as strict as a real one about Accept, content types, upgrades, subprotocols, queries and paths."""

from __future__ import annotations

import re

import pytest

from arena_local.testing import LocalCluster
from tests.contract import headers
from tests.contract.places import ROOT

pytestmark = pytest.mark.skipif(not headers.ROWS.exists(), reason="the recordings are not here")


def test_recorded_requests_are_answered_as_recorded(local_cluster: LocalCluster) -> None:
    """R1: what differs is written down with its reason, and what is written down differs."""
    different = headers.play(local_cluster)
    surprises = [text for name, text in different.items() if name not in headers.known()]
    assert not surprises, "\n".join(surprises)
    assert set(headers.known()) == set(different)
    assert len(headers.rows()) - len(different) >= 600


def test_the_docs_name_what_differs() -> None:
    """docs/local-cluster.md lists the same rows with the same reasons."""
    text = (ROOT / "docs/local-cluster.md").read_text(encoding="utf-8")
    for name, why in headers.known().items():
        assert re.search(rf"\| `{re.escape(name)}` \| {re.escape(why)} \|", text), name
