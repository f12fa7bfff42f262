"""What a job type ships for the local cluster: its CRDs, admission, controllers, and what quota needs to know of it.

A job type's ``local.py`` imports this module alone. Everything runs in one process and one event loop; reconcilers are plain
functions that read from memory and write through ``Api``, with the same validation, conflicts and events as over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

#: The name of the only user, the owner of the cluster.
USER = "arena-local"
#: A Kubernetes object. What ``Api`` returns is shared and must not be changed: deep-copy before editing.
Obj = dict[str, Any]
#: Namespace ("" for cluster-scoped kinds) and name.
Key = tuple[str, str]


class ApiError(Exception):
    """A refusal as the API server words it: HTTP code, ``reason`` of the Status, message, ``details`` and causes."""

    def __init__(self, code: int, reason: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = dict(details or {})


class Denied(Exception):
    """Raised by an admission function; the server words it as ``admission webhook "NAME" denied the request: MESSAGE``.

    ``warnings`` go out as Warning headers of the refusal.
    """

    def __init__(self, message: str, code: int = 403, reason: str = "", warnings: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason
        self.warnings = tuple(warnings)


class Api(Protocol):
    """The rules of the API server for code in the same process. ``resource`` is ``plural.group`` (``pods``, ``jobs.batch.volcano.sh``).

    Writes raise ``ApiError`` (404, 409, 422 ...), and have been committed to disk when they return. ``manager`` is the field
    manager and the user agent of the write (``training-operator``).
    """

    def now(self) -> datetime:
        """Return the current time (UTC, aware); tests may move it."""

    def setting(self, name: str, default: float) -> float:
        """Return a delay or interval in seconds: the operator's own (``default``) unless the user's settings shorten it.

        ``name`` is dotted by component: ``volcano.session``, ``appwrapper.poll``, ``kubelet.backoff``.
        """

    def find(self, resource: str, namespace: str, name: str) -> Obj | None:
        """Return the object, or None."""

    def get(self, resource: str, namespace: str, name: str) -> Obj:
        """Return the object; raises ``ApiError`` 404."""

    def list(self, resource: str, namespace: str = "", labels: Mapping[str, str] | None = None) -> Sequence[Obj]:
        """Return the objects of a namespace ("" = all) that carry all of ``labels``; empty if the kind is not served."""

    def owned(self, uid: str, resource: str = "") -> Sequence[Obj]:
        """Return the objects that have an ownerReference with this uid, of one resource or of all."""

    def served(self, resource: str) -> bool:
        """Return whether the kind is served (its CRD is there)."""

    def create(self, obj: Obj, *, manager: str) -> Obj:
        """Create; returns the stored object."""

    def update(self, obj: Obj, *, manager: str) -> Obj:
        """Replace spec and metadata; a stale ``resourceVersion`` raises 409."""

    def update_status(self, obj: Obj, *, manager: str) -> Obj:
        """Replace the status; an unchanged one writes nothing."""

    def patch(self, resource: str, namespace: str, name: str, patch: Any, *, subresource: str = "", manager: str) -> Obj:
        """Apply a JSON merge patch."""

    def delete(
        self,
        resource: str,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: str = "Background",
        grace: int | None = None,
        manager: str = "",
    ) -> None:
        """Delete as the DELETE verb does (finalizers, grace of pods); raises 404, and 409 where ``uid`` differs."""

    def event(self, obj: Obj, type: str, reason: str, message: str, *, component: str, field_path: str = "", action: str = "") -> None:
        """Record a Kubernetes event (``Normal`` or ``Warning``) on the object; equal ones are counted up."""


#: Changes ``obj`` in place before validation. Arguments: api, obj, old object or None, operation CREATE/UPDATE.
Mutate = Callable[[Api, Obj, Obj | None, str], None]
#: Raises ``Denied`` to refuse; may return warnings. ``obj`` is the old object on DELETE.
Validate = Callable[[Api, Obj, Obj | None, str], Iterable[str] | None]

#: Returns an object of a CRD in another of its versions (the full ``apiVersion``); the object given is shared and not changed.
Convert = Callable[[Obj, str], Obj]


@dataclass(frozen=True)
class Admission:
    """A webhook: its name as refusals quote it, the resource, the operations, and one of the two functions."""

    name: str
    resource: str
    operations: tuple[str, ...] = ("CREATE", "UPDATE")
    mutate: Mutate | None = None
    validate: Validate | None = None


class Controller(Protocol):
    """A level-triggered reconciler of one kind.

    ``resource`` is the kind it is called for, ``owns`` the kinds whose changes count for their controller owner (ownerReference
    with ``controller: true``), ``watches`` maps further kinds to the keys that a changed object touches. ``reconcile`` brings the
    world in line with one object (which may be gone) and returns seconds until it wants to be called again, or None; an
    exception puts the key back with back-off (5 ms doubling to 1000 s, as client-go).
    """

    name: str
    resource: str
    owns: tuple[str, ...]
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Bring the world in line with the object."""


