"""Where the recorded reference lies, and the two tools in it that play it."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = Path(os.environ.get("ARENA_SHARED", ROOT.parent / "shared"))
RECORDINGS = SHARED / "recordings"
CONFORMANCE = SHARED / "conformance"
#: What a cluster of processes lacks by nature: nothing is pulled, nothing is killed for memory, an image has no files.
WITHOUT = frozenset({"image-pull", "oom", "image-filesystem"})
#: Operators whose stand-in brings what the files of an image are needed for.
STOOD_IN = frozenset({"kuberay"})


def load(folder: Path) -> Any:
    """Import ``replay.py`` of a folder (both are called so, hence one at a time)."""
    sys.modules.pop("replay", None)
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("replay")
    finally:
        sys.path.remove(str(folder))
