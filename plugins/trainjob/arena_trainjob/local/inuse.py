"""The finalizer of runtimes that TrainJobs use: one that is deleted stays until the last of them has gone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_local.sdk.bundle import Api, Key, Obj
from arena_trainjob.local.names import MANAGER, RUNTIMES, TRAINJOBS, reference

FINALIZER = "trainer.kubeflow.org/resource-in-use"


class _InUse:
    """Reconciles the runtimes of one kind."""

    kind = ""
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.name = f"{self.kind.lower()}-controller"
        self.resource = RUNTIMES[self.kind]
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {TRAINJOBS: self._used}

    def _used(self, job: Obj) -> Iterable[Key]:
        ref = reference(job)
        if ref["kind"] != self.kind:
            return ()
        return [(job["metadata"]["namespace"] if self.kind == "TrainingRuntime" else "", str(ref.get("name", "")))]

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Put the finalizer on a runtime that is used; take it off one that is to go and is not used any more."""
        runtime = self._api.find(self.resource, namespace, name)
        if runtime is None:
            return None
        used = any((namespace, name) in self._used(job) for job in self._api.list(TRAINJOBS, namespace))
        held = list(runtime["metadata"].get("finalizers") or [])
        going = bool(runtime["metadata"].get("deletionTimestamp"))
        if used and not going and FINALIZER not in held:
            self._write(runtime, [*held, FINALIZER])
        elif going and not used and FINALIZER in held:
            self._write(runtime, [one for one in held if one != FINALIZER])
        return None

    def _write(self, runtime: Obj, finalizers: list[str]) -> None:
        changed = copy.deepcopy(dict(runtime))
        changed["metadata"]["finalizers"] = finalizers
        self._api.update(changed, manager=MANAGER)


class ClusterRuntimeInUse(_InUse):
    """Reconciles ClusterTrainingRuntimes."""

    kind = "ClusterTrainingRuntime"


class RuntimeInUse(_InUse):
    """Reconciles TrainingRuntimes."""

    kind = "TrainingRuntime"
