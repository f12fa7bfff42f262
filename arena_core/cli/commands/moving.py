"""``arena data put`` and ``arena data get``."""

from __future__ import annotations

from pathlib import Path

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.patience import Patience
from arena_core.cli.seconds import seconds
from arena_core.cli.terminal import note
from arena_core.contract.errors import UsageError
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.data import Told
    from arena_core.usecases.helper import Helper
    from arena_core.usecases.transfer import Moved


def _put(context: Context, parsed: Parsed) -> int:
    claim, path, target = _words(parsed, "arena data put CLAIM PATH [TO]")
    line = _Line(f"to claim {claim}")
    with Patience(line.text):
        done = context.client.put_data(claim, Path(path), target, how=how(context, parsed), tell=line.tell)
    return _told(done, f"to claim {claim}")


def _get(context: Context, parsed: Parsed) -> int:
    claim, path, target = _words(parsed, "arena data get CLAIM PATH [TO]")
    line = _Line(f"from claim {claim}")
    with Patience(line.text):
        done = context.client.get_data(claim, path, Path(target or "."), how=how(context, parsed), tell=line.tell)
    return _told(done, f"from claim {claim}")


def _words(parsed: Parsed, usage: str) -> tuple[str, str, str]:
    if not 2 <= len(parsed.args) <= 3 or not all(parsed.args[:2]):
        raise UsageError(f"which claim, and which path? `{usage}`", "`arena data list` shows the claims")
    check_names(parsed.args[:1], "claim")
    return parsed.args[0], parsed.args[1], (parsed.args[2:] or [""])[0]


def how(context: Context, parsed: Parsed) -> Helper:
    """How the pod is to be: its image is that of --image, else of the configuration file."""
    from arena_core.usecases.helper import Helper

    usual = Helper()
    image = parsed.text("image") or context.config.lines.get("data_image", "") or usual.image
    start, lives = seconds(parsed), seconds(parsed, "deadline")
    if lives is not None and lives < 1:
        raise UsageError("--deadline 0: the pod must live for at least a second")
    return Helper(image, usual.start if start is None else start, usual.lives if lives is None else int(lives))


class _Line:
    """What is shown while it goes on."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._last: Told | None = None

    def tell(self, told: Told) -> None:
        """Remember how far it is."""
        self._last = told

    def text(self) -> str:
        """Return it in words."""
        from arena_core.workdir.words import size

        last = self._last
        if last is None or not last.done:
            return f"waiting for the pod that mounts the claim{f': {last.waits}' if last and last.waits else ''}"
        return f"copied {size(last.done)}{f' of {size(last.total)}' if last.total else ''} {self._where}"


def _told(done: Moved, where: str) -> int:
    from arena_core.workdir.words import size

    note(f"copied {done.files} file{'' if done.files == 1 else 's'} ({size(done.size)}) {where}")
    return 0


DETAILS = (
    "A small pod is made for it that mounts the claim, and removed afterwards. Both sides compute the digest of what was copied: "
    "exit code 0 means all of it. Links are copied as links; those that lead out are not."
)
FLAGS = (
    Flag("image", "image of the pod, with sh, tar and sha256sum (busybox:1.36, or data_image of the configuration file)", metavar="IMAGE"),
    Flag("timeout", "how long the pod may take to start (2m)", metavar="DURATION"),
    Flag("deadline", "how long the pod may live, and the copy take (1h)", metavar="DURATION"),
)
PUT = Command(
    "data put",
    "copy a file or a folder into a volume claim",
    _put,
    takes="CLAIM PATH [TO]",
    details=f"TO is a path in the claim, by default its top; with a slash at its end it is a folder to copy into. {DETAILS}",
    words="claim",
    flags=FLAGS,
)
GET = Command(
    "data get",
    "copy a file or a folder out of a volume claim",
    _get,
    takes="CLAIM PATH [TO]",
    details=f"PATH is in the claim (/ is all of it), TO on this machine, by default the current folder. {DETAILS}",
    words="claim",
    flags=FLAGS,
)
