"""On a local cluster a job runs as the submitter would run it: in his current directory, with his search path (virtual environment)."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from arena_core.hookspecs import hookimpl
from arena_core.types import Manifest

CWD_ANNOTATION = "arena.local/cwd"
PATH_ANNOTATION = "arena.local/path"
#: The working directory that Arena writes where the user names none; an image would have it.
DEFAULT_WORKING_DIR = "/root"


@hookimpl
def arena_mutate_manifests(manifests: Sequence[Manifest], target: Any) -> Sequence[Manifest] | None:
    """Keep the current directory and PATH with every pod template of the submission."""
    if not getattr(target, "local", False):
        return None
    changed = [copy.deepcopy(m) for m in manifests]
    for manifest in changed:
        for template in pod_templates(manifest):
            _prepare(template)
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


def _prepare(template: dict[str, Any]) -> None:
    annotations = template.setdefault("metadata", {}).setdefault("annotations", {}) or {}
    annotations.setdefault(CWD_ANNOTATION, str(Path.cwd()))
    annotations.setdefault(PATH_ANNOTATION, os.environ.get("PATH", ""))
    template["metadata"]["annotations"] = annotations
    spec = template["spec"]
    for container in [*(spec.get("initContainers") or ()), *spec["containers"]]:
        if container.get("workingDir") == DEFAULT_WORKING_DIR and not _lives_there(container):
            del container["workingDir"]


def _lives_there(container: dict[str, Any]) -> bool:
    """Whether something is mounted below the default working directory (synchronised code): then it is meant."""
    home = PurePosixPath(DEFAULT_WORKING_DIR)
    paths = [PurePosixPath(str(m.get("mountPath", ""))) for m in container.get("volumeMounts") or ()]
    return any(home == p or home in p.parents for p in paths)
