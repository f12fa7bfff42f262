"""The rows of our own contract: what Kubernetes promises its clients, each a function that asserts."""

from __future__ import annotations

import copy
import itertools
import random
import string
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from arena_core.kube.cluster import Cluster
from arena_core.kube.transport import Answer, Stream

CONFIGMAPS, PODS, WIDGETS = "configmaps", "pods", "widgets"
APPS = {"deployments": "apps/v1", "replicasets": "apps/v1", "jobs": "batch/v1", "endpointslices": "discovery.k8s.io/v1"}
MERGE, JSON_PATCH = "application/merge-patch+json", "application/json-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"


@dataclass(frozen=True)
class Row:
    """One row: its number in the list of contract tests, and what it needs (``pods``, ``local``)."""

    number: str
    title: str
    needs: frozenset[str]
    check: Callable[[Case], None]


ROWS: dict[str, Row] = {}


def row(number: int | str, title: str, *needs: str) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    """Enter a function in the list."""

    def enter(check: Callable[[Case], None]) -> Callable[[Case], None]:
        assert str(number) not in ROWS, number
        ROWS[str(number)] = Row(str(number), title, frozenset(needs), check)
        return check

    return enter


@dataclass
class Case:
    """A fresh namespace on some cluster, and the shortest words to ask for things."""

    cluster: Cluster
    namespace: str
    group: str
    image: str
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def path(self, resource: str, name: str = "", sub: str = "", namespace: str | None = None) -> str:
        """The path of a namespaced resource; ``/...`` is taken as it is."""
        if resource.startswith("/"):
            return resource
        version = f"{self.group}/v1" if resource == WIDGETS else APPS.get(resource, "v1")
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        where = self.namespace if namespace is None else namespace
        return root + (f"/namespaces/{where}" if where else "") + "/" + "/".join(x for x in (resource, name, sub) if x)

    def ask(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None, kind: str = "application/json") -> Answer:
        """Send a request; the answer, whatever it is."""
        return self.cluster.request(method, path, query, body, content_type=kind, repeatable=False)

    def ok(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None, kind: str = "application/json") -> Any:
        """Send a request that must succeed; the decoded answer."""
        answer = self.ask(method, path, body, query, kind)
        assert answer.ok, f"{method} {path}: {answer.status} {answer.body[:400]!r}"
        return answer.json()

    def no(
        self,
        code: int,
        reason: str,
        method: str,
        path: str,
        body: Any = None,
        query: dict[str, Any] | None = None,
        kind: str = "application/json",
    ) -> Any:
        """Send a request that must be refused with this code and reason; the Status."""
        answer = self.ask(method, path, body, query, kind)
        assert answer.status == code, f"{method} {path}: {answer.status} {answer.body[:400]!r}, expected {code}"
        status = answer.json()
        assert (status["kind"], status.get("reason", ""), status["code"]) == ("Status", reason, code), status
        return status

    def make(self, resource: str, obj: dict[str, Any]) -> Any:
        """Create an object."""
        return self.ok("POST", self.path(resource), obj)

    def get(self, resource: str, name: str, sub: str = "") -> Any:
        """Read an object."""
        return self.ok("GET", self.path(resource, name, sub))

    def patch(self, resource: str, name: str, patch: Any, kind: str = MERGE, sub: str = "", **query: Any) -> Any:
        """Patch an object."""
        return self.ok("PATCH", self.path(resource, name, sub), patch, query, kind)

    def delete(self, resource: str, name: str, **options: Any) -> Any:
        """Delete an object."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", **options}
        return self.ok("DELETE", self.path(resource, name), body)

    def names(self, resource: str, **query: Any) -> list[str]:
        """The names in a list, without what the cluster puts into every namespace."""
        found = [o["metadata"]["name"] for o in self.ok("GET", self.path(resource), query=query)["items"]]
        return sorted(n for n in found if n not in ("kube-root-ca.crt", "openshift-service-ca.crt"))

    def gone(self, resource: str, name: str) -> bool:
        """Whether an object is not there."""
        return self.ask("GET", self.path(resource, name)).status == 404

    def until(self, check: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait until something is true and return it."""
        end = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < end, f"timed out after {seconds} s"
            time.sleep(0.1)
        return found

    def phase(self, name: str, *phases: str) -> Any:
        """Wait until a pod is in one of the phases."""

        def there() -> Any:
            pod = self.get(PODS, name)
            return pod if pod["status"].get("phase") in phases else None

        return self.until(there, 90)

    def watch(self, resource: str, **query: Any) -> Stream:
        """Open a watch."""
        stream = self.cluster.transport.stream(self.path(resource), {"watch": "1", "timeoutSeconds": 20, **query}, timeout=30)
        assert isinstance(stream, Stream), stream
        return stream


def random_name() -> str:
    """Five letters."""
    return "".join(random.choices(string.ascii_lowercase, k=5))


def configmap(name: str, labels: dict[str, str] | None = None, **data: str) -> dict[str, Any]:
    """A ConfigMap."""
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **({"labels": labels} if labels else {})}, "data": data}


def widget(case: Case, name: str, **spec: Any) -> dict[str, Any]:
    """A custom resource."""
    return {"apiVersion": f"{case.group}/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": 1, **spec}}


def pod(case: Case, name: str, script: str, container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A pod that runs a script."""
    main = {"name": "c", "image": case.image, "command": ["sh", "-c", script], **(container or {})}
    body = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 2, "containers": [main], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": body}


def deployment(case: Case, name: str, replicas: int = 1, **template: Any) -> dict[str, Any]:
    """A Deployment that sleeps."""
    inner = pod(case, "x", "exec sleep 600", restartPolicy="Always", **template)["spec"]
    labels = {"app": name}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": inner}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def job(case: Case, name: str, script: str, **spec: Any) -> dict[str, Any]:
    """A Job."""
    template = {"spec": pod(case, "x", script)["spec"]}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"backoffLimit": 0, "template": template, **spec}}


def changed(obj: Any, **spec: Any) -> Any:
    """A copy with other values in its spec."""
    made = copy.deepcopy(obj)
    made["spec"].update(spec)
    return made


def crd(group: str) -> dict[str, Any]:
    """The CRD that the rows use: status and scale, defaults, limits, int-or-string, nullable, maps and lists with keys, columns."""
    spec = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "integer", "minimum": 1, "maximum": 100},
            "mode": {"type": "string", "enum": ["a", "b"], "default": "a"},
            "word": {"type": "string", "maxLength": 8, "pattern": "^[a-z]*$"},
            "either": {"x-kubernetes-int-or-string": True},
            "maybe": {"type": "string", "nullable": True},
            "sealed": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is sealed"}]},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "replicas": {"type": "integer"},
            "list": {"type": "array", "maxItems": 3, "items": {"type": "string"}},
            "ports": {
                "type": "array",
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "port": {"type": "integer"}}},
            },
        },
    }
    status = {"type": "object", "properties": {"phase": {"type": "string"}, "replicas": {"type": "integer"}}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec, "status": status}}},
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
        "additionalPrinterColumns": [
            {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
            {"name": "Word", "type": "string", "jsonPath": ".spec.word", "priority": 1},
        ],
    }
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
