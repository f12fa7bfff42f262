"""Load the CRDs that a plugin ships as ``crds/<plural>.<group>.json.gz``."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from importlib import resources

from arena_local.bundle import Obj


def load_crds(package: str) -> Sequence[Obj]:
    """Return the CustomResourceDefinitions in the ``crds`` folder of ``package``, sorted by file name."""
    folder = resources.files(package) / "crds"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".json.gz"))
    return [json.loads(gzip.decompress((folder / name).read_bytes())) for name in names]
