"""What a URL path asks for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote


@dataclass(frozen=True)
class Target:
    """The parts of a resource path: group and version, namespace, resource, name, subresource and what follows it."""

    group: str
    version: str
    namespace: str
    plural: str
    name: str
    subresource: str
    rest: str
    watch: bool = False
    all_namespaces: bool = False


def parse(path: str) -> Target | None:
    """Return the target of a path below ``/api/v1`` or ``/apis/GROUP/VERSION``, or None for any other path."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[0] == "api" and len(parts) >= 3 and parts[1] == "v1":
        group, version, parts = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) >= 4:
        group, version, parts = parts[1], parts[2], parts[3:]
    else:
        return None
    watch = parts[0] == "watch" and len(parts) > 1
    if watch:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) >= 3 and not (not group and parts[2] in ("status", "finalize") and len(parts) == 3):
        namespace, parts = parts[1], parts[2:]
    elif parts[0] == "namespaces":
        # A namespace's own path: its name is also the namespace of the request.
        namespace = ""
    plural, name = parts[0], parts[1] if len(parts) > 1 else ""
    subresource = parts[2] if len(parts) > 2 else ""
    return Target(group, version, namespace, plural, name, subresource, "/".join(parts[3:]), watch, all_namespaces=not namespace)
