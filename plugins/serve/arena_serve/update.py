"""What may be changed of a server while it serves, and how: only what is given, at its place in the live object."""

from __future__ import annotations

import copy
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from arena_core.args import (
    AnnotationMap,
    ArgsGroup,
    DataMounts,
    EnvMap,
    Image,
    LabelMap,
    Quantity,
    Tolerations,
    Words,
    flag,
)
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Manifest, Problem
from arena_core.podspec import literal, toleration
from arena_core.podspec.container import GPU_SHARE_DEVICE, NVIDIA_GPU
from arena_core.podspec.volumes import claim_volume
from arena_serve.args import ServerArgs

GPU_SHARE_CORE = "aliyun.com/gpu-core.percentage"


class ContainerUpdateArgs(ArgsGroup):
    """What may be changed of the pods of any server; what is not given stays as it is."""

    image: Image = flag("", help="Container image.", often=True, paths=("containers[].image",))
    gpus: int | None = flag(None, help="GPUs of each instance (nvidia.com/gpu); 0: none.", ge=0, often=True)
    gpumemory: int | None = flag(None, help="GiB of a shared GPU's memory; 0: none.", ge=0)
    gpucore: int | None = flag(None, help="Share of a GPU's cores in percent, in steps of 5; 0: none.", ge=0, multiple_of=5)
    cpu: Quantity = flag("", help="CPU of each instance (2, 500m).", often=True)
    memory: Quantity = flag("", help="Memory of each instance (8Gi).", often=True)
    env: EnvMap = flag({}, help="Environment variable, new or with another value; repeatable.", short="-e", often=True)
    labels: LabelMap = flag({}, help="Label, new or with another value; repeatable.", short="-l", name="label")
    annotations: AnnotationMap = flag({}, help="The same for annotations; repeatable.", short="-a", name="annotation")
    selectors: LabelMap = flag({}, help="Label that a node must have besides; repeatable.", name="selector")
    tolerations: Tolerations = flag((), help="Taint to tolerate besides; repeatable.", name="toleration")
    data: DataMounts = flag((), help="Mount a further persistent volume claim; repeatable.", short="-d")
    command: Words = flag((), help="Another command, for the shell that runs the present one.")

    def rules(self) -> Iterator[Problem]:
        """Arena's own labels stay, a GPU is asked for in one way."""
        yield from super().rules()
        if taken := sorted(ServerArgs.OWN_LABELS & self.labels.keys()):
            yield Problem(f"label {', '.join(taken)} is set by arena itself: servers and their pods are found by it", "labels")
        if self.gpus and (self.gpumemory or self.gpucore):
            yield Problem("it is either whole GPUs or a part of one", "gpus", "give --gpus, or --gpumemory and --gpucore")
        if self.command and not "".join(self.command).strip():
            yield Problem("the command is empty", "command")


class UpdateArgs(ContainerUpdateArgs):
    """Flags of ``arena serve update custom``."""

    replicas: int | None = flag(None, help="How many instances serve.", ge=0, often=True, paths=("spec.replicas",))


def updated(job: Manifest, args: UpdateArgs, container: str) -> Manifest:
    """Return the live Deployment as the arguments change it; the one given stays as it is."""
    new = copy.deepcopy(job)
    if args.replicas is not None:
        new["spec"]["replicas"] = args.replicas
    merge_metadata(new, args)
    change_template(new["spec"]["template"], args, container)
    return new


def merge_metadata(holder: dict[str, Any], args: ContainerUpdateArgs) -> None:
    """Set labels and annotations of an object or of a pod template."""
    if args.labels or args.annotations:
        _merge(holder.setdefault("metadata", {}), "labels", args.labels)
        _merge(holder["metadata"], "annotations", args.annotations)


def change_template(template: dict[str, Any], args: ContainerUpdateArgs, container: str) -> None:
    """Change a pod template, in place, by what is given."""
    merge_metadata(template, args)
    spec = template["spec"]
    _merge(spec, "nodeSelector", args.selectors)
    present = spec.get("tolerations") or []
    if more := [one for item in args.tolerations if (one := toleration(item)) not in present]:
        spec["tolerations"] = [*present, *more]
    target = _container(spec, container)
    for change in _CHANGES:
        change(target, args)
    _mount(spec, target, args)


def with_options(job: Manifest, container: str, options: Mapping[str, str]) -> Manifest:
    """Return the job with other values of options of its program (``--flag=value``), wherever they stand; it changes the one given.

    They are words of their own in what arena writes, and part of a text for the shell in what Arena does.
    """
    target = _container(job["spec"]["template"]["spec"], container)
    for option, value in options.items():
        if not (_in_words(target, option, literal(value)) or _in_text(target, option, shlex.quote(value))):
            hint = "give the whole of it with --command"
            raise UsageError(f"the command of {job['metadata']['name']} is not one that {option} can be changed in", hint)
    return job


