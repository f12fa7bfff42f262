"""What a cluster serves, asked once: ``/apis`` in one request, however many job types are installed."""

from __future__ import annotations

from arena_core.contract.types import Resource
from arena_core.kube.answer import BadAnswer
from arena_core.typed import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from arena_core.kube.transport import Answer

#: Aggregated discovery (Kubernetes 1.26 and newer); an older server answers with its groups alone.
ACCEPT = ",".join(
    [f"application/json;g=apidiscovery.k8s.io;v={v};as=APIGroupDiscoveryList" for v in ("v2", "v2beta1")] + ["application/json"]
)


class Served:
    """The API groups of a cluster and, where it tells, the resources of each version."""

    def __init__(self, groups: dict[str, dict[str, frozenset[str] | None]] | None = None) -> None:
        # By group and version: the plurals, or None where they are not known. Without groups nothing is known.
        self._groups = groups

    @property
    def known(self) -> bool:
        """Whether the cluster has told."""
        return self._groups is not None

    def has(self, resource: Resource) -> bool | None:
        """Return whether a kind is served in any version that we read; None where that is not known."""
        if self._groups is None or not resource.group:
            return None if resource.group else True
        versions = self._groups.get(resource.group, {})
        answers = [self._has(versions, resource.plural, version) for version in (resource.version, *resource.older)]
        if True in answers:
            return True
        return None if None in answers else False

    @staticmethod
    def _has(versions: dict[str, frozenset[str] | None], plural: str, version: str) -> bool | None:
        if version not in versions:
            return False
        plurals = versions[version]
        return None if plurals is None else plural in plurals


def discover(request: Callable[..., Answer]) -> Served:
    """Ask the cluster. Who may not ask, and what cannot be understood, is "not known": each kind then tells for itself."""
    try:
        answer = request("GET", "/apis", accept=ACCEPT)
        if not answer.ok:
            return Served()
        return Served(_groups(answer.json()))
    except (BadAnswer, ValueError, TypeError, AttributeError, KeyError):
        return Served()


def _groups(data: Any) -> dict[str, dict[str, frozenset[str] | None]]:
    if data["kind"] == "APIGroupList":
        return {group["name"]: {v["version"]: None for v in group["versions"]} for group in data["groups"]}
    return {item["metadata"]["name"]: {v["version"]: _plurals(v) for v in item["versions"]} for item in data["items"]}


def _plurals(version: Any) -> frozenset[str] | None:
    """Return the plurals of a version, or None while its own server has not said what it serves."""
    if version.get("freshness", "Current") != "Current":
        return None
    return frozenset(resource["resource"] for resource in version.get("resources") or ())
