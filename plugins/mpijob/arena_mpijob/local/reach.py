"""How mpirun reaches the workers where no image brings an ssh server: the one place in which the local cluster differs from the operator.

Pods share the machine, so that no worker can have port 22. A worker that would run ``sshd`` waits instead, and the launcher finds an
``ssh`` first on its PATH that starts the process in the worker's pod through the API (``rsh.py``). Workers with a command of their own
are left as they are: mpirun reaches them as little as on a real cluster.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from arena_local.sdk.bundle import Obj

#: The annotation of the local cluster that holds a pod's search path (docs/local-cluster.md).
PATH_ANNOTATION = "arena.local/path"
#: Tells the ``ssh`` of the launcher which Python has this package.
PYTHON = "ARENA_MPI_PYTHON"
HERE = Path(__file__).parent
#: Stands before the search path: ssh. And behind it: says what is missing where mpirun is not installed.
TOOLS, MISSING = HERE / "bin", HERE / "missing"
#: Waits for the end. As pid 1 a shell reaps what mpirun's daemons leave behind.
WAIT = """echo "the local cluster has no sshd: mpirun starts its processes here through the cluster"
trap 'exit 0' TERM INT
while :; do sleep 3600 & wait $!; done
"""


def reached_by_ssh(replica: Obj | None) -> bool:
    """Whether there are workers that wait for ssh, as the operator's default is."""
    containers = (((replica or {}).get("template") or {}).get("spec") or {}).get("containers") or []
    return any(map(_is_sshd, containers[:1]))


def _is_sshd(container: Obj) -> bool:
    command = container.get("command") or []
    return (not command and not container.get("args")) or (bool(command) and str(command[0]).rpartition("/")[2] == "sshd")


def without_sshd(container: Obj) -> None:
    """Let a worker wait that would run sshd."""
    if _is_sshd(container):
        container["command"] = ["sh", "-c", WAIT]
        container.pop("args", None)


def with_agent(template: dict[str, Any]) -> None:
    """Give the launcher the ``ssh`` that leads into the workers' pods."""
    notes = template["metadata"].get("annotations") or {}
    path = notes.get(PATH_ANNOTATION) or os.environ.get("PATH", os.defpath)
    template["metadata"]["annotations"] = {**notes, PATH_ANNOTATION: f"{TOOLS}:{path}:{MISSING}"}
    container = template["spec"]["containers"][0]
    container["env"] = [*container["env"], {"name": PYTHON, "value": sys.executable}]
