"""What a person may say of an echo job."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args import JobArgs, SharedMemoryArgs, WorkerArgs, flag
from arena_core.contract.types import Problem
from arena_core.families.args import KueueArgs


class EchoArgs(KueueArgs, WorkerArgs, SharedMemoryArgs, JobArgs):
    """The groups of common flags that fit, and two of its own."""

    REQUIRES_COMMAND = False

    say: str = flag("", help="What to say, where no command is given.", group="Echo", metavar="TEXT")
    times: int = flag(1, help="How often to say it.", group="Echo", ge=1)

    def rules(self) -> Iterator[Problem]:
        """A text or a command, not both and not neither."""
        yield from super().rules()
        if bool(self.say) == bool(self.command):
            yield Problem("give a text to say or a command", "say", '--say "hello"')
