"""TensorBoard's logs of a job: a folder of the cluster's own that goes with the job."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from arena_local.sdk.bundle import Obj

#: The mark of a job that was submitted with a TensorBoard.
MARK = "arena.kubeflow.org/tensorboard"


def has_logs(obj: Obj) -> bool:
    """Whether a job that is gone had a TensorBoard."""
    return MARK in (obj["metadata"].get("annotations") or {})


def forget(folder: Path, obj: Obj) -> None:
    """Remove the folders below ``folder`` that the job's pods wrote to."""
    for path in _host_paths(obj):
        if path.parent == folder:
            shutil.rmtree(path, ignore_errors=True)


def _host_paths(value: Any) -> Iterator[Path]:
    if isinstance(value, dict):
        source = value.get("hostPath")
        if isinstance(source, dict) and isinstance(source.get("path"), str):
            yield Path(source["path"])
        for child in value.values():
            yield from _host_paths(child)
    elif isinstance(value, list):
        for child in value:
            yield from _host_paths(child)
