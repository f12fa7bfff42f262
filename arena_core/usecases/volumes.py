"""``data list``: the volumes that jobs can mount with ``--data``."""

from __future__ import annotations

from typing import NamedTuple

from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.kube.resources import CLAIMS
from arena_core.usecases.marks import annotations_of, metadata_of
from arena_core.usecases.session import Session


class Volume(NamedTuple):
    """A claim: ``phase`` is Bound, Pending or Lost, ``size`` what it has (or asks for), as Kubernetes writes it.

    ``description`` and ``owner`` are annotations of those names, as Arena reads them.
    """

    name: str
    namespace: str
    phase: str
    access_modes: tuple[str, ...]
    size: str
    storage_class: str
    description: str
    owner: str
    created: str

    @property
    def bound(self) -> bool:
        """Whether a job can mount it now."""
        return self.phase == "Bound"


def volumes(session: Session, namespace: str) -> list[Volume]:
    """Return the claims of a namespace ("" = all), by namespace and name."""
    return sorted(_volume(claim) for claim in session.cluster.list(CLAIMS, namespace).items)


def modes_of(claim: Manifest) -> tuple[str, ...]:
    """Return how a claim may be mounted: as its volume says, or as it asks while it has none."""
    for part in ("status", "spec"):
        found = dig.dig(claim, part, "accessModes")
        if isinstance(found, list) and found:
            return tuple(str(mode) for mode in found)
    return ()


def _volume(claim: Manifest) -> Volume:
    marks = annotations_of(claim)
    size = dig.text(claim, "status", "capacity", "storage") or dig.text(claim, "spec", "resources", "requests", "storage")
    return Volume(
        name=str(metadata_of(claim).get("name") or ""),
        namespace=str(metadata_of(claim).get("namespace") or ""),
        phase=dig.text(claim, "status", "phase"),
        access_modes=modes_of(claim),
        size=size,
        storage_class=dig.text(claim, "spec", "storageClassName"),
        description=str(marks.get("description") or ""),
        owner=str(marks.get("owner") or ""),
        created=str(metadata_of(claim).get("creationTimestamp") or ""),
    )
