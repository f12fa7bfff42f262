"""Make ``arena_local/server/data/builtin.json.gz`` from the JSON schemas of the ``kubernetes-validate`` wheel (Apache-2.0).

Usage: ``python make_builtin_schemas.py .../kubernetes_validate/kubernetes-json-schema/v1.36.0-local/_definitions.json OUT.gz``.
The schemas are Kubernetes' own OpenAPI definitions (Copyright The Kubernetes Authors, Apache-2.0), cut down to the kinds that the
local cluster serves. Descriptions go to a second file beside it (``builtin-docs.json.gz``), read only for ``kubectl explain``.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

ROOTS = {
    "io.k8s.api.core.v1": "Namespace Node Pod PodTemplate Service Endpoints ConfigMap Secret Event ServiceAccount PersistentVolumeClaim "
    "PersistentVolume ResourceQuota LimitRange ReplicationController Binding",
    "io.k8s.api.apps.v1": "Deployment ReplicaSet StatefulSet DaemonSet ControllerRevision",
    "io.k8s.api.batch.v1": "Job CronJob",
    "io.k8s.api.autoscaling.v1": "Scale",
    "io.k8s.api.autoscaling.v2": "HorizontalPodAutoscaler",
    "io.k8s.api.coordination.v1": "Lease",
    "io.k8s.api.discovery.v1": "EndpointSlice",
    "io.k8s.api.events.v1": "Event",
    "io.k8s.api.networking.v1": "NetworkPolicy Ingress IngressClass",
    "io.k8s.api.policy.v1": "PodDisruptionBudget Eviction",
    "io.k8s.api.rbac.v1": "Role RoleBinding ClusterRole ClusterRoleBinding",
    "io.k8s.api.scheduling.v1": "PriorityClass",
    "io.k8s.api.storage.v1": "StorageClass",
    "io.k8s.api.node.v1": "RuntimeClass",
    "io.k8s.api.authentication.v1": "TokenReview SelfSubjectReview TokenRequest",
    "io.k8s.api.authorization.v1": "SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview LocalSubjectAccessReview",
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1": "CustomResourceDefinition",
    "io.k8s.apimachinery.pkg.apis.meta.v1": "ObjectMeta ListMeta Status DeleteOptions Patch",
}
PREFIX = "#/$defs/"


def clean(node: Any) -> Any:
    """Return a schema without descriptions and nullable unions, refs as plain names."""
    if isinstance(node, list):
        return [clean(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {}
    for key, value in node.items():
        if key == "description" and isinstance(value, str):
            continue
        if key == "type" and isinstance(value, list):
            value = next(item for item in value if item != "null")
        if key == "$ref":
            value = value.rsplit("/", 1)[-1]
        out[key] = {name: clean(item) for name, item in value.items()} if key == "properties" else clean(value)
    return out


def references(node: Any) -> set[str]:
    """Return the names of all definitions that a schema refers to."""
    if isinstance(node, dict):
        own = {node["$ref"].rsplit("/", 1)[-1]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()), set())
    return set().union(*(references(item) for item in node)) if isinstance(node, list) else set()


def special(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the forms that one JSON schema cannot say."""
    if name.endswith(".Quantity"):
        return {"type": "string", "x-arena": "quantity"}
    if name.endswith("IntOrString"):
        return {"format": "int-or-string", "type": "string", "x-arena": "int-or-string"}
    return clean(schema)


def main() -> None:
    """Write both files."""
    source = json.loads(Path(sys.argv[1]).read_text())["$defs"]
    wanted = [f"{package}.{kind}" for package, kinds in ROOTS.items() for kind in kinds.split()]
    defs: dict[str, Any] = {}
    docs: dict[str, Any] = {}
    while wanted:
        name = wanted.pop()
        if name in defs:
            continue
        defs[name] = special(name, source[name])
        properties = source[name].get("properties", {})
        docs[name] = [source[name].get("description", ""), {key: value.get("description", "") for key, value in properties.items()}]
        wanted += references(source[name])
    out = Path(sys.argv[2])
    for path, content in ((out, defs), (out.with_name("builtin-docs.json.gz"), docs)):
        text = json.dumps(dict(sorted(content.items())), separators=(",", ":"), sort_keys=False)
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(path, len(content), len(text), path.stat().st_size)  # noqa: T201


if __name__ == "__main__":
    main()
