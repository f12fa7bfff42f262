"""Prometheus: where it is, and one question. Found as Arena finds it, or named in the configuration."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from arena_core.contract.errors import ArenaError, ClusterUnreachable, NotFound, TimedOut, UsageError
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.kube.address import server_url
from arena_core.kube.answer import Answer
from arena_core.kube.cluster import Cluster
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.kube.resources import SERVICES, path_of
from arena_core.kube.transport import Transport
from arena_core.typed import Any, NamedTuple
from arena_core.usecases.unread import is_partial, reason

#: What marks the Service of a Prometheus, and its port: Arena's three, then those of the usual charts (0: the port that looks like it).
MARKS = (
    ("kubernetes.io/service-name=prometheus-admin", 9335),
    ("kubernetes.io/service-name=prometheus-server", 9090),
    ("kubernetes.io/name=Prometheus", 9090),
    ("app.kubernetes.io/name=prometheus", 0),
    ("operated-prometheus=true", 0),
)
_PORTS = ("http-web", "web", "http", "https-web", "https")
#: Seconds that a question may take: GPUs are an extra, which must not hold up what is known.
PATIENCE = 10.0


class Address(NamedTuple):
    """Where Prometheus is said to be (``$PROMETHEUS_ADDRESS`` or the configuration); without a URL it is looked for."""

    url: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Address(url={self.url!r})"


class NoPrometheus(NotFound):
    """There is none, or nobody may look for it."""


class Prometheus(NamedTuple):
    """A Prometheus that can be asked: ``where`` in words, through which transport, below which path."""

    where: str
    transport: Transport
    path: str

    def query(self, text: str) -> Sequence[Mapping[str, Any]]:
        """Return the samples of an instant query; raises ``ArenaError`` where there is no sensible answer."""
        path = f"{self.path}/api/v1/query"
        try:
            answer = self.transport.request("GET", path, {"query": text}, repeatable=False, deadline=time.monotonic() + PATIENCE)
        except TimedOut as error:
            raise NoPrometheus(f"{self.where} does not answer within {PATIENCE:g} seconds", "") from error
        except ClusterUnreachable as error:
            raise NoPrometheus(f"{self.where} cannot be reached", "") from error
        return _result(answer, self.where)


def _result(answer: Answer, where: str) -> Sequence[Mapping[str, Any]]:
    try:
        data = answer.json()
    except (ArenaError, ValueError):
        data = None
    told = dig.text(data, "error") or dig.text(data, "message")
    if not answer.ok or dig.text(data, "status") != "success":
        raise NoPrometheus(f"{where} answers {answer.status}" + (f": {told[:300]}" if told else ""), "")
    return list(dig.items(data, "data", "result"))


def named(address: Address) -> Prometheus:
    """Return the Prometheus that somebody has named; nothing is asked yet."""
    try:
        server = server_url(address.url, "prometheus_address")
    except ClusterUnreachable as error:
        raise UsageError(error.message, "for example prometheus_address=http://prometheus.example:9090") from error
    endpoint = Endpoint(server=server, credentials=Credentials(token=address.token, whose="Prometheus"))
    return Prometheus(f"Prometheus at {endpoint.display}", Transport(endpoint), "")


def found(cluster: Cluster) -> Prometheus:
    """Look for Prometheus's Service in the cluster; it is asked through the API server. Raises ``NoPrometheus``."""
    refused: ArenaError | None = None
    answers = cluster.gather([lambda mark=mark: cluster.list(SERVICES, label_selector=mark).items for mark, _ in MARKS])  # type: ignore[misc]
    for (_, number), answer in zip(MARKS, answers, strict=True):
        if isinstance(answer, ArenaError):
            if not is_partial(answer):
                raise answer
            refused = refused or answer
            continue
        for service in answer:
            if port := _port(service, number):
                name, namespace = dig.text(service, "metadata", "name"), dig.text(service, "metadata", "namespace")
                path = path_of(SERVICES, namespace, name)
                proxied = f"{path.rpartition('/')[0]}/{port.replace('NAME', name)}/proxy"
                return Prometheus(f"Prometheus (Service {namespace}/{name})", cluster.transport, proxied)
    if refused is not None:
        raise NoPrometheus(f"no Prometheus is named, and services cannot be looked through ({reason(refused)})", "")
    raise NoPrometheus("no Prometheus was found in the cluster", "")


def _port(service: Manifest, number: int) -> str:
    """Return ``NAME:9090``, or ``https:NAME:9090``; nothing where the Service has no such port."""
    ports = [p for p in dig.items(service, "spec", "ports") if isinstance(p.get("port"), int)]
    if number:
        chosen = next((p for p in ports if p["port"] == number), None)
    else:
        by_name = {str(p.get("name", "")): p for p in reversed(ports)}
        chosen = next((by_name[name] for name in _PORTS if name in by_name), None)
        chosen = chosen or next((p for p in ports if p["port"] == 9090), ports[0] if len(ports) == 1 else None)
    if chosen is None:
        return ""
    return ("https:" if str(chosen.get("name", "")).startswith("https") else "") + f"NAME:{chosen['port']}"


def prometheus(cluster: Cluster, address: Address) -> Prometheus:
    """Return the Prometheus that is named, else the one that is found."""
    return named(address) if address.url else found(cluster)