def _in_words(container: dict[str, Any], option: str, value: str) -> bool:
    """Change it in the list of words; where it is not among them it is added, if the program has such words at all."""
    words = container.get("args") or []
    if not any(word.startswith("--") for word in words):
        return False
    there = [f"{option}={value}" if word.startswith(f"{option}=") else word for word in words]
    container["args"] = there if there != words or f"{option}={value}" in words else [*words, f"{option}={value}"]
    return True


def _in_text(container: dict[str, Any], option: str, value: str) -> bool:
    """Change it in the one text that a shell runs, as Arena writes it."""
    command, words = list(container.get("command") or []), list(container.get("args") or [])
    if len(command) != 2 or command[1] != "-c" or len(words) != 1:
        return False
    text, found = re.subn(rf"{re.escape(option)}=\S*", lambda _: literal(f"{option}={value}"), words[0])
    container["args"] = [text if found else f"{text.rstrip()} {literal(f'{option}={value}')}"]
    return True


def _container(spec: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the container of this name, or the first one."""
    found: dict[str, Any] = next((one for one in spec["containers"] if one.get("name") == name), spec["containers"][0])
    return found


def _merge(holder: dict[str, Any], key: str, more: dict[str, str]) -> None:
    if more:
        holder[key] = {**(holder.get(key) or {}), **more}


def _image(container: dict[str, Any], args: ContainerUpdateArgs) -> None:
    if args.image:
        container["image"] = args.image


def _command(container: dict[str, Any], args: ContainerUpdateArgs) -> None:
    """Put the new text behind the present shell; a server whose image had a command of its own gets one."""
    if not args.command:
        return
    text = args.command[0] if len(args.command) == 1 else shlex.join(args.command)
    present = container.get("command") or []
    shell = present[:2] if len(present) == 3 and present[1] == "-c" else ["sh", "-c"]
    container["command"] = [*shell, literal(text)]
    container.pop("args", None)  # they would follow the text as $0


def _env(container: dict[str, Any], args: ContainerUpdateArgs) -> None:
    """Set values at their places; what is new follows."""
    if not args.env:
        return
    rows = [{"name": r["name"], "value": literal(args.env[r["name"]])} if r["name"] in args.env else r for r in container.get("env") or []]
    known = {row["name"] for row in rows}
    container["env"] = [*rows, *({"name": name, "value": literal(args.env[name])} for name in sorted(args.env.keys() - known))]


def _resources(container: dict[str, Any], args: ContainerUpdateArgs) -> None:
    """Set request and limit alike; whole GPUs take the place of a part of one, and the other way round."""
    given: dict[str, str] = {}
    numbers = ((NVIDIA_GPU, args.gpus), (GPU_SHARE_DEVICE, args.gpumemory), (GPU_SHARE_CORE, args.gpucore))
    given |= {name: str(number) for name, number in numbers if number is not None}
    given |= {name: text for name, text in (("cpu", args.cpu), ("memory", args.memory)) if text}
    if args.gpus:
        given |= {GPU_SHARE_DEVICE: "0", GPU_SHARE_CORE: "0"}
    elif args.gpumemory or args.gpucore:
        given[NVIDIA_GPU] = "0"
    if not given:
        return
    found = container.get("resources") or {}
    for kind in ("requests", "limits"):
        if amounts := {name: text for name, text in {**(found.get(kind) or {}), **given}.items() if text != "0"}:
            found[kind] = amounts
        else:
            found.pop(kind, None)
    container["resources"] = found
    _visible_devices(container, bool({NVIDIA_GPU, GPU_SHARE_DEVICE, GPU_SHARE_CORE} & (found.get("limits") or {}).keys()))


def _visible_devices(container: dict[str, Any], gpu: bool) -> None:
    """Without a GPU the container sees none, even on a node that has some; with one it must see it."""
    void = {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}
    rows = container.get("env") or []
    if gpu:
        container["env"] = [row for row in rows if row != void]
    elif not any(row.get("name") == void["name"] for row in rows):
        container["env"] = [*rows, void]


def _mount(spec: dict[str, Any], container: dict[str, Any], args: ContainerUpdateArgs) -> None:
    for mount in args.data:
        name = claim_volume(mount.claim)
        volumes = spec.get("volumes") or []
        if not any(volume.get("name") == name for volume in volumes):
            volumes = [*volumes, {"name": name, "persistentVolumeClaim": {"claimName": mount.claim}}]
        spec["volumes"] = volumes
        mounts = [one for one in container.get("volumeMounts") or [] if one.get("mountPath") != mount.path]
        container["volumeMounts"] = [*mounts, {"name": name, "mountPath": mount.path}]


_CHANGES: tuple[Callable[[dict[str, Any], ContainerUpdateArgs], None], ...] = (_image, _command, _resources, _env)
