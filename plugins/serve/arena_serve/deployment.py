"""From arguments to a Deployment and its Service: plain dicts, made by pure functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, common_labels, job_annotations, pod_template
from arena_serve import names
from arena_serve.args import RolloutArgs, ServerArgs

#: Arena's names of the ports of a Service, by those of the container's.
SERVICE_PORTS = {"grpc": "grpc-serving", "restful": "http-serving", "metrics": "http-metrics"}
#: What a server may ask of itself, in the environment and in --data-subpath-expr.
DOWNWARD = {
    "ARENA_NODE_NAME": "spec.nodeName",
    "ARENA_POD_NAME": "metadata.name",
    "ARENA_POD_NAMESPACE": "metadata.namespace",
    "ARENA_POD_IP": "status.podIP",
}
#: Seconds for a server to end by itself, Kubernetes' own default.
GRACE = 30


def build(args: RolloutArgs, kind: str, container: str, ports: tuple[tuple[str, int], ...], chart: str) -> list[Manifest]:
    """Return the Deployment first, then its Service and the ConfigMaps of the config files."""
    facts = JobFacts(kind, chart=chart)
    # Everything that is named after the job is named after the version, too: versions stand side by side.
    own: ServerArgs = args.model_copy(update={"name": args.release, "devices": {**args.devices, **args.shared_gpu}})
    labels = _labels(args, kind)
    role = Role(container=container, cpu=args.cpu, memory=args.memory, ports=ports, labels=labels)
    template = pod_template(own, facts, role)
    _complete(template["spec"], args)
    everywhere = {**common_labels(own, facts), **labels}
    metadata: dict[str, Any] = {"name": f"{args.release}-{kind}", "labels": everywhere}
    if annotations := job_annotations(own, facts):
        metadata["annotations"] = annotations
    spec: dict[str, Any] = {"replicas": args.replicas, "selector": {"matchLabels": _selector(everywhere)}, "template": template}
    sizes = {key: _count(text) for key, text in (("maxSurge", args.max_surge), ("maxUnavailable", args.max_unavailable)) if text}
    if sizes:
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": sizes}
    deployment: Manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    return [deployment, _service(args.release, everywhere, ports), *companions(own, facts)]


def _labels(args: ServerArgs, kind: str) -> dict[str, str]:
    model = {"modelName": args.model_name, "modelVersion": args.model_version}
    return {
        names.TYPE: kind,
        names.NAME: args.name,
        names.SERVICE_NAME: args.name,
        names.VERSION: args.version,
        **{key: value for key, value in model.items() if value},
    }


def _selector(labels: dict[str, str]) -> dict[str, str]:
    return {key: labels[key] for key in ("app", "release", names.TYPE, names.NAME, names.VERSION)}


def _service(name: str, labels: dict[str, str], ports: Iterable[tuple[str, int]]) -> Manifest:
    rows = [{"name": SERVICE_PORTS[port], "port": number, "targetPort": number, "protocol": "TCP"} for port, number in ports]
    spec = {"type": "ClusterIP", "selector": {key: labels[key] for key in ("app", "release")}, "ports": rows}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": dict(labels)}, "spec": spec}


def _complete(spec: dict[str, Any], args: RolloutArgs) -> None:
    """Add to the pod what only servers have."""
    (container,) = spec["containers"]
    if not container["workingDir"]:
        del container["workingDir"]
    container["env"] = [*container.get("env", ()), *_variables(args)]
    container |= args.probes()
    if args.drain:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": args.drain}}}
        spec["terminationGracePeriodSeconds"] = GRACE + args.drain
    claims = {volume["persistentVolumeClaim"]["claimName"]: volume["name"] for volume in _claims(spec)}
    parts = {claims[claim]: text for claim, text in args.data_subpath_expr.items()}
    if args.temp_dirs:
        spec["volumes"] = [*spec.get("volumes", ()), *({"name": name, "emptyDir": {}} for name in args.temp_dirs)]
        more = [{"name": name, "mountPath": path} for name, path in args.temp_dirs.items()]
        container["volumeMounts"] = [*container.get("volumeMounts", ()), *more]
        parts |= args.temp_dir_subpath_expr
    for mount in container.get("volumeMounts", ()):
        if mount["name"] in parts:
            mount["subPathExpr"] = parts[mount["name"]]


def _claims(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [volume for volume in spec.get("volumes", ()) if "persistentVolumeClaim" in volume]


def _variables(args: ServerArgs) -> list[dict[str, Any]]:
    """Return the variables that are read from elsewhere; what the user sets goes first."""
    mine = [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}}
        for name, field in DOWNWARD.items()
        if name not in args.env and name not in args.env_from_secret
    ]
    secrets = sorted(args.env_from_secret.items())
    return mine + [{"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}} for name, secret in secrets]


def _count(text: str) -> int | str:
    return int(text) if text.isdigit() else text
