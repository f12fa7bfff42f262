"""How the pods of a Ray cluster find ``ray``: the one place in which the local cluster differs from the operator.

Pods share the machine's network, so that two Ray nodes cannot both have Ray's fixed ports. A pod finds a ``ray`` (and a ``wget``, for its
probes) first on its PATH that gives each node a loopback address of its own and runs the real one, or stands in where there is none
(``ray/``).
"""

from __future__ import annotations

import os
from pathlib import Path

from arena_local.sdk.bundle import Obj

#: The annotation of the local cluster that holds a pod's search path (docs/local-cluster.md).
PATH_ANNOTATION = "arena.local/path"
HERE = Path(__file__).parent
#: Stands before the search path: ray, wget. And behind it: what KubeRay's scripts call and a machine may lack.
TOOLS, FALLBACK = HERE / "bin", HERE / "fallback"


def with_ray(metadata: Obj) -> None:
    """Let a pod, or the template of one, find the ``ray`` of the local cluster."""
    notes = metadata.get("annotations") or {}
    path = notes.get(PATH_ANNOTATION) or os.environ.get("PATH", os.defpath)
    if not path.startswith(f"{TOOLS}:"):
        metadata["annotations"] = {**notes, PATH_ANNOTATION: f"{TOOLS}:{path}:{FALLBACK}"}
