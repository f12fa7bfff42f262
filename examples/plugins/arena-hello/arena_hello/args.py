"""What a person may say of a job of the type ``hello``: a field is a flag, a key of the job file, and a line of the help."""

from __future__ import annotations

from arena_core.args import CpuMemoryArgs, flag
from arena_core.families.args import SubmitArgs


class HelloArgs(CpuMemoryArgs, SubmitArgs):
    """All of Arena's common flags, cpu and memory, and one of its own."""

    epochs: int = flag(1, help="How often to go through the data (EPOCHS in the container).", ge=1)
