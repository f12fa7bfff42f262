"""Which container of a pod a request means."""

from __future__ import annotations

from typing import Any

from arena_local.server.errors import bad_request

Obj = dict[str, Any]


def container_names(pod: Obj) -> list[str]:
    """Return the names of a pod's containers, init containers first."""
    spec = pod["spec"]
    return [item["name"] for key in ("initContainers", "containers", "ephemeralContainers") for item in spec.get(key) or ()]


def pick_container(pod: Obj, given: str) -> str:
    """Return the container that a request means; raises 400."""
    names, name = container_names(pod), pod["metadata"]["name"]
    if not given:
        main = [item["name"] for item in pod["spec"].get("containers") or ()]
        if len(main) != 1:
            raise bad_request(f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]")
        return str(main[0])
    if given not in names:
        raise bad_request(f"container {given} is not valid for pod {name}")
    return given
