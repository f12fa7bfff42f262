"""The queue that ``arena local up --quota`` makes: LocalQueue ``default-queue`` of namespace ``default`` over one ClusterQueue."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from arena_local.context import Context
from arena_local.kueue import kinds
from arena_local.sdk.bundle import Api, Obj

FLAVOR, CLUSTER_QUEUE, LOCAL_QUEUE, NAMESPACE = "default-flavor", "cluster-queue", "default-queue", "default"
_MANAGER = "arena-local"
#: Jobs ask for these too; a resource that a queue does not cover would make every such job inadmissible.
_UNLIMITED = {"cpu": "1M", "memory": "1Pi", "ephemeral-storage": "1Pi"}


def apply(api: Api, quota: Mapping[str, str], resources: Mapping[str, str] | None = None, nodes: int = 1) -> None:
    """Create or change the queue so that it has this quota; nothing is done without one.

    ``resources`` are the extended resources of a node: those without a quota are covered in full, so that jobs may use them.
    """
    if not quota:
        return
    rest = {name: str(int(text) * nodes) for name, text in (resources or {}).items() if str(text).isdecimal()}
    wanted = {**_UNLIMITED, **rest, **quota}
    flavor = {"name": FLAVOR, "resources": [{"name": name, "nominalQuota": amount} for name, amount in wanted.items()]}
    groups = [{"coveredResources": list(wanted), "flavors": [flavor]}]
    _ensure(api, "ResourceFlavor", kinds.FLAVORS, "", FLAVOR, {})
    _ensure(api, "ClusterQueue", kinds.CLUSTER_QUEUES, "", CLUSTER_QUEUE, {"namespaceSelector": {}, "resourceGroups": groups})
    _ensure(api, "LocalQueue", kinds.LOCAL_QUEUES, NAMESPACE, LOCAL_QUEUE, {"clusterQueue": CLUSTER_QUEUE})


def _ensure(api: Api, kind: str, resource: str, namespace: str, name: str, spec: Obj) -> None:
    found = api.find(resource, namespace, name)
    if found is None:
        meta = {"name": name, **({"namespace": namespace} if namespace else {})}
        api.create({"apiVersion": kinds.API_VERSION, "kind": kind, "metadata": meta, "spec": spec}, manager=_MANAGER)
        return
    changed = copy.deepcopy(dict(found))
    changed.setdefault("spec", {}).update(spec)
    if changed != found:
        api.update(changed, manager=_MANAGER)


class Quota:
    """Applies ``Options.quota`` when the daemon starts."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def start(self) -> None:
        """Make the queue, or bring it in line with changed options."""
        options = self._ctx.options
        apply(self._ctx.api, options.quota, options.resources, options.nodes)

    async def stop(self) -> None:
        """Nothing to end: the queue stays."""
