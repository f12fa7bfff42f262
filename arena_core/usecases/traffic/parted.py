"""Which part of the requests each version of a server gets: read from what parts them, Istio's route or one of the Gateway API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.records import replace
from arena_core.usecases.servers import Server, ServerList
from arena_core.usecases.session import Session
from arena_core.usecases.traffic.objects import HTTP_ROUTE, VIRTUAL_SERVICE, subset
from arena_core.usecases.unread import is_partial, phrase, sentence

#: (namespace, server) → part (a subset of Istio's, or a Service) → percent of the requests.
Parts = Mapping[tuple[str, str], Mapping[str, int]]


def parted(session: Session, found: ServerList, namespace: str) -> ServerList:
    """Return the servers with their weights; only where some stand side by side is anything asked, one request for each kind served."""
    counts = Counter((one.job.namespace, one.name) for one in found.servers)
    if not any(number > 1 for number in counts.values()):
        return found
    parts: dict[tuple[str, str], Mapping[str, int]] = {}
    unread: list[str] = []
    for resource in (HTTP_ROUTE, VIRTUAL_SERVICE):
        if session.cluster.served().has(resource) is False:
            continue
        try:
            for obj in session.cluster.list(resource, namespace).items:
                parts[dig.text(obj, "metadata", "namespace"), dig.text(obj, "metadata", "name")] = shares(obj)
        except ArenaError as error:
            if not is_partial(error):
                raise
            unread.append(phrase(resource, error))
    servers = tuple(replace(one, weight=weight_of(one, parts)) if counts[one.job.namespace, one.name] > 1 else one for one in found.servers)
    return replace(found, servers=servers, notes=(*found.notes, *([sentence(unread)] if unread else [])))


def weight_of(server: Server, parts: Parts) -> int | None:
    """Return the percent that a version gets: 0 where the others get all, None where nothing parts the requests among them."""
    known = parts.get((server.job.namespace, server.name))
    if not known:
        return None
    return known.get(subset(server.version), known.get(server.service, 0))


def shares(route: Manifest) -> dict[str, int]:
    """Return the percent of each part of a route; of several rules the first that parts requests counts. Total, whatever object comes."""
    for key, inside in (("http", "route"), ("rules", "backendRefs")):
        for rule in dig.items(route, "spec", key):
            rows = [row for row in dig.items(rule, inside) if isinstance(row, Mapping)]
            found = _percents([(_part(row), row.get("weight")) for row in rows], alone=1 if key == "rules" else 0)
            if found:
                return found
    return {}


def _part(row: Mapping[str, object]) -> str:
    return dig.text(row, "destination", "subset") or dig.text(row, "destination", "host") or dig.text(row, "name")


def _percents(rows: Sequence[tuple[str, object]], *, alone: int) -> dict[str, int]:
    """Weights as percents; ``alone`` is the weight of one that says none (Istio gives all to a single one)."""
    weights = [(part, weight if isinstance(weight, int) and weight >= 0 else alone or int(len(rows) == 1)) for part, weight in rows if part]
    total = sum(weight for _, weight in weights)
    found: dict[str, int] = {}
    for part, weight in weights if total else ():
        found[part] = found.get(part, 0) + round(100 * weight / total)
    return found
