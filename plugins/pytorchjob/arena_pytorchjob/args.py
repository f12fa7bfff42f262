"""What a person may say when submitting a PyTorchJob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from arena_core.args import CpuMemoryArgs, Processes, SharedMemoryArgs, flag
from arena_core.families.args import RunPolicyArgs, SubmitArgs

#: Variables that the operator appends to those of every container; of two with one name the last counts.
OPERATOR_ENV = ("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "PYTHONUNBUFFERED")
TORCHRUN_ENV = ("PET_MASTER_ADDR", "PET_MASTER_PORT", "PET_NODE_RANK", "PET_NNODES", "PET_NPROC_PER_NODE")


class PyTorchJobArgs(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit pytorchjob``. ``--workers`` counts the master."""

    NAME_LETTER_FIRST: ClassVar[bool] = True

    workers: int = flag(1, help="Number of workers, the master included.", ge=1, often=True, paths=("replicas",))
    nproc_per_node: Processes = flag(
        "",
        help="Processes that torchrun starts on each node: auto, cpu, gpu or a number.",
        group="Job",
        often=True,
        paths=("spec.nprocPerNode",),
    )

    def notes(self) -> Iterator[str]:
        """Name the variables that the operator overrides."""
        yield from super().notes()
        yield from self.overridden((*OPERATOR_ENV, *TORCHRUN_ENV), "the Training Operator")
