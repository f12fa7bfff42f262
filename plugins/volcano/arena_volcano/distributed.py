"""The distributed environment of a job of one task: what torchrun, DeepSpeed and ``env://`` read.

``NODE_RANK`` and ``PET_NODE_RANK`` are the number of the pod. ``RANK`` is the same, as the AppWrapper fork of Arena sets it: right for
one process per pod; a launcher such as torchrun sets it anew for each of its processes. ``WORLD_SIZE`` counts processes.
"""

from __future__ import annotations

from typing import Any

from arena_volcano.args import VolcanoJobArgs
from arena_volcano.values import Task

_INDEX = "metadata.annotations['volcano.sh/task-index']"
_DEVICES = "metadata.annotations['huawei.com/ascend-visible-devices']"


def has_names(args: VolcanoJobArgs) -> bool:
    """Return whether a plugin of the job gives each pod a name of its own."""
    return bool({"svc", "pytorch", "tensorflow", "mpi", "ray"} & set(args.all_plugins()))


def processes(args: VolcanoJobArgs) -> int | None:
    """Return the processes of one pod: the number given, or one for each GPU with auto or gpu; None where nobody can know."""
    if args.nproc_per_node.isdigit():
        return int(args.nproc_per_node)
    return args.gpus or None if args.nproc_per_node in ("auto", "gpu") else None


def environment(args: VolcanoJobArgs, task: Task) -> list[dict[str, Any]]:
    """Return the variables; one that the user sets is left out."""
    host = f"{args.name}-{task.name}-0.{args.name}" if has_names(args) else args.name
    nodes, each = str(task.replicas), processes(args)
    values: dict[str, Any] = {"MASTER_ADDR": host, "MASTER_PORT": str(args.master_port), "NNODES": nodes}
    if each:
        values |= {"NPROC_PER_NODE": str(each), "LOCAL_WORLD_SIZE": str(each)}
    values["WORLD_SIZE"] = str(task.replicas * (each or 1))
    values["RANK"] = values["NODE_RANK"] = {"fieldRef": {"fieldPath": _INDEX}}
    values |= {"PET_MASTER_ADDR": host, "PET_MASTER_PORT": str(args.master_port), "PET_NNODES": nodes}
    values["PET_NODE_RANK"] = {"fieldRef": {"fieldPath": _INDEX}}
    if args.ring_controller:
        values = {"ASCEND_VISIBLE_DEVICES": {"fieldRef": {"fieldPath": _DEVICES}}, **values}
    return [
        {"name": name, "value": value} if isinstance(value, str) else {"name": name, "valueFrom": value}
        for name, value in values.items()
        if name not in args.variables
    ]
