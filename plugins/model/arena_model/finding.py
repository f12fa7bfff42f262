"""Where MLflow is: what somebody names, else a Service of the cluster, as Arena finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from arena_core.cli.config import load_config
from arena_core.contract.errors import ArenaError, ClusterUnreachable, UsageError
from arena_core.contract.types import Manifest, Reach
from arena_core.k8s import dig
from arena_model.server import URI, Server, server_of

#: Arena's mark of MLflow's Service, and its port.
SELECTOR = "app.kubernetes.io/name in (ack-mlflow,mlflow)"
PORT = 5000


@dataclass(frozen=True)
class ServiceServer(Server):
    """One behind a Service of the cluster, asked through the API server."""

    reach: Reach
    service: Manifest
    port: int
    advice: str = f"{URI} names another server"

    @property
    def shown(self) -> str:  # type: ignore[override]  # made of the Service
        """Name and namespace of the Service."""
        return f"Service {dig.text(self.service, 'metadata', 'namespace')}/{dig.text(self.service, 'metadata', 'name')}"

    def ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[int, bytes]:
        """Ask it through the API server."""
        return self.reach.ask(self.service, self.port, method, path, query, body)

    def check(self) -> Server:
        """Return itself where it is well; raises ``ClusterUnreachable``."""
        code, body = self.ask("GET", "health", {}, None)
        if code != 200 or body.strip() != b"OK":
            told = f": {' '.join(body.decode(errors='replace').split())[:200]}" if body else ""
            raise ClusterUnreachable(f"MLflow ({self.shown}, port {self.port}) is not well: it answered {code}{told}", self.advice)
        return self


def in_cluster(reach: Reach) -> ServiceServer | None:
    """Return the first Service that is marked as MLflow's, or None; raises ``ArenaError`` where Services cannot be read."""
    found = sorted(reach.services(SELECTOR), key=lambda one: dig.text(one, "metadata", "namespace"))
    for service in found:
        ports = [number for row in dig.items(service, "spec", "ports") if isinstance(number := row.get("port"), int)]
        if ports:
            return ServiceServer(reach, service, PORT if PORT in ports else ports[0])
    return None


def find(address: str, reach: Callable[[], Reach | None]) -> Server:
    """Return the server that is named, else the one of the cluster; raises ``UsageError`` where there is neither."""
    if named := server_of(address or load_config().lines.get("mlflow_tracking_uri", "")):
        return named
    hint = f"--tracking-uri URI, or the variable {URI}, or mlflow_tracking_uri=URI in ~/.arena/config"
    if (able := reach()) is None:
        raise UsageError("where is MLflow? nothing names its server", hint)
    try:
        found = in_cluster(able)
    except ArenaError as error:
        raise UsageError(f"where is MLflow? nothing names its server, and Services cannot be read: {error.message}", hint) from error
    if found is None:
        raise UsageError("where is MLflow? nothing names its server, and no Service of the cluster is marked as one", hint)
    found.check()
    return found
