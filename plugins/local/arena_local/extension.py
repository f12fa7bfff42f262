"""On a local cluster a job runs as its submitter would run it: in the current directory, with the same PATH (virtual environment)."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from arena_core.contract.errors import UsageError
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Manifest, SubmitRequest
from arena_core.home import arena_home
from arena_local.entrypoints import stand_in

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

CWD_ANNOTATION = "arena.local/cwd"
PATH_ANNOTATION = "arena.local/path"
#: The working directory that Arena writes where the user names none; an image would have it.
DEFAULT_WORKING_DIR = "/root"

#: The label ``app`` of the pod by which Arena makes the jobs of a cron.
CRON_RUNNER = "cron-runner"
#: Where Arena keeps TensorBoard's logs on a node; on this machine they belong beside the cluster's other files.
NODE_LOGS = "/arena_logs/"


def log_folder() -> Path:
    """Return the folder for TensorBoard's logs; it goes with the cluster."""
    return Path(arena_home(), "local", "arena_logs")


@hookimpl
def arena_mutate_manifests(submission: SubmitRequest) -> Sequence[Manifest] | None:
    """Keep the current directory and PATH with every pod template of the submission."""
    if not submission.target.local:
        return None
    changed = [copy.deepcopy(m) for m in submission.manifests]
    for manifest in changed:
        for template in pod_templates(manifest):
            prepare(template)
    return changed


def pod_templates(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every pod template (or pod) in an object, however deep: what has a ``spec`` with ``containers``."""
    if isinstance(value, dict):
        spec = value.get("spec")
        if isinstance(spec, dict) and isinstance(spec.get("containers"), list):
            yield value
        for child in value.values():
            yield from pod_templates(child)
    elif isinstance(value, list):
        for child in value:
            yield from pod_templates(child)


def prepare(template: dict[str, Any]) -> None:
    """Keep the current directory and PATH with a pod template, and leave out what only an image would have."""
    annotations = template.setdefault("metadata", {}).setdefault("annotations", {}) or {}
    annotations.setdefault(CWD_ANNOTATION, _current_directory())
    annotations.setdefault(PATH_ANNOTATION, os.fsencode(os.environ.get("PATH", "")).decode("utf-8", "replace"))
    template["metadata"]["annotations"] = annotations
    spec = template["spec"]
    if (template["metadata"].get("labels") or {}).get("app") == CRON_RUNNER:
        spec.pop("securityContext", None)  # a process is its owner's here, which is said of whatever a user asks for, not of this
    for volume in spec.get("volumes") or ():
        source = volume.get("hostPath") if isinstance(volume, dict) else None
        if isinstance(source, dict) and str(source.get("path", "")).startswith(NODE_LOGS):
            source["path"] = str(log_folder() / str(source["path"])[len(NODE_LOGS) :])
    for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        stand_in(container)
        if _from_image(container.get("workingDir")) and not _lives_there(container):
            del container["workingDir"]


def _current_directory() -> str:
    """The directory as text, whatever the locale: objects are UTF-8."""
    try:
        return os.fsencode(Path.cwd()).decode("utf-8")
    except OSError:
        raise UsageError("the current directory is gone, and the job would run in it", "change to another one") from None
    except UnicodeDecodeError:
        raise UsageError("the name of the current directory is not text in UTF-8, and the job would run in it", "rename it") from None


def _from_image(path: Any) -> bool:
    """Whether only an image could have the working directory: it is Arena's default, or not on this machine."""
    return isinstance(path, str) and (path == DEFAULT_WORKING_DIR or not Path(path).is_dir())


def _lives_there(container: dict[str, Any]) -> bool:
    """Whether something is mounted there or below (synchronised code, a claim): then it is meant."""
    home = PurePosixPath(str(container["workingDir"]))
    paths = [PurePosixPath(str(m.get("mountPath", ""))) for m in container.get("volumeMounts") or ()]
    return any(home == p or home in p.parents or p in home.parents for p in paths)
