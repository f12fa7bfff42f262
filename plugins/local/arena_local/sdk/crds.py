"""Load what a plugin ships in its folder ``crds``: CRDs as ``<plural>.<group>.json.gz``, and ``effects.toml``."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources

from arena_local.sdk.bundle import FieldEffects, Obj


def load_crds(package: str) -> Iterator[Obj]:
    """Yield the CustomResourceDefinitions in the ``crds`` folder of ``package``, by file name, one at a time."""
    folder = resources.files(package) / "crds"
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".json.gz"))
    for name in names:
        yield json.loads(gzip.decompress((folder / name).read_bytes()))


def load_effects(package: str) -> Mapping[str, FieldEffects]:
    """Return what ``crds/effects.toml`` of ``package`` says of the fields of its kinds.

    A table for each kind (``plural.group``): ``acted`` and ``harmless`` with dotted paths, and a table ``warned`` from path to reason.
    """
    text = (resources.files(package) / "crds" / "effects.toml").read_text(encoding="utf-8")
    return {
        kind: FieldEffects(tuple(row.get("acted", "").split()), tuple(row.get("harmless", "").split()), row.get("warned", {}))
        for kind, row in tomllib.loads(text).items()
    }
