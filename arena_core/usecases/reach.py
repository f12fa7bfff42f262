"""What an extension may do in the cluster once the job is there: look for a Service, ask it through the API server, mark the job."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from arena_core.contract.types import Manifest, Resource
from arena_core.k8s import dig
from arena_core.kube.cluster import Cluster
from arena_core.kube.resources import SERVICES, path_of
from arena_core.typed import Any, NamedTuple

#: Seconds for one answer of a Service: a job that is there already must not seem to hang.
PATIENCE = 30.0


class ClusterReach(NamedTuple):
    """``arena_core.contract.types.Reach`` of a cluster; ``resource`` is the kind of the job."""

    cluster: Cluster
    resource: Resource | None = None

    def services(self, selector: str) -> Sequence[Manifest]:
        """Return the Services of all namespaces with these labels; raises ``ArenaError`` where they cannot be read."""
        return self.cluster.list(SERVICES, label_selector=selector).items

    def ask(
        self, service: Manifest, port: int, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        """Send a request to a Service through the API server; returns status and body. ``body`` is sent as JSON."""
        name = dig.text(service, "metadata", "name")
        inside = path_of(SERVICES, dig.text(service, "metadata", "namespace"), name)
        path = f"{inside.rpartition('/')[0]}/{name}:{port}/proxy/{path.lstrip('/')}"
        limited = self.cluster.limited(time.monotonic() + PATIENCE)
        answer = limited.request(method, path, query, body, accept="application/json, */*", repeatable=False)
        return answer.status, answer.body

    def mark(self, job: Manifest, labels: Mapping[str, str], annotations: Mapping[str, str]) -> None:
        """Add labels and annotations to the job; raises ``ArenaError`` where that may not be."""
        assert self.resource is not None
        meta = job["metadata"]
        patch = {"metadata": {"labels": dict(labels), "annotations": dict(annotations)}}
        self.cluster.patch(self.resource, meta["namespace"], meta["name"], patch)
