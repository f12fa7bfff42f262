"""From arguments to a Deployment and its Service: plain dicts, made by pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, common_labels, job_annotations, literal, pod_template
from arena_serve import names
from arena_serve.args import ProbeArgs, RolloutArgs, ServerArgs
from arena_serve.autoscale import autoscaler
from arena_serve.form import SERVICE_PORTS, Form, Start

#: What a server may ask of itself, in the environment and in --data-subpath-expr.
DOWNWARD = {
    "ARENA_NODE_NAME": "spec.nodeName",
    "ARENA_POD_NAME": "metadata.name",
    "ARENA_POD_NAMESPACE": "metadata.namespace",
    "ARENA_POD_IP": "status.podIP",
}
#: Seconds for a server to end by itself, Kubernetes' own default.
GRACE = 30
#: Istio's, for pods that are to have its proxy beside them.
SIDECAR = "sidecar.istio.io/inject"


def build(args: RolloutArgs, form: Form, start: Start) -> list[Manifest]:
    """Return the Deployment first, then its Service, its autoscaler and the ConfigMaps of the config files."""
    own, facts = named_after_release(args), JobFacts(form.app, chart=form.chart)
    template = server_template(args, form, Role(container=form.container, cpu=args.cpu, memory=args.memory), start)
    everywhere = {**common_labels(own, facts), **labels_of(args, form.kind)}
    metadata: dict[str, Any] = {"name": form.workload(args.release), "labels": everywhere}
    if annotations := job_annotations(own, facts):
        metadata["annotations"] = annotations
    spec: dict[str, Any] = {"replicas": args.replicas, "selector": {"matchLabels": _selector(everywhere)}, "template": template}
    sizes = rollout_of(args)
    if sizes:
        spec["strategy"] = {"type": "RollingUpdate", "rollingUpdate": sizes}
    deployment: Manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
    front = service(form.service(args.release), everywhere, start.ports)
    return [deployment, front, *autoscaler(args, deployment), *companions(own, facts)]


def named_after_release(args: ServerArgs) -> ServerArgs:
    """Return the arguments under name and version: versions stand side by side, so nothing is named after the name alone."""
    return args.model_copy(update={"name": args.release, "devices": {**args.devices, **args.shared_gpu}})


def rollout_of(args: RolloutArgs) -> dict[str, int | str]:
    """Return how many instances an update may add or leave out, as far as that is said."""
    return {key: _count(text) for key, text in (("maxSurge", args.max_surge), ("maxUnavailable", args.max_unavailable)) if text}


def server_template(args: ProbeArgs, form: Form, role: Role, start: Start) -> dict[str, Any]:
    """Return the pod template of a role of a server."""
    from arena_core.records import replace

    own, facts = named_after_release(args), JobFacts(form.app, chart=form.chart)
    role = replace(role, ports=tuple(start.ports), labels={**labels_of(args, form.kind), **role.labels})
    if args.enable_istio:
        role = replace(role, annotations={SIDECAR: "true", **role.annotations})
    template = pod_template(own, facts, role)
    (container,) = template["spec"]["containers"]
    if "command" not in container:
        container |= {key: list(words) for key, words in (("command", start.command), ("args", start.args)) if words}
    complete(template["spec"], args)
    container |= args.probes()
    if isinstance(args, RolloutArgs) and args.drain:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": args.drain}}}
        template["spec"]["terminationGracePeriodSeconds"] = GRACE + args.drain
    return template


def labels_of(args: ServerArgs, kind: str) -> dict[str, str]:
    """Return Arena's labels of a server and its pods."""
    model = {"modelName": args.model_name, "modelVersion": args.model_version}
    return {
        names.TYPE: kind,
        names.NAME: args.name,
        names.SERVICE_NAME: args.name,
        names.VERSION: args.version,
        **{key: value for key, value in model.items() if value},
    }


def _selector(labels: Mapping[str, str]) -> dict[str, str]:
    return {key: labels[key] for key in ("app", "release", names.TYPE, names.NAME, names.VERSION)}


def service(name: str, labels: Mapping[str, str], ports: Iterable[tuple[str, int]], **more: str) -> Manifest:
    """Return the Service in front of the pods of a release, or of those that have more labels besides."""
    rows = [{"name": SERVICE_PORTS[port], "port": number, "targetPort": number, "protocol": "TCP"} for port, number in ports]
    spec = {"type": "ClusterIP", "selector": {**{key: labels[key] for key in ("app", "release")}, **more}, "ports": rows}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "labels": dict(labels)}, "spec": spec}


def complete(spec: dict[str, Any], args: ServerArgs) -> None:
    """Add to the pod what only servers have: variables from elsewhere, scratch folders, parts of volumes."""
    (container,) = spec["containers"]
    if not container["workingDir"]:
        del container["workingDir"]
    container["env"] = [*container.get("env", ()), *_variables(args)]
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


def options(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return ``--flag=value`` for each value that is not empty, as it was typed."""
    return [f"{flag}={literal(text)}" for flag, text in pairs if text]


def _claims(spec: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    return [volume for volume in spec.get("volumes", ()) if "persistentVolumeClaim" in volume]


def _variables(args: ServerArgs) -> list[dict[str, Any]]:
    """Return what an instance is told of itself, but for what the user sets."""
    return [
        {"name": name, "valueFrom": {"fieldRef": {"fieldPath": field}}} for name, field in DOWNWARD.items() if name not in args.variables
    ]


def _count(text: str) -> int | str:
    return int(text) if text.isdigit() else text
