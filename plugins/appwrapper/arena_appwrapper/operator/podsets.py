"""Where the pod templates of a component are: the path grammar, and the kinds whose pod sets the operator infers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from arena_local.sdk.bundle import Obj

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
TAS_INDEX = "workload.codeflare.dev.appwrapper/tas-pod-index-label"
TAS_GROUP_INDEX = "workload.codeflare.dev.appwrapper/tas-sub-group-index-label"
TAS_GROUP_COUNT = "workload.codeflare.dev.appwrapper/tas-sub-group-count"


class PathError(Exception):
    """The path does not lead to a pod template; the message is the operator's."""


def steps(path: str) -> list[str | int]:
    """Split ``template.spec.tasks[0].template`` into keys and indices without the leading ``template``."""
    if path != "template" and not path.startswith(("template.", "template[")):
        raise PathError("first element of the path must be 'template'")
    rest = path[len("template") :]
    found = list(_STEP.finditer(rest))
    if "".join(m.group(0) for m in found) != rest:
        raise PathError(f"path '{path}' is malformed")
    return [m.group(1) if m.group(1) is not None else int(m.group(2)) for m in found]


def resolve(template: Obj, path: str) -> Obj:
    """Return the pod template at ``path`` (the very dict, not a copy); raises ``PathError``."""
    node: Any = template
    at = "template"
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(node, list):
                raise PathError(f"at path position '{at}' is not an array")
            if step >= len(node):
                raise PathError(f"at path position '{at}' out of bounds index '{step}'")
            node, at = node[step], f"{at}[{step}]"
        else:
            if not isinstance(node, dict):
                raise PathError(f"at path position '{at}' is not a map")
            if step not in node:
                raise PathError(f"at path position '{at}' missing field '{step}'")
            node, at = node[step], f"{at}.{step}"
    if not isinstance(node, dict) or not isinstance(node.get("spec"), dict):
        raise PathError(f"content at {path} does not contain a spec")
    if not isinstance(node["spec"].get("containers", []), list) or "containers" not in node["spec"]:
        raise PathError(f"content at {path} does not contain a spec")
    return node


def _count(value: Any) -> int:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else 1


def _job_pods(spec: Mapping[str, Any]) -> int:
    pods = _count(spec.get("parallelism", 1))
    return min(pods, _count(spec["completions"])) if spec.get("completions") is not None else pods


def _plain(template: Obj) -> list[Obj]:
    return [{"path": "template", "replicas": 1}]


def _replicated(template: Obj) -> list[Obj]:
    return [{"path": "template.spec.template", "replicas": _count((template.get("spec") or {}).get("replicas", 1))}]


def _job(template: Obj) -> list[Obj]:
    pods = _job_pods(template.get("spec") or {})
    note = {TAS_INDEX: "batch.kubernetes.io/job-completion-index"}
    return [{"path": "template.spec.template", "replicas": pods, "annotations": note}]


def _pytorch(template: Obj) -> list[Obj]:
    roles = (template.get("spec") or {}).get("pytorchReplicaSpecs") or {}
    note = {TAS_INDEX: "training.kubeflow.org/replica-index"}
    return [
        {
            "path": f"template.spec.pytorchReplicaSpecs.{role}.template",
            "replicas": _count((roles[role] or {}).get("replicas", 1)),
            "annotations": dict(note),
        }
        for role in ("Master", "Worker")
        if role in roles
    ]


def _ray(prefix: str) -> Callable[[Obj], list[Obj]]:
    def infer(template: Obj) -> list[Obj]:
        spec = template.get("spec") or {}
        if prefix:
            spec = spec.get("rayClusterSpec") or {}
        base = f"template.spec.{prefix}"
        groups = spec.get("workerGroupSpecs") or []
        return [{"path": f"{base}headGroupSpec.template", "replicas": 1}] + [
            {"path": f"{base}workerGroupSpecs[{n}].template", "replicas": _count(g.get("replicas", 1))} for n, g in enumerate(groups)
        ]

    return infer


def _jobset(template: Obj) -> list[Obj]:
    found = []
    for n, entry in enumerate((template.get("spec") or {}).get("replicatedJobs") or []):
        spec = (entry.get("template") or {}).get("spec") or {}
        note = {
            TAS_INDEX: "batch.kubernetes.io/job-completion-index",
            TAS_GROUP_INDEX: "jobset.sigs.k8s.io/job-index",
            TAS_GROUP_COUNT: str(_count(entry.get("replicas", 1))),
        }
        path = f"template.spec.replicatedJobs[{n}].template.spec.template"
        found.append({"path": path, "replicas": _count(entry.get("replicas", 1)) * _job_pods(spec), "annotations": note})
    return found


_KNOWN: dict[tuple[str, str], Callable[[Obj], list[Obj]]] = {
    ("v1", "Pod"): _plain,
    ("apps/v1", "Deployment"): _replicated,
    ("apps/v1", "StatefulSet"): _replicated,
    ("batch/v1", "Job"): _job,
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): _jobset,
    ("kubeflow.org/v1", "PyTorchJob"): _pytorch,
    ("ray.io/v1", "RayCluster"): _ray(""),
    ("ray.io/v1", "RayJob"): _ray("rayClusterSpec."),
}


def infer(template: Obj) -> list[Obj] | None:
    """Return the pod sets of a kind that the operator knows, None for any other."""
    known = _KNOWN.get((str(template.get("apiVersion", "")), str(template.get("kind", ""))))
    return known(template) if known else None


def effective(component: Obj) -> list[Obj]:
    """Return the pod sets that count: the declared ones with the default of one replica, else the inferred ones.

    Annotations of a declared pod set stay as declared; a bare Pod's is inferred without any, as the operator stores it.
    """
    declared = component.get("podSets")
    if declared:
        return [{"replicas": 1, **{k: v for k, v in p.items() if v is not None}} for p in declared]
    return infer(component["template"]) or []


def expected_pods(wrapper: Obj) -> int:
    """Return how many pods all components have together, from the pod sets cached in the status."""
    components = (wrapper.get("status") or {}).get("componentStatus") or ()
    return sum(_count(p.get("replicas", 1)) for c in components for p in c.get("podSets") or ())
