"""The runs of a pod as its folder remembers them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from arena_local.kubelet.model import Run, Slot, container_id

#: Why a pod has failed that ran when the cluster was ended; the file in its folder that says so.
SHUT_DOWN = "the local cluster was stopped (arena local down) while the pod ran"
SHUT_DOWN_FILE = "shut-down"
#: Of so many earlier runs of a container the logs are kept, for when the pod is gone.
OLD_LOGS = 8


def remembered(uid: str, slot: Slot, folder: Path) -> list[Run]:
    """Return the last two runs of a container that lie in the pod's folder, the older first; their ends are not read yet."""
    runs = []
    for path in (folder / slot.name).glob("*.spec.json"):
        spec = _read(path)
        if spec:
            runs.append(Run(int(spec["number"]), container_id(uid, slot.name, int(spec["number"])), spec=spec))
    return sorted(runs, key=lambda r: r.number)[-2:]


def forget(folder: Path, number: int) -> None:
    """Remove what a run left: only the last two of a container are kept, of some more their logs and ends."""
    for path in [*folder.glob(f"{number}.*"), *folder.glob(f"{number - OLD_LOGS}.*")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not path.name.startswith((f"{number}.log", f"{number}.exit.json")):
            path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def boot() -> str:
    """Return what changes at every boot of the machine."""
    from arena_local.kubelet.shim.identity import boot_id

    return boot_id()
