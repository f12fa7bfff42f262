"""What a person may say of a server of several pods."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import Quantity, flag
from arena_core.contract.types import Problem
from arena_core.records import record
from arena_serve import ports
from arena_serve.args import RolloutArgs
from arena_serve.distributed.names import LEADER, WORKER
from arena_serve.form import Start

#: Variables that arena sets in every pod; a command may name them as ``$(NAME)``, too.
VARIABLES = ("MASTER_ADDR", "WORLD_SIZE", "POD_NAME", "POD_INDEX", "GROUP_INDEX", "GPU_COUNT", "HOSTFILE", "ROLE")
#: A flag under each of the headings of help.
_roles = partial(flag, group="Roles")


@record
class RoleArgs:
    """What one role gets: its command and its resources."""

    command: str
    cpu: str
    memory: str
    gpus: int
    gpumemory: int
    gpucore: int


def _quantity(role: str, what: str, old: str) -> Any:
    text = f"{what} of {role}."
    return flag("", help=text, group="Roles", often=False, metavar="QUANTITY", old=(old,) if old else ())


def _number(role: str, what: str, old: str, **more: Any) -> Any:
    return flag(None, help=f"{what} of {role}.", group="Roles", ge=0, metavar="N", old=(old,) if old else (), **more)


class DistributedArgs(RolloutArgs):
    """Flags of ``arena serve distributed``."""

    RELEASE_MAX: ClassVar[int] = 30
    NAME_MAX: ClassVar[int] = 28

    port: int = flag(0, help="Port of gRPC of the leader (0: none).", ge=0, le=65535, often=True, metavar="PORT")
    restful_port: int = flag(
        0, help="Port of HTTP of the leader (0: none).", ge=0, le=65535, often=True, metavar="PORT", old=("restfulPort",)
    )
    metrics_port: int = flag(0, help="Port of the leader's metrics (0: none).", ge=0, le=65535, often=True, metavar="PORT")
    leader_num: int = _roles(1, help="Leaders of each instance; there can only be one.", old=("masters",), hidden=True)
    worker_num: int = _roles(
        0,
        help="Workers of each instance, beside its leader.",
        ge=0,
        le=255,
        often=True,
        old=("workers",),
        paths=("spec.leaderWorkerTemplate.size",),
    )
    leader_command: str = _roles("", help="Command of the leader, for the shell.", metavar="COMMAND", old=("master-command",))
    worker_command: str = _roles("", help="Command of each worker, for the shell.", metavar="COMMAND")
    leader_cpu: Quantity = _quantity("the leader", "CPU", "master-cpu")
    worker_cpu: Quantity = _quantity("each worker", "CPU", "")
    leader_memory: Quantity = _quantity("the leader", "Memory", "master-memory")
    worker_memory: Quantity = _quantity("each worker", "Memory", "")
    leader_gpus: int | None = _number("the leader", "GPUs", "master-gpus", often=True)
    worker_gpus: int | None = _number("each worker", "GPUs", "", often=True)
    leader_gpumemory: int | None = _number("the leader", "GiB of a shared GPU", "master-gpumemory")
    worker_gpumemory: int | None = _number("each worker", "GiB of a shared GPU", "")
    leader_gpucore: int | None = _number("the leader", "Percent of a shared GPU's cores", "master-gpucore", multiple_of=5)
    worker_gpucore: int | None = _number("each worker", "Percent of a shared GPU's cores", "", multiple_of=5)
    init_backend: Literal["", "ray"] = _roles("", help="Form a cluster of each instance's pods before the commands run.", metavar="ray")

    @property
    def ports(self) -> tuple[tuple[str, int], ...]:
        """The ports that the leader serves, by Arena's names."""
        return ports.served(self)

    @property
    def start(self) -> Start:
        """The leader answers; workers are asked by it."""
        return Start(ports=self.ports)

    def of(self, role: str) -> RoleArgs:
        """What a role gets: its own, else what is said for both."""

        def own(field: str) -> Any:
            said = getattr(self, f"{role}_{field}")
            return getattr(self, field) if said in (None, "") else said

        command = getattr(self, f"{role}_command") or self.command_line or ""
        return RoleArgs(command, own("cpu"), own("memory"), own("gpus"), own("gpumemory"), own("gpucore"))

    def requested(self, metric: str) -> str:
        """The instances that are measured are the leaders."""
        return str(getattr(self.of(LEADER), metric))

    def rules(self) -> Iterator[Problem]:
        """It can be reached, every role has something to run, and a GPU is asked for in one way."""
        yield from super().rules()
        yield from ports.problems(self)
        if self.leader_num != 1:
            yield Problem("each instance has one leader", "leader_num", "--replicas makes more instances, --worker-num larger ones")
        yield from self._commands()
        for role in (LEADER, WORKER):
            own = self.of(role)
            if own.gpus and (own.gpumemory or own.gpucore) and not (self.gpus and self.shared_gpu):
                yield Problem("it is either whole GPUs or a part of one", f"{role}_gpus", f"--{role}-gpus, or --{role}-gpumemory")

    def _commands(self) -> Iterator[Problem]:
        given = [field for field in ("leader_command", "worker_command") if getattr(self, field)]
        if self.command and given:
            yield Problem("the command is said for both roles already", given[0], "one command for both, or one for each")
        elif not self.command and not self.leader_command:
            yield Problem("what is the leader to run?", "leader_command", "or one command for both roles, as the last words")
        elif not self.command and self.worker_num and not self.worker_command and not self.init_backend:
            yield Problem("what are the workers to run?", "worker_command", "with --init-backend ray they may only join")
        elif self.worker_command and not self.worker_num:
            yield Problem("there are no workers", "worker_command", "give --worker-num")
        if not self.worker_num:
            fields = [f"worker_{what}" for what in ("cpu", "memory", "gpus", "gpumemory", "gpucore")]
            yield from (Problem("there are no workers", field, "give --worker-num") for field in fields if getattr(self, field))

    def notes(self) -> Iterator[str]:
        """Variables that arena sets itself."""
        yield from super().notes()
        yield from self.overridden(VARIABLES, "arena")
