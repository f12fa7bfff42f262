"""What the kubelet remembers of a pod's containers, in memory and in the pod's folder."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from arena_local.sdk.bundle import Obj

#: Exit code and reason where nobody can say how a container ended (the machine was switched off).
LOST = (255, "Unknown")


@dataclass
class Run:
    """One run of a container; ``number`` counts restarts. ``exit_code`` is None while it runs."""

    number: int
    id: str
    started: str = ""
    finished: str = ""
    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    pid: int = 0
    start: str = ""
    shim: int = 0
    shim_start: str = ""
    spec: dict[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.exit_code is None

    @property
    def failed(self) -> bool:
        """Whether it has ended badly."""
        return self.exit_code is not None and self.exit_code != 0


@dataclass
class Slot:
    """One container of the pod's spec. ``kind`` is init, sidecar (a restartable init container) or main."""

    spec: Obj
    kind: str
    run: Run | None = None
    last: Run | None = None
    waiting: tuple[str, str] | None = None
    started: bool = False
    ready: bool = False
    #: A run that was ended on purpose (failed liveness probe) and is replaced whatever it returns.
    doomed: bool = False
    #: Whether the status says as whom the process runs; told at the first look after a while, as other late facts on a node are.
    introduced: bool = False

    @property
    def name(self) -> str:
        """The container's name."""
        return str(self.spec["name"])

    @property
    def running(self) -> bool:
        """Whether a process is there."""
        return self.run is not None and self.run.running

    @property
    def field_path(self) -> str:
        """Where events point to."""
        return f"spec.{'containers' if self.kind == 'main' else 'initContainers'}{{{self.name}}}"


class Pod:
    """A pod of this machine: its object as it is now, and its containers."""

    def __init__(self, pod: Obj) -> None:
        self.obj = pod
        meta = pod["metadata"]
        self.uid, self.namespace, self.name = str(meta["uid"]), str(meta["namespace"]), str(meta["name"])
        self.slots = slots_of(pod)


def slots_of(pod: Obj) -> list[Slot]:
    """Return the containers in the order in which they start."""
    spec = pod["spec"]
    init = [Slot(c, "sidecar" if c.get("restartPolicy") == "Always" else "init") for c in spec.get("initContainers") or ()]
    return init + [Slot(c, "main") for c in spec["containers"]]


def container_id(uid: str, name: str, number: int) -> str:
    """Return an id of 64 hex digits that is the same whenever it is asked for."""
    return hashlib.sha256(f"{uid}/{name}/{number}".encode()).hexdigest()


def image_id(image: str) -> str:
    """Return what stands for the digest of an image that nobody has pulled."""
    return "sha256:" + hashlib.sha256(image.encode()).hexdigest()


def full_image(image: str) -> str:
    """Return the image's name as a runtime reports it: with registry, ``library/`` and tag."""
    first, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif not ("." in first or ":" in first or first == "localhost"):
        image = f"docker.io/{image}"
    last = image.rpartition("/")[2]
    return image if ":" in last or "@" in last else f"{image}:latest"
