"""The main container of a pod: command, environment, resources, ports."""

from __future__ import annotations

from typing import Any

from arena_core.args import JobArgs, PodArgs
from arena_core.lazily import pattern
from arena_core.podspec import debugging
from arena_core.podspec.facts import JobFacts, Role

NVIDIA_GPU = "nvidia.com/gpu"
RDMA_DEVICE = "rdma/hca"
#: With one of these the GPU is shared, and the device plugin sets NVIDIA_VISIBLE_DEVICES itself.
GPU_SHARE_LABEL = "aliyun.com/gpu-count"
GPU_SHARE_DEVICE = "aliyun.com/gpu-mem"
#: What Kubernetes would change in a command or a value: ``$$`` becomes ``$``, ``$(NAME)`` the variable.
_REFERENCE = pattern(r"\$(?=\$)|\$(?=\([-._a-zA-Z][-._a-zA-Z0-9]*\))")


def literal(text: str) -> str:
    """Return the text so that the container gets it as it was typed: Kubernetes' ``$(NAME)`` references are escaped.

    >>> literal("kill $$; echo $((1+1)) $(hostname)")
    'kill $$$; echo $((1+1)) $$(hostname)'
    """
    return _REFERENCE.sub("$$", text)


def env_list(values: dict[str, str]) -> list[dict[str, str]]:
    """Return the variables sorted by name, each value as it was typed."""
    return [{"name": name, "value": literal(values[name])} for name in sorted(values)]


def env_values(args: JobArgs, facts: JobFacts, role: Role) -> dict[str, str]:
    """Return the environment of a role: counts and defaults, over which the user's own values win."""
    gpus = args.gpus if role.gpus is None else role.gpus
    values = dict(role.env)
    if facts.workers is not None:
        values |= {"workers": str(facts.workers), "gpus": str(args.gpus)}
    if gpus == 0 and GPU_SHARE_LABEL not in args.labels and GPU_SHARE_DEVICE not in args.devices:
        values["NVIDIA_VISIBLE_DEVICES"] = "void"
    values = {**values, **args.env, **debugging.variables(args)}
    return {name: value for name, value in values.items() if name in args.env or name not in args.variables}


def environment(args: JobArgs, facts: JobFacts, role: Role) -> dict[str, Any]:
    """Return ``env`` and ``envFrom`` of a container, each where there is something: values first, then what is kept elsewhere."""
    parts = {"env": [*env_list(env_values(args, facts, role)), *env_references(args)], "envFrom": env_from(args)}
    return {key: rows for key, rows in parts.items() if rows}


def env_references(args: PodArgs) -> list[dict[str, Any]]:
    """Return the variables whose values are single entries of Secrets and ConfigMaps."""
    kinds = (("secretKeyRef", args.env_from_secret), ("configMapKeyRef", args.env_from_configmap))
    return [
        {"name": source.variable, "valueFrom": {kind: {"name": source.name, "key": source.key}}}
        for kind, sources in kinds
        for source in sources
        if source.key
    ]


def env_from(args: PodArgs) -> list[dict[str, Any]]:
    """Return the Secrets and ConfigMaps of which every entry becomes a variable."""
    kinds = (("secretRef", args.env_from_secret), ("configMapRef", args.env_from_configmap))
    return [{kind: {"name": source.name}} for kind, sources in kinds for source in sources if not source.key]


def resources(args: JobArgs, role: Role, *, devices: bool = True) -> dict[str, Any]:
    """Return requests and limits of a role; ``devices=False`` leaves only cpu and memory (init containers)."""
    limits: dict[str, str] = {}
    if devices:
        gpus = args.gpus if role.gpus is None else role.gpus
        if gpus:
            limits[NVIDIA_GPU] = str(gpus)
        if role.devices:
            limits |= args.devices
        if args.rdma and role.rdma:
            limits[RDMA_DEVICE] = "1"
    requests = dict(limits)
    for name, request, limit in (("cpu", role.cpu, role.cpu_limit), ("memory", role.memory, role.memory_limit)):
        if request:
            requests[name] = request
        if limit or request:
            limits[name] = limit or request
    return {key: value for key, value in (("requests", requests), ("limits", limits)) if value}


def shell_command(args: JobArgs) -> list[str]:
    """Return ``[shell, -c, text]``, or nothing where no command was given."""
    line = args.command_line
    return [] if line is None else shell_words(args, line)


def shell_words(args: PodArgs, line: str) -> list[str]:
    """Return ``[shell, -c, text]`` for a command line of the user's."""
    return [args.shell, "-c", debugging.before_command(args) + literal(line)]


def main_container(args: JobArgs, facts: JobFacts, role: Role, mounts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the container in which the job's command runs."""
    container: dict[str, Any] = {
        "name": role.container,
        "image": role.image or args.image,
        "imagePullPolicy": args.image_pull_policy,
        "workingDir": args.start_dir,
    }
    command = shell_command(args)
    if command:
        container["command"] = command
    container |= environment(args, facts, role)
    wanted = resources(args, role)
    if wanted:
        container["resources"] = wanted
    if role.ports:
        container["ports"] = [{"name": name, "containerPort": port, "protocol": "TCP"} for name, port in role.ports]
    if args.rdma and role.rdma:
        container["securityContext"] = {"capabilities": {"add": ["IPC_LOCK"]}}
    if mounts:
        container["volumeMounts"] = mounts
    return container
