"""What a person may say when submitting a job of DeepSpeed."""

from __future__ import annotations

from typing import ClassVar

from arena_etjob.args import TrainingJobArgs
from arena_etjob.names import DEEPSPEED


class DeepSpeedJobArgs(TrainingJobArgs):
    """Flags of ``arena submit deepspeedjob``."""

    TYPE: ClassVar[str] = DEEPSPEED
