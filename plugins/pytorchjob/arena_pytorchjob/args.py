"""What a person may say when submitting a PyTorchJob."""

from __future__ import annotations

from typing import ClassVar

from arena_core.args import CpuMemoryArgs, Processes, RunPolicyArgs, SharedMemoryArgs, SubmitArgs, flag


class PyTorchJobArgs(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit pytorchjob``. ``--workers`` counts the master."""

    NAME_LETTER_FIRST: ClassVar[bool] = True

    nproc_per_node: Processes = flag(
        "",
        help="Processes that torchrun starts on each node: auto, cpu, gpu or a number.",
        group="Job",
        metavar="N",
        paths=("spec.nprocPerNode",),
    )
