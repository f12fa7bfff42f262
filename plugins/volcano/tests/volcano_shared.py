"""Where reference material lies on machines that have it: recordings of the real Volcano, its CRDs, what Arena (Go) makes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from arena_core.testing.comparing import strict_schema

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[4] / "shared"))
needs_shared = pytest.mark.skipif(not (SHARED / "recordings").is_dir(), reason="no reference material on this machine")


def recording(name: str, area: str = "volcano") -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SHARED / "recordings" / area / f"{name}.json").read_text(encoding="utf-8"))
    return found


def arena_case(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SHARED / "arena-go" / "objects" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def crd_schema() -> dict[str, Any]:
    """Return the schema of the real Volcano Job CRD with unknown fields refused everywhere but where the CRD allows them."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    crd = yaml.load((SHARED / "crds" / "volcano" / "batch.volcano.sh_jobs.yaml").read_text(encoding="utf-8"), loader)
    return strict_schema(crd)
