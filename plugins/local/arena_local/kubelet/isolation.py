"""What this kernel allows: probed once, in a child that really does it."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

log = logging.getLogger(__name__)

SHIM = Path(__file__).parent / "shim"
#: From the most isolation to the least; the first that works is used.
CANDIDATES: tuple[dict[str, bool], ...] = (
    {"user": False, "mount": True, "pid": True},
    {"user": True, "mount": True, "pid": True},
    {"user": False, "mount": True, "pid": False},
    {"user": True, "mount": True, "pid": False},
)


@dataclass(frozen=True)
class Isolation:
    """The namespaces that containers get. Without ``mount``, names and paths are rewritten instead."""

    user: bool = False
    mount: bool = False
    pid: bool = False

    @property
    def spaces(self) -> dict[str, bool]:
        """As the shim wants it."""
        return {"user": self.user, "mount": self.mount, "pid": self.pid} if self.mount else {}


_early: dict[str, Future[Isolation]] = {}


def probe_early(wanted: str) -> Future[Isolation]:
    """Begin to probe in a thread, or return the probe that has begun: at start the rest of the daemon is assembled meanwhile."""
    if wanted not in _early:
        pool = ThreadPoolExecutor(1, thread_name_prefix="isolation")
        _early[wanted] = pool.submit(probe, wanted)
        pool.shutdown(wait=False)
    return _early[wanted]


def probe(wanted: str = "auto") -> Isolation:
    """Return what works here; ``rewrite`` asks for none."""
    if wanted == "rewrite" or sys.platform != "linux":
        return Isolation()
    for candidate in CANDIDATES:
        if candidate["user"] != (os.getuid() != 0) and (os.getuid() != 0 or candidate["user"]):
            continue
        if _works(candidate):
            return Isolation(**candidate)
    return Isolation()


def _works(spaces: dict[str, bool]) -> bool:
    with tempfile.TemporaryDirectory(prefix="arena-probe-") as name:
        folder = Path(name)
        spec = trial(folder, spaces)
        place = f"import sys; sys.path.append({str(SHIM.parents[2])!r}); from arena_local.kubelet.shim import container"
        program = f"{place}; container.run({{'spec': {str(spec)!r}}}, [])"
        try:
            subprocess.run([sys.executable, "-I", "-S", "-c", program], timeout=10, check=True, stdin=-3, stdout=-3, stderr=-3)
        except (OSError, subprocess.SubprocessError) as error:
            log.info("namespaces %s do not work here: %s", spaces, error)
            return False
        return passed(folder)


def trial(folder: Path, spaces: dict[str, bool]) -> Path:
    """Write a container that uses all of the sandbox into ``folder``; returns the file to give to the shim."""
    for sub in ("root", "tmp", "volume"):
        (folder / sub).mkdir()
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    command = ": > /arena-probe/made && cat /etc/hosts >/dev/null && test -e /proc/self/status"
    mounts = [
        {"source": str(folder / "hosts"), "target": "/etc/hosts"},
        {"source": str(folder / "volume"), "target": "/arena-probe"},
    ]
    sandbox = {"root": str(folder / "root"), "proc": spaces["pid"], "tmp": str(folder / "tmp"), "hostname": "probe", "mounts": mounts}
    spec = {
        "argv": ["/bin/sh", "-c", command],
        "env": {"PATH": "/usr/bin:/bin"},
        "cwd": "/",
        "namespaces": spaces,
        "log": str(folder / "log"),
        "state": str(folder / "state"),
        "exit": str(folder / "exit"),
        "sandbox": sandbox,
    }
    (folder / "spec").write_text(json.dumps(spec))
    return folder / "spec"


def passed(folder: Path) -> bool:
    """Whether the trial container in ``folder`` has done all it should."""
    try:
        result = json.loads((folder / "exit").read_text())
    except (OSError, ValueError):
        return False
    return result.get("exitCode") == 0 and (folder / "volume" / "made").exists()
