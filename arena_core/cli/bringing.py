"""The folder of ``--workdir`` on its way to the instances of a job, told on a terminal."""

from __future__ import annotations

from arena_core.cli.command import Context
from arena_core.cli.patience import Patience
from arena_core.cli.terminal import note
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.folders import Brought


def push(context: Context, name: str, folder: str, job_type: str) -> None:
    """Bring it, and stay until every instance has it; interrupted, say how to go on."""
    seen: list[Brought] = []

    def tell(brought: Brought) -> None:
        if not seen or seen[-1].done != brought.done:
            seen.append(brought)

    def text() -> str:
        return (
            f"bringing the folder to {name}: {seen[-1].done} of {seen[-1].wanted} instances have it"
            if seen
            else f"bringing the folder to {name}"
        )

    try:
        with Patience(text):
            done = context.client.push_workdir(name, folder, job_type=job_type, tell=tell)
    except KeyboardInterrupt:
        missing = f"{seen[-1].wanted - seen[-1].done} of {seen[-1].wanted} instances" if seen else "its instances"
        note(f"\n{name} stays, but {missing} have no working directory yet: `arena workdir push {name}` brings it")
        raise
    note(
        f"the folder is in {done.done} of {done.wanted} instances"
        if done.done < done.wanted
        else f"the folder is in all instances of {name}"
    )
