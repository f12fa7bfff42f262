"""``SubmitArgs``: all of Arena's common flags."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args.groups import JobArgs, KueueArgs, ModelArgs, SchedulingArgs, WorkerArgs
from arena_core.args.more import SyncArgs, TensorboardArgs


class SubmitArgs(KueueArgs, TensorboardArgs, SyncArgs, ModelArgs, SchedulingArgs, WorkerArgs, JobArgs):
    """Base of the argument model of a job type that takes Arena's common flags.

    Pydantic puts the fields of the last base first, so the bases stand back to front.
    """

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add the folder of the fetched code."""
        yield from super().mount_paths()
        if self.sync_mode:
            yield "sync_mode", self.working_dir.rstrip("/") + "/code"
