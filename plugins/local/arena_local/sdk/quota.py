"""What a queue must know of a kind, taken from what its job type says already: the kind, where suspend is, the sets of pods."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from arena_core.k8s import path as paths
from arena_local.sdk.bundle import Api, Obj, QuotaJob, QuotaPodSet


class Plugin(Protocol):
    """The module of a job type's hooks, as far as it is read here."""

    def arena_job_type(self) -> Any:
        """Say what the job type is: its ``resource`` and ``suspend_path`` are read."""


def pod_sets_of(plugin: Plugin, index_label: str = "", order: Sequence[str] = ()) -> Callable[[Obj], list[QuotaPodSet]]:
    """Return what reads the sets of pods as ``arena_pod_sets`` names them, those of ``order`` in that order (Kueue's) before others."""
    hook: Callable[..., Iterable[Any]] = plugin.arena_pod_sets  # type: ignore[attr-defined]  # a hook names the arguments that it wants
    asked = ("quota",) if "purpose" in inspect.signature(hook).parameters else ()
    rank = {name: number for number, name in enumerate(order)}

    def read(job: Obj) -> list[QuotaPodSet]:
        found = sorted(hook(job, *asked), key=lambda one: rank.get(one.name, len(rank)))
        return [
            QuotaPodSet(one.name, one.replicas, paths.get(job, one.path) or {}, paths.steps(one.path) if one.path else (), index_label)
            for one in found
        ]

    return read


def suspend_at(path: str, *, omit_false: bool = False) -> tuple[Callable[[Obj], bool], Callable[[Obj, bool], None]]:
    """Return what reads and what turns the switch at a path; ``omit_false`` takes it away instead, as a typed Go client writes false."""

    def turn(job: Obj, value: bool) -> None:
        if value or not omit_false:
            paths.put(job, path, value)
        elif holder := paths.get(job, paths.steps(path)[:-1]):
            holder.pop(paths.steps(path)[-1], None)

    return lambda job: bool(paths.get(job, path)), turn


def quota_of(
    plugin: Plugin,
    integration: str,
    *,
    finished: Callable[[Obj], tuple[str, bool] | None],
    active: Callable[[Api, Obj], bool],
    pods_ready: Callable[[Api, Obj], bool],
    index_label: str = "",
    order: Sequence[str] = (),
    priority_path: str = "",
    omit_false: bool = False,
    **more: Any,
) -> QuotaJob:
    """Describe a job type's kind to the queue: ``integration`` is Kueue's name for it, the callables read its state.

    ``index_label`` numbers the pods, ``priority_path`` is where the job names a priority class itself, before its pods do; ``more`` are
    further fields of ``QuotaJob``, which go before what follows from the job type.
    """
    job_type = plugin.arena_job_type()
    read = more.pop("pod_sets", None) or pod_sets_of(plugin, index_label, order)
    is_suspended, turn = suspend_at(job_type.suspend_path, omit_false=omit_false)
    kind = str(job_type.resource.kind)

    def priority_class(job: Obj) -> str:
        own = paths.get(job, priority_path) if priority_path else None
        names = (own, *(((one.template or {}).get("spec") or {}).get("priorityClassName") for one in read(job)))
        return str(next((name for name in names if name), ""))

    said: dict[str, Any] = {
        "resource": str(job_type.resource.key),
        "kind": kind,
        "api_version": str(job_type.resource.api_version),
        "is_suspended": is_suspended,
        "set_suspend": turn,
        "priority_class": priority_class,
        "webhooks": (f"m{kind.lower()}.kb.io", f"v{kind.lower()}.kb.io"),
    }
    return QuotaJob(integration=integration, pod_sets=read, finished=finished, active=active, pods_ready=pods_ready, **{**said, **more})
