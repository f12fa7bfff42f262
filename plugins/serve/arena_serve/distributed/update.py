"""What may be changed of a server of several pods while it serves: of both roles, or of one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

from arena_core.args import Quantity, flag
from arena_core.contract.types import Manifest, Problem
from arena_core.podspec import literal
from arena_serve.distributed import rayinit
from arena_serve.distributed.args import VARIABLES
from arena_serve.distributed.names import CONTAINERS
from arena_serve.update import UpdateArgs, change_template, merge_metadata

#: A flag under each of the headings of help.
_roles = partial(flag, group="Roles")


def _number(role: str, what: str, old: str) -> Any:
    return flag(None, help=f"{what} of {role}; 0: none.", ge=0, group="Roles", metavar="N", old=(old,) if old else ())


def _text(role: str, what: str, old: str) -> Any:
    return flag("", help=f"{what} of {role}.", group="Roles", metavar="QUANTITY", old=(old,) if old else ())


class DistributedUpdateArgs(UpdateArgs):
    """Flags of ``arena serve update distributed``."""

    worker_num: int | None = _roles(
        None, help="Workers of each instance; HOSTFILE still names those that there were at first.", ge=0, le=255, old=("workers",)
    )
    leader_command: str = _roles("", help="Another command of the leader.", metavar="COMMAND", old=("master-command",))
    worker_command: str = _roles("", help="Another command of each worker.", metavar="COMMAND")
    leader_cpu: Quantity = _text("the leader", "CPU", "master-cpu")
    worker_cpu: Quantity = _text("each worker", "CPU", "")
    leader_memory: Quantity = _text("the leader", "Memory", "master-memory")
    worker_memory: Quantity = _text("each worker", "Memory", "")
    leader_gpus: int | None = _number("the leader", "GPUs", "master-gpus")
    worker_gpus: int | None = _number("each worker", "GPUs", "")
    leader_gpumemory: int | None = _number("the leader", "GiB of a shared GPU", "master-gpumemory")
    worker_gpumemory: int | None = _number("each worker", "GiB of a shared GPU", "")
    leader_gpucore: int | None = _number("the leader", "Percent of a shared GPU's cores", "master-gpucore")
    worker_gpucore: int | None = _number("each worker", "Percent of a shared GPU's cores", "")

    def of(self, role: str) -> UpdateArgs:
        """What changes of one role: its own flags, else those of both."""
        found: dict[str, Any] = {}
        for field in ("cpu", "memory", "gpus", "gpumemory", "gpucore", "command"):
            said = getattr(self, f"{role}_{field}")
            if said not in (None, ""):
                found[field] = (said,) if field == "command" else said
        return self.model_copy(update=found)

    def rules(self) -> Iterator[Problem]:
        """A command is said once for a role, and a GPU is asked for in one way."""
        yield from super().rules()
        for role in CONTAINERS:
            if self.command and getattr(self, f"{role}_command"):
                yield Problem("the command is said for both roles already", f"{role}_command")
            own = self.of(role)
            if own.gpus and (own.gpumemory or own.gpucore) and not (self.gpus and (self.gpumemory or self.gpucore)):
                yield Problem("it is either whole GPUs or a part of one", f"{role}_gpus")


def updated(job: Manifest, args: DistributedUpdateArgs) -> Manifest:
    """Return the live set as the arguments change it; the one given stays as it is."""
    new = copy.deepcopy(job)
    if args.replicas is not None:
        new["spec"]["replicas"] = args.replicas
    merge_metadata(new, args)
    group = new["spec"]["leaderWorkerTemplate"]
    if args.worker_num is not None:
        group["size"] = 1 + args.worker_num
    for role, container in CONTAINERS.items():
        if template := group.get(f"{role}Template"):
            _change(template, args.of(role), container)
    return new


def _change(template: dict[str, Any], args: UpdateArgs, container: str) -> None:
    """Change a role's template; the script that forms a cluster, and the variables that arena sets, stay."""
    rows = template["spec"]["containers"]
    target = next((row for row in rows if row.get("name") == container), rows[0])
    before = list(target.get("command") or ())
    change_template(template, args, container)
    if args.command and before[:1] == [rayinit.PATH]:
        target["command"] = [*before[:2], literal(args.command[0] if len(args.command) == 1 else " ".join(args.command))]
    if args.command:
        for name in VARIABLES:
            target["command"][-1] = target["command"][-1].replace(f"$$({name})", f"$({name})")
    limits = (target.get("resources") or {}).get("limits") or {}
    for row in target.get("env") or ():
        if row.get("name") == "GPU_COUNT" and "value" in row:
            row["value"] = str(limits.get("nvidia.com/gpu", "0"))