@dataclass(frozen=True)
class QuotaPodSet:
    """One pod set of a queued job: ``name`` as Kueue names it, ``count`` pods, the pod template, and where it lies.

    ``path`` holds the keys and list indices from the job to the template, e.g. ``("spec", "tasks", 0, "template")``.
    ``index_label`` is the label that numbers the pods, for ``topologyRequest.podIndexLabel`` (empty: no topology request). Where they
    stand in ``groups`` equal groups, each with numbers of its own, ``group_label`` numbers those (``subGroupIndexLabel``).
    """

    name: str
    count: int
    template: Obj
    path: tuple[str | int, ...] = ()
    index_label: str = ""
    group_label: str = ""
    groups: int = 0


@dataclass(frozen=True)
class QuotaJob:
    """What Kueue's job framework needs to know of a kind (its ``GenericJob``): suspend, pod sets, state.

    ``finished`` returns (message, succeeded) or None. ``pods_ready`` says whether all pods run or have succeeded. ``active`` says
    whether some pod still runs (an eviction waits for that). What admission injects (annotations, labels, nodeSelector, tolerations;
    one entry for each pod set, in order) is merged into the pod templates and taken out again, unless the kind keeps it elsewhere:
    then ``inject`` writes it into the job (a copy) and ``restore`` takes it out. Where the templates stand in other objects ``resolve``
    returns the pod sets with them; ``pod_sets`` are those that the job itself names then. ``reclaimable`` returns how many pods of a
    set a running job will not need any more: their quota is free before the job ends.
    """

    resource: str
    kind: str
    api_version: str
    integration: str
    is_suspended: Callable[[Obj], bool]
    set_suspend: Callable[[Obj, bool], None]
    pod_sets: Callable[[Obj], Sequence[QuotaPodSet]]
    finished: Callable[[Obj], tuple[str, bool] | None]
    active: Callable[[Api, Obj], bool]
    pods_ready: Callable[[Api, Obj], bool]
    priority_class: Callable[[Obj], str] = lambda job: ""
    webhooks: tuple[str, str] = ("", "")
    inject: Callable[[Obj, Sequence[Obj]], None] | None = None
    restore: Callable[[Obj], None] | None = None
    resolve: Callable[[Api, Obj], Sequence[QuotaPodSet]] | None = None
    reclaimable: Callable[[Obj], Mapping[str, int]] = lambda job: {}


@dataclass(frozen=True)
class FieldEffects:
    """What the local cluster does with the fields of a kind; paths are dotted and without indices, and the longest one decides.

    ``acted`` are done; ``harmless`` mean nothing here and nobody misses them; who sets one of ``warned`` is told the reason.
    """

    acted: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    warned: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """All that one job type brings to the local cluster.

    ``crds`` are complete CustomResourceDefinition objects (loaded from the plugin's gzipped JSON); ``controllers`` are called with
    the ``Api`` at start; ``objects`` are applied once when the cluster is new (Volcano's default queue). ``schedulers`` are names of
    ``spec.schedulerName`` that this bundle schedules itself: the default scheduler leaves their pods alone. ``conversions`` holds, by
    resource, the conversion between the versions of a CRD (its conversion webhook); without one only ``apiVersion`` changes.
    ``effects`` says by resource which fields of its kinds are done here, and whoever sets one that is not is warned.
    """

    name: str
    crds: Callable[[], Iterable[Obj]] = lambda: ()
    admission: tuple[Admission, ...] = ()
    controllers: tuple[Callable[[Api], Controller], ...] = ()
    quota: tuple[QuotaJob, ...] = ()
    objects: Callable[[], Sequence[Obj]] = lambda: ()
    schedulers: tuple[str, ...] = field(default=())
    conversions: Mapping[str, Convert] = field(default_factory=dict)
    effects: Callable[[], Mapping[str, FieldEffects]] = dict
