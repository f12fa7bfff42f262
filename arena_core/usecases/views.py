"""What the use cases hand out: jobs with their status, lists with what could not be read, results of a deletion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from arena_core.contract.types import Cause, Instance, JobStatus, JobView, LogSource, Manifest, Phase
from arena_core.usecases.marks import annotations_of, labels_of, metadata_of


def is_gpu(resource: str) -> bool:
    """Whether an extended resource counts as GPUs (``nvidia.com/gpu``, ``amd.com/gpu``, ``aliyun.com/gpu`` …)."""
    return resource.rpartition("/")[2] in ("gpu", "nvidia-gpu")


def gpus(requests: Mapping[str, int]) -> int:
    """Return the number of GPUs among extended resources."""
    return sum(count for name, count in requests.items() if is_gpu(name))


@dataclass(frozen=True)
class Job:
    """A job as it was read: the ``view`` that its type's hooks get, with the status. ``job_type`` is the job type's name.

    ``earlier`` are pods that an earlier job of this name has left and that still end. ``unread`` has a short phrase for each thing
    that could not be read (``events (forbidden)``): where it is not empty, nothing may be concluded from what is absent. ``causes``
    are the ranked reasons, None where nobody has looked for them.
    """

    job_type: str
    view: JobView = field(repr=False)
    earlier: tuple[Manifest, ...] = field(default=(), repr=False)
    unread: tuple[str, ...] = ()
    causes: tuple[Cause, ...] | None = field(default=None, repr=False)

    @property
    def manifest(self) -> Manifest:
        """The object."""
        return self.view.manifest

    @property
    def status(self) -> JobStatus:
        """What the job is doing."""
        return self.view.status or JobStatus(Phase.UNKNOWN)

    @property
    def pods(self) -> tuple[Manifest, ...]:
        """Its pods; none where they could not be read, which ``unread`` tells."""
        return self.view.pods or ()

    @property
    def related(self) -> tuple[Manifest, ...]:
        """Its related objects, as far as they were read."""
        return self.view.related or ()

    @property
    def name(self) -> str:
        """The job's name."""
        return str(metadata_of(self.manifest).get("name", ""))

    @property
    def namespace(self) -> str:
        """The job's namespace."""
        return str(metadata_of(self.manifest).get("namespace", ""))

    @property
    def uid(self) -> str:
        """The object's uid."""
        return str(metadata_of(self.manifest).get("uid", ""))

    @property
    def created(self) -> str:
        """When the object was made (RFC 3339)."""
        return str(metadata_of(self.manifest).get("creationTimestamp", ""))

    @property
    def labels(self) -> Mapping[str, str]:
        """The object's labels."""
        return labels_of(self.manifest)

    @property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        return annotations_of(self.manifest)

    @property
    def full_name(self) -> str:
        """``pytorchjob.kubeflow.org/NAME``, as ``kubectl -o name`` prints it."""
        group = str(self.manifest.get("apiVersion", "")).rpartition("/")[0]
        kind = str(self.manifest.get("kind", "")).lower()
        return f"{kind}.{group}/{self.name}" if group else f"{kind}/{self.name}"

    @property
    def requested_gpus(self) -> int:
        """GPUs that the whole job asks for."""
        return gpus(self.status.requests)

    @property
    def allocated_gpus(self) -> int:
        """GPUs that its instances hold now."""
        return sum(gpus(i.requests) for i in self.status.instances if holds_devices(i))


def holds_devices(instance: Instance) -> bool:
    """Whether the instance has its devices: it has started and is neither over nor going."""
    return bool(instance.started) and instance.phase not in ("Succeeded", "Failed") and instance.status != "Terminating"


class JobList(NamedTuple):
    """Jobs, the newest start first (those that have not started lead), notes, and a phrase for each kind that could not be read."""

    jobs: tuple[Job, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


class LogLine(NamedTuple):
    """One line of a log with where it comes from; ``text`` ends with a newline, but for the last line of a log that lacks it."""

    source: LogSource
    text: bytes


class Deleted(NamedTuple):
    """What became of one name: ``error`` says why where nothing was deleted, or what is not known of its end. ``uid`` is the job's."""

    name: str
    job_type: str = ""
    full_name: str = ""
    error: Any = None
    record_only: bool = False
    uid: str = ""
    namespace: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was success."""
        return self.error is None
