"""From arguments to a LeaderWorkerSet, its hosts and its Service: plain dicts, made by pure functions."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import Manifest
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, common_labels, job_annotations
from arena_serve.autoscale import autoscaler
from arena_serve.deployment import labels_of, named_after_release, rollout_of, server_template, service
from arena_serve.distributed import rayinit
from arena_serve.distributed.args import VARIABLES, DistributedArgs
from arena_serve.distributed.names import CONTAINERS, GROUP, HOSTS, INDEX, LEADER, RESOURCE, SIZE, WORKER
from arena_serve.form import Form, Start

KIND = "distributed-serving"
FORM = Form(KIND, KIND, KIND, f"{KIND}-0.1.0")
HOSTFILE = "/etc/hostfile"
#: For so many instances there are lists of hosts; more of them cannot be started.
GROUPS = 32
#: Where the scripts of Ray are kept, by role.
SCRIPTS = {LEADER: ("leader.rayInit", rayinit.LEADER), WORKER: ("worker.rayInit", rayinit.WORKER)}


def build(args: DistributedArgs) -> list[Manifest]:
    """Return the LeaderWorkerSet first, then its ConfigMap, its Service and what else belongs to it."""
    own, facts = named_after_release(args), JobFacts(KIND, chart=FORM.chart)
    everywhere = {**common_labels(own, facts), **labels_of(args, KIND)}
    metadata: dict[str, Any] = {"name": FORM.workload(args.release), "labels": everywhere}
    if annotations := job_annotations(own, facts):
        metadata["annotations"] = annotations
    template: dict[str, Any] = {"size": 1 + args.worker_num, "restartPolicy": "RecreateGroupOnPodRestart"}
    template |= {f"{role}Template": _template(args, role) for role in (LEADER, WORKER)}
    spec: dict[str, Any] = {"replicas": args.replicas, "leaderWorkerTemplate": template}
    if sizes := rollout_of(args):
        spec["rolloutStrategy"] = {"type": "RollingUpdate", "rollingUpdateConfiguration": sizes}
    job = {"apiVersion": RESOURCE.api_version, "kind": RESOURCE.kind, "metadata": metadata, "spec": spec}
    front = service(FORM.service(args.release), everywhere, args.ports, role=LEADER)
    return [job, _config_map(args, everywhere), front, *autoscaler(args, job), *companions(own, facts)]


def _groups(args: DistributedArgs) -> int:
    return max(GROUPS, args.replicas, args.max_replicas)


def _template(args: DistributedArgs, role: str) -> dict[str, Any]:
    own = args.of(role)
    plain = {"command": (own.command,) if own.command else (), "gpus": own.gpus, "gpumemory": own.gpumemory, "gpucore": own.gpucore}
    changed = args.model_copy(update=plain)
    start = args.start if role == LEADER else Start()
    facts = Role(container=CONTAINERS[role], cpu=own.cpu, memory=own.memory, labels={"role": role})
    template = server_template(changed, FORM, facts, start)
    (container,) = template["spec"]["containers"]
    if role == WORKER:  # nobody asks a worker
        for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
            container.pop(kind, None)
    if "command" in container:
        container["command"][-1] = _with_variables(container["command"][-1])
    mine = variables(role, own.gpus)
    container["env"] = [*(row for row in container["env"] if row["name"] not in VARIABLES), *mine]
    _mount(args, template["spec"], container, role)
    return template


def _with_variables(text: str) -> str:
    """Let Kubernetes put in the variables that arena sets, where the text names them as ``$(NAME)``, as users of Arena do."""
    for name in VARIABLES:
        text = text.replace(f"$$({name})", f"$({name})")
    return text


def variables(role: str, gpus: int) -> list[dict[str, Any]]:
    """Return what every pod is told of its group."""
    from_pod = {
        "WORLD_SIZE": f"metadata.annotations['{SIZE}']",
        "POD_NAME": "metadata.name",
        "POD_INDEX": f"metadata.labels['{INDEX}']",
        "GROUP_INDEX": f"metadata.labels['{GROUP}']",
    }
    plain = {"GPU_COUNT": str(gpus), "HOSTFILE": HOSTFILE, "ROLE": "master" if role == LEADER else role}
    return [
        {"name": "MASTER_ADDR", "value": "$(LWS_LEADER_ADDRESS)"},
        *({"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in from_pod.items()),
        *({"name": name, "value": value} for name, value in plain.items()),
    ]


def _mount(args: DistributedArgs, spec: dict[str, Any], container: dict[str, Any], role: str) -> None:
    """Give a pod the hosts of its group, and the script that forms a cluster."""
    name = f"{args.release}-cm"
    items = [{"key": f"{HOSTS}{group}", "path": f"{HOSTS}{group}", "mode": 0o444} for group in range(_groups(args))]
    mounts = [{"name": name, "mountPath": HOSTFILE, "subPathExpr": f"{HOSTS}$(GROUP_INDEX)"}]
    if args.init_backend:
        key, _ = SCRIPTS[role]
        items.append({"key": key, "path": "ray_init.sh", "mode": 0o555})
        mounts.append({"name": name, "mountPath": rayinit.PATH, "subPath": "ray_init.sh"})
        shell, text = args.shell, (container.get("command") or [""])[-1]
        container["command"] = [rayinit.PATH, shell, *([text] if text else [])]
    spec["volumes"] = [*spec.get("volumes", ()), {"name": name, "configMap": {"name": name, "items": items}}]
    container["volumeMounts"] = [*container.get("volumeMounts", ()), *mounts]


def _config_map(args: DistributedArgs, labels: dict[str, str]) -> Manifest:
    """Return the hosts of each group, the leader first, by the names that the headless Service of the set gives them."""
    name = FORM.workload(args.release)
    data = {}
    for group in range(_groups(args)):
        pods = [f"{name}-{group}", *(f"{name}-{group}-{index}" for index in range(1, args.worker_num + 1))]
        data[f"{HOSTS}{group}"] = "".join(f"{pod}.{name}\n" for pod in pods)
    if args.init_backend:
        data |= dict(SCRIPTS.values())
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{args.release}-cm", "labels": dict(labels)}, "data": data}
