"""What a failure in a rehearsal tells of the real cluster, and what only of this machine. Pure but for looking for programs and folders."""

from __future__ import annotations

import difflib
import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from arena_core import podends
from arena_core.contract.types import Manifest
from arena_core.k8s import dig, time
from arena_core.lazily import pattern
from arena_core.typed import Any

#: Reasons for which a container waits that do not go away.
_STUCK = frozenset(
    ["CreateContainerError", "CreateContainerConfigError", "RunContainerError", "StartError", "InvalidImageName", "ContainerCannotRun"]
)
#: Programs that a misspelt word may mean, whether or not this machine has them.
_COMMON = (
    "python",
    "python3",
    "bash",
    "sh",
    "torchrun",
    "mpirun",
    "horovodrun",
    "deepspeed",
    "accelerate",
    "ray",
    "pip",
    "node",
    "sleep",
    "echo",
)
_NOT_FOUND = pattern(
    r"""(?:exec: "(?P<exec>[^"]+)": (?:executable file not found|stat )|(?P<shell>[^\s:]+): (?:command )?not found"""
    r"""|exec: (?P<gone>/[^\s:]+): (?:no such file|not found))"""
)
_NO_FILE = pattern(r"""(?:can't open file '|No such file or directory: '|cannot open |can't open )(?P<path>/[^'\s]+)""")


def digest(manifests: Sequence[Manifest]) -> str:
    """Return the hash of objects."""
    text = json.dumps(list(manifests), sort_keys=True, default=str)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _rows(pod: Any) -> Iterable[Any]:
    for key in ("initContainerStatuses", "containerStatuses"):
        yield from dig.items(pod, "status", key)


def _ends(pod: Any) -> Iterable[Any]:
    """Yield how containers of a pod have ended badly; a sidecar of a pod that is over was ended with it."""
    over = dig.text(pod, "status", "phase") in ("Succeeded", "Failed")
    for end in podends.ends(pod):
        if podends.is_bad(end.ended) and not (over and end.kind == "sidecar"):
            yield end.ended


def exit_of(pod: Any) -> tuple[int | None, str]:
    """Return the exit code of the container that failed first, and the reason."""
    ends = sorted(_ends(pod), key=lambda end: time.nanos(dig.text(end, "finishedAt")))
    if not ends:
        return None, next((dig.text(row, "state", "waiting", "reason") for row in _rows(pod)), "")
    return int(dig.number(ends[0], "exitCode")), dig.text(ends[0], "reason")


def trouble(pod: Any) -> str:
    """Return why a container of a pod cannot start and never will, or nothing."""
    for row in _rows(pod):
        waiting = dig.mapping(row, "state", "waiting")
        if dig.text(waiting, "reason") in _STUCK:
            return f"{dig.text(waiting, 'reason')}: {dig.text(waiting, 'message')}"
        for state in ("state", "lastState"):
            ended = dig.mapping(row, state, "terminated")
            if dig.text(ended, "reason") in _STUCK:
                return f"{dig.text(ended, 'reason')}: {dig.text(ended, 'message')}"
    return ""


def first_failed(pods: Sequence[Manifest]) -> Manifest | None:
    """Return the pod that failed first of itself: one that was ended from outside (TERM, KILL) only where there is no other."""

    def rank(pod: Manifest) -> tuple[bool, int]:
        ends = [(dig.number(end, "exitCode") in (137, 143), time.nanos(dig.text(end, "finishedAt"))) for end in _ends(pod)]
        return min(ends, default=(True, 0))

    failed = [pod for pod in pods if any(True for _ in _ends(pod)) or trouble(pod)]
    return min(failed, key=rank, default=None)


def excuse(pods: Sequence[Manifest], lines: Sequence[str], reason: str) -> str:
    """Say why a failure is that of this machine: a program or a folder that only the image has; nothing where the job is to blame."""
    texts = [*lines, *(trouble(pod) for pod in pods)]
    for text in texts:
        if found := _NOT_FOUND.search(text):
            program = found["exec"] or found["shell"] or found["gone"]
            if _only_in_an_image(program):
                return f"{program} is not on this machine"
        if (found := _NO_FILE.search(text)) and _only_in_an_image(found["path"]):
            return f"{found['path']} is not on this machine"
    return ""


def _only_in_an_image(path: str) -> bool:
    """Whether a program or a file may be in an image: its folder is none of this machine, or no program here is called nearly so."""
    if "/" in path:
        return path.startswith("/") and not Path(path).parent.is_dir()
    if shutil.which(path):
        return False
    return not difflib.get_close_matches(path, _COMMON, n=1, cutoff=0.7)
