"""``arena cp JOB:PATH PATH`` and ``arena cp PATH JOB:PATH``."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any, cast

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import CONTAINER, INSTANCE, TYPE, check_names
from arena_core.cli.flags import Parsed
from arena_core.cli.patience import Patience
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Copy a file or a folder from an instance to this machine, or the other way round."""
    if len(parsed.args) != 2:
        raise UsageError("from where to where? `arena cp JOB:PATH PATH` or `arena cp PATH JOB:PATH`", "`arena cp --help` says more")
    source, target = (_place(word) for word in parsed.args)
    if bool(source[0]) == bool(target[0]):
        raise UsageError("exactly one of the two is in a job", "`arena cp mnist:/data/model.pt .`")
    from arena_core.cli.amounts import size
    from arena_core.usecases import copying

    name = source[0] or target[0]
    check_names([name])
    client = context.client
    if source[0]:
        command = copying.fetch_command(source[1])
    else:
        here = Path(source[1])
        if not here.exists():
            raise UsageError(f"{here} does not exist on this machine", "the job's side is written JOB:PATH")
        folder, as_name = _target(target[1], here)
        command = copying.store_command(folder)
    job = client.get(name, job_type=parsed.text("type"))
    instance, container = parsed.text("instance"), parsed.text("container")
    session = client.exec(job, command, instance=instance, container=container, stdin=not source[0])
    counted = Counted(session)
    try:
        with Patience(lambda: f"copied {size(counted.bytes)}"):
            if source[0]:
                count = copying.fetch(cast("Any", counted), Path(target[1]))
            else:
                count = copying.store(cast("Any", counted), here, as_name)
    finally:
        session.close()
    note(f"copied {size(count) if count >= 1024 else f'{count} bytes'}")
    return 0


class Counted:
    """A session that counts what passes."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self.bytes = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def read(self, *arguments: Any) -> Any:
        """Read, and count."""
        found = self._session.read(*arguments)
        self.bytes += len(found[1]) if found else 0
        return found

    def write(self, data: bytes) -> None:
        """Write, and count."""
        self._session.write(data)
        self.bytes += len(data)


def _place(word: str) -> tuple[str, str]:
    """Return (job, path); a path of this machine has no job. ``./a:b`` and ``/a:b`` are paths of this machine."""
    name, colon, path = word.partition(":")
    if not colon or "/" in name or name.startswith("."):
        return "", word
    if not path:
        raise UsageError(f"{word!r}: which path in the job?", f"for example {name}:/data/model.pt")
    return name, path


def _target(path: str, here: Path) -> tuple[str, str]:
    """Return the folder to unpack in and the name there: with a slash at its end the path is a folder."""
    place = PurePosixPath(path)
    if path.endswith("/"):
        return str(place), here.resolve().name
    return str(place.parent), place.name


COMMAND = Command(
    "cp",
    "copy files from and to an instance of a job",
    run,
    usage="arena cp JOB:PATH PATH [flags]\n  arena cp PATH JOB:PATH [flags]",
    details="The image needs tar. Links and special files are left out; a path in the job that ends with / is a folder to copy into.",
    flags=(
        INSTANCE,
        CONTAINER,
        TYPE,
    ),
    words="job",
)
