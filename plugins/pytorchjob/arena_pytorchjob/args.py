"""What a person may say when submitting a PyTorchJob."""

from __future__ import annotations

from typing import ClassVar

from pydantic import field_validator

from arena_core.args import CpuMemoryArgs, RunPolicyArgs, SharedMemoryArgs, SubmitArgs, flag


class PyTorchJobArgs(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit pytorchjob``. ``--workers`` counts the master."""

    NAME_LETTER_FIRST: ClassVar[bool] = True

    nproc_per_node: str = flag(
        "",
        help="Processes that torchrun starts on each node: auto, cpu, gpu or a number.",
        group="Job",
        metavar="N",
        paths=("spec.nprocPerNode",),
    )

    @field_validator("nproc_per_node", mode="before")
    @classmethod
    def _check_nproc(cls, value: object) -> object:
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not (text in ("", "auto", "cpu", "gpu") or (text.isascii() and text.isdigit() and int(text) > 0)):
            raise ValueError(f"{value!r} must be auto, cpu, gpu or a number from 1")
        return text
