"""What the use cases hand out: jobs with their status, lists with what could not be read, results of a deletion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from arena_core.contract.types import Cause, Instance, JobStatus, JobView, LogSource, Manifest, Phase
from arena_core.k8s.devices import is_accelerator
from arena_core.k8s.time import parse as parse_time
from arena_core.records import field, record
from arena_core.typed import Any, NamedTuple, TypeVar, overload
from arena_core.usecases.marks import annotations_of, labels_of, metadata_of


def gpus(requests: Mapping[str, int]) -> int:
    """Return the number of GPUs, and of other vendors' accelerators, among extended resources."""
    return sum(count for name, count in requests.items() if is_accelerator(name)) if requests else 0


@record(slots=False)
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
        found = self.view.status
        return found if found is not None else JobStatus(Phase.UNKNOWN)

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
    def created_at(self) -> datetime | None:
        """When the object was made."""
        return parse_time(self.created)

    @property
    def started_at(self) -> datetime | None:
        """When the job began to run, or None while it has not."""
        return self.status.started_at

    @property
    def ended_at(self) -> datetime | None:
        """When the job ended, or None while it has not."""
        return self.status.ended_at

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

    def _repr_html_(self) -> str:
        from arena_core.contract.html import paragraph

        title = paragraph(f"{self.job_type} {self.name} in namespace {self.namespace}")
        causes = "".join(paragraph(f"{cause.message}; {cause.hint}" if cause.hint else cause.message) for cause in self.causes or ())
        return title + self.status._repr_html_() + causes

    @property
    def requested_gpus(self) -> int:
        """GPUs that the whole job asks for."""
        return gpus(self.status.requests)

    @property
    def allocated_gpus(self) -> int:
        """GPUs that its instances hold now."""
        instances = self.status.instances
        return sum(gpus(i.requests) for i in instances if holds_devices(i)) if instances else 0


def holds_devices(instance: Instance) -> bool:
    """Whether the instance has its devices: it has started and is neither over nor going."""
    return bool(instance.started) and instance.phase not in ("Succeeded", "Failed") and instance.status != "Terminating"


J = TypeVar("J", bound=Job, covariant=True)


@record(slots=False)
class JobList(Sequence[J]):
    """A sequence of jobs, the newest start first (those that have not started lead).

    ``notes`` are sentences about what is odd, ``unread`` has a phrase for each kind that could not be read.
    """

    jobs: tuple[J, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.jobs)

    @overload
    def __getitem__(self, index: int) -> J: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[J, ...]: ...

    def __getitem__(self, index: int | slice) -> J | tuple[J, ...]:
        return self.jobs[index]

    def __iter__(self) -> Iterator[J]:
        return iter(self.jobs)

    def _repr_html_(self) -> str:
        from arena_core.contract.html import paragraph, table

        rows = [[job.name, job.namespace, job.job_type, job.status.phase, job.status.start, job.requested_gpus or ""] for job in self.jobs]
        head = ("name", "namespace", "type", "status", "started", "GPUs")
        return table(head, rows) + "".join(paragraph(note) for note in self.notes)


class LogLine(NamedTuple):
    """One line of a log with where it comes from.

    ``data`` is what the container wrote: it ends with a newline, but for the last line of a log that lacks it and for pieces of a line
    over 64 KiB. ``stamp`` is when it wrote that, as the node says.
    """

    source: LogSource
    data: bytes
    stamp: bytes = b""

    @property
    def text(self) -> str:
        """The line as text, without the newline; what is not UTF-8 becomes ``\ufffd``."""
        return self.data.decode("utf-8", "replace").removesuffix("\n")

    @property
    def instance(self) -> str:
        """The instance that wrote it (``worker-0``), or its pod's name."""
        return self.source.label or self.source.pod

    @property
    def time(self) -> datetime | None:
        """When it was written, as the node says; None where it does not."""
        return parse_time(self.stamp.decode("ascii", "replace"))

    def __str__(self) -> str:
        return self.text


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
