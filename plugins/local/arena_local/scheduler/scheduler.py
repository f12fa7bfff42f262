"""The default scheduler: pods in order of priority and age, gangs whole, preemption where it helps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from arena_local.context import Context
from arena_local.scheduler import fit, gang, preempt
from arena_local.scheduler.binding import bind, unschedulable
from arena_local.scheduler.claims import claim_problem
from arena_local.scheduler.taints import TaintEviction
from arena_local.sdk.bundle import ApiError, Obj

log = logging.getLogger(__name__)

#: Names under which this scheduler answers besides the default one.
NAMES = ("default-scheduler", "scheduler-plugins-scheduler", "scheduler-plugins")


class Scheduler:
    """Implements ``context.Component``."""

    def __init__(self, ctx: Context) -> None:
        self._api = ctx.api
        self._foreign = frozenset(name for bundle in ctx.bundles for name in bundle.schedulers)
        self._infos: dict[str, fit.NodeInfo] = {}
        self._waiting: dict[str, Obj] = {}
        self._new: set[str] = set()
        self._retry = False
        self._handle: asyncio.TimerHandle | asyncio.Handle | None = None
        self._unsubscribe: Callable[[], None] | None = None
        self._taints = TaintEviction(ctx.api)

    async def start(self) -> None:
        """Begin to work."""
        self._unsubscribe = self._api.subscribe(self._heard)
        self._taints.start()
        for info in fit.snapshot(self._api.list("nodes"), self._api.list("pods")):
            self._infos[info.name] = info
        for pod in self._api.list("pods"):
            self._seen(pod)

    async def stop(self) -> None:
        """End the work."""
        if self._unsubscribe:
            self._unsubscribe()
        self._taints.stop()
        if self._handle:
            self._handle.cancel()

    # -- what happens in the cluster ----------------------------------------------------------------------------------------------

    def _heard(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        if resource == "pods":
            self._pod(kind, obj, old)
        elif resource == "nodes":
            self._node(kind, obj, old)
        elif resource in (gang.GROUPS, "persistentvolumeclaims"):
            self._again()

    def _pod(self, kind: str, pod: Obj, old: Obj | None) -> None:
        uid, node = pod["metadata"]["uid"], pod["spec"].get("nodeName", "")
        if kind == "DELETED" or fit.finished(pod):
            self._waiting.pop(uid, None)
            if (info := self._infos.get(node)) and uid in info.pods:
                info.remove(uid)
                self._again()
            return
        if node:
            self._waiting.pop(uid, None)
            if (info := self._infos.get(node)) is not None:
                if uid not in info.pods or old is None or old["spec"] != pod["spec"]:
                    info.add(pod)
                else:
                    info.pods[uid] = pod
            return
        self._seen(pod)

    def _seen(self, pod: Obj) -> None:
        if pod["spec"].get("nodeName") or fit.finished(pod) or "deletionTimestamp" in pod["metadata"]:
            return
        if pod["spec"].get("schedulerName", "default-scheduler") in self._foreign:
            return
        uid = pod["metadata"]["uid"]
        before = self._waiting.get(uid)
        self._waiting[uid] = pod
        if before is None or before["spec"] != pod["spec"] or before["metadata"].get("labels") != pod["metadata"].get("labels"):
            self._new.add(uid)
            self._soon()

    def _node(self, kind: str, node: Obj, old: Obj | None) -> None:
        name = node["metadata"]["name"]
        if kind == "DELETED":
            self._infos.pop(name, None)
            return
        info = self._infos.get(name)
        fresh = fit.node_info(node)
        if info:
            fresh.used, fresh.pods, fresh.loners = info.used, info.pods, info.loners
        self._infos[name] = fresh
        if info is None or info.allocatable != fresh.allocatable or old is None or _placing(old) != _placing(node):
            self._again()

    def _again(self) -> None:
        """Try all waiting pods anew: something has become free."""
        self._retry = True
        self._soon()

    def _soon(self) -> None:
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._session)

    # -- decisions ----------------------------------------------------------------------------------------------------------------

    def _session(self) -> None:
        self._handle = None
        retry, self._retry = self._retry, False
        uids = set(self._waiting) if retry else self._new & set(self._waiting)
        self._new = set()
        groups: set[tuple[str, str]] = set()
        for pod in sorted((self._waiting[u] for u in uids), key=_order):
            try:
                self._one(pod, groups)
            except ApiError as error:
                log.info("scheduling %s: %s", pod["metadata"]["name"], error)
            except Exception:
                log.exception("scheduling %s", pod["metadata"]["name"])

    def _one(self, pod: Obj, groups: set[tuple[str, str]]) -> None:
        meta, spec = pod["metadata"], pod["spec"]
        current = self._api.find("pods", meta["namespace"], meta["name"])
        if current is None or current["metadata"]["uid"] != meta["uid"] or current["spec"].get("nodeName"):
            self._waiting.pop(meta["uid"], None)
            return
        name = spec.get("schedulerName", "default-scheduler")
        if name not in NAMES:
            return  # Nobody looks at it, and nobody says so: as on a real cluster.
        if spec.get("schedulingGates"):
            return  # The API server has said so when the pod was made.
        if problem := claim_problem(self._api, current):
            self._fail(current, f"0/{len(self._infos)} nodes are available: {problem}")
        elif group := gang.group_of(current):
            if (meta["namespace"], group) not in groups:
                groups.add((meta["namespace"], group))
                self._gang(meta["namespace"], group)
        else:
            self._single(current)

    def _single(self, pod: Obj) -> None:
        infos = list(self._infos.values())
        info, reasons = fit.choose(pod, infos)
        if info is not None:
            self._bind(pod, info.name)
            return
        text = fit.unschedulable_message(pod, infos, reasons, making_room=True)
        if not preempt.make_room(self._api, pod, infos, reasons, lambda waiting: self._fail(waiting, text)):
            self._fail(pod, fit.unschedulable_message(pod, infos, reasons))

    def _gang(self, namespace: str, group: str) -> None:
        everyone = gang.members(self._api, namespace, group)
        waiting = sorted((p for p in everyone if not p["spec"].get("nodeName") and not p["spec"].get("schedulingGates")), key=_order)
        least = gang.min_member(self._api, namespace, group)
        if least is None:
            least = len(everyone) if self._api.served(gang.GROUPS) else 1
        bound = sum(1 for p in everyone if p["spec"].get("nodeName"))
        if len(everyone) < least:
            for pod in waiting:
                name = pod["metadata"]["name"]
                counts = f"current pods number: {len(everyone)}, minMember of group: {least}"
                text = f"pre-filter pod {name} cannot find enough sibling pods, {counts}"
                self._fail(pod, f"0/{len(self._infos)} nodes are available: {text}. no new claims to deallocate, preemption: not helpful.")
            return
        infos = list(self._infos.values())
        placed, failed, reasons = gang.place(waiting, least - bound, infos)
        for pod, node in placed:
            self._bind(pod, node)
        if failed is not None:
            text = fit.unschedulable_message(failed, infos, reasons)
            for pod in waiting:
                self._fail(pod, text)

    def _bind(self, pod: Obj, node: str) -> None:
        self._waiting.pop(pod["metadata"]["uid"], None)
        try:
            bind(self._api, pod, node)
        except ApiError as error:
            log.info("binding %s: %s", pod["metadata"]["name"], error)

    def _fail(self, pod: Obj, message: str) -> None:
        """Say why, once: the same words again would only make noise."""
        for condition in (pod.get("status") or {}).get("conditions") or ():
            if condition["type"] == "PodScheduled" and condition.get("message") == message:
                return
        unschedulable(self._api, pod, message)


def _order(pod: Obj) -> tuple[int, str, str]:
    return -int(pod["spec"].get("priority") or 0), pod["metadata"].get("creationTimestamp", ""), pod["metadata"]["name"]


def _placing(node: Obj) -> tuple[object, object]:
    return node.get("spec"), node["metadata"].get("labels")
