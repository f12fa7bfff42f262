"""The groups of options that job types compose: a field is a flag, its help, its default and its rules.

A job type that takes all of Arena's common flags derives from ``arena_core.families.args.SubmitArgs``; one with other meanings
composes the groups that fit. Rules that concern several fields are written as ``rules`` methods that yield problems, so that all are
shown at once.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Literal, NamedTuple

from arena_core.args.fields import (
    AnnotationMap,
    ConfigFiles,
    DataMounts,
    DeviceMap,
    EnvMap,
    EnvSources,
    HostDirs,
    Image,
    LabelMap,
    Names,
    ObjectName,
    Patches,
    Tolerations,
    Words,
)
from arena_core.args.flags import flag
from arena_core.args.markers import field_validator
from arena_core.args.model import ArgsModel
from arena_core.contract.types import Problem, Resource

#: Where `--debug-stacks` puts what Python loads at its start.
STACKS_FOLDER = "/opt/arena-stacks"
PullPolicy = Literal["Always", "IfNotPresent", "Never"]


class ProblemsFound(ValueError):
    """Raised inside validation to carry several problems; ``problems_from_validation_error`` unfolds it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(p.message for p in problems))
        self.problems = tuple(problems)


class Extra(NamedTuple):
    """Labels and annotations that the flags of a group put on the job (``on="job"``), on its pods (``"pods"``), or on both."""

    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    on: Literal["", "job", "pods"] = ""


class ArgsGroup(ArgsModel):
    """Base of every group: unknown keys are refused, values do not change after reading."""

    model_config = {"extra": "forbid", "frozen": True}
    #: Labels that stay on the job: on its pods they would mean something else.
    JOB_LABELS: ClassVar[frozenset[str]] = frozenset()

    def rules(self) -> Iterator[Problem]:
        """Yield what is wrong between fields; a subclass yields its own after ``yield from super().rules()``."""
        yield from ()

    @classmethod
    def chosen(cls, raw: Mapping[str, Any]) -> type[ArgsGroup]:
        """Return the model that reads these raw values, by field: itself, but for a wrapper, whose flags depend on the type inside."""
        return cls

    @classmethod
    def variants(cls) -> Mapping[str, type[ArgsGroup]]:
        """Return all models that ``chosen`` may return, by name; none where it is always this one."""
        return {}

    @classmethod
    def elsewhere(cls, word: str) -> str:
        """Return where a flag or key belongs that this model does not know, in a few words; empty where nobody knows it."""
        return ""

    def notes(self) -> Iterator[str]:
        """Yield what is accepted and will not do what it seems to; a subclass yields its own after ``yield from super().notes()``."""
        yield from ()

    def extra_metadata(self, app: str, gang: int) -> Iterator[Extra]:
        """Yield labels and annotations that the group's flags ask for; a subclass yields its own after ``yield from super()...``.

        ``app`` is the job type's label of that name, ``gang`` how many pods must start together (0: no gang, or the job itself).
        """
        yield from ()

    def _obey(self) -> None:
        if problems := list(self.rules()):
            raise ProblemsFound(problems)


class MetadataArgs(ArgsGroup):
    """Name, labels and annotations. ``NAME_*`` tighten the name where an operator needs it."""

    #: Longest name; derived objects (``<name>-worker-0``, ``<name>-tensorboard``) must fit into 63 characters.
    NAME_MAX: ClassVar[int] = 49
    #: Whether the name must begin with a letter (a Service is named after it: DNS-1035).
    NAME_LETTER_FIRST: ClassVar[bool] = False
    NAME_PATTERN: ClassVar[str] = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
    #: Labels that this program sets itself, by which jobs and their pods are found.
    OWN_LABELS: ClassVar[frozenset[str]] = frozenset({"app", "release", "chart", "heritage", "createdBy"})

    name: str = flag(help="Name of the job.", often=True, paths=("metadata.name",), metavar="NAME")
    labels: LabelMap = flag(
        {}, help="Label of the job and its pods; repeatable.", short="-l", name="label", old=("labels",), paths=("metadata.labels",)
    )
    annotations: AnnotationMap = flag(
        {},
        help="Annotation of the job and its pods; repeatable.",
        short="-a",
        name="annotation",
        old=("annotations",),
        paths=("metadata.annotations",),
    )

    patches: Patches = flag(
        (),
        help="Change what is built: a strategic merge patch, or a list of JSON patch operations; repeatable.",
        name="patch",
        metavar="FILE|JSON",
        complete="file",
        often=False,
    )

    @field_validator("labels")
    @classmethod
    def _check_labels(cls, labels: dict[str, str]) -> dict[str, str]:
        taken = sorted(cls.OWN_LABELS & set(labels))
        if taken:
            raise ValueError(f"label {', '.join(taken)} is set by arena itself: jobs and pods are found by it")
        return labels

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if not name:
            raise ValueError("must not be empty")
        if len(name) > cls.NAME_MAX:
            raise ValueError(f"{name!r} has {len(name)} characters, at most {cls.NAME_MAX} are allowed")
        if not re.fullmatch(cls.NAME_PATTERN.rstrip("$"), name):
            raise ValueError(f"{name!r} may contain only lower-case letters, digits and '-', and must begin and end with a letter or digit")
        if cls.NAME_LETTER_FIRST and not name[0].isalpha():
            raise ValueError(f"{name!r} must begin with a letter: Services are named after this kind of job")
        return name


class PodArgs(ArgsGroup):
    """What every pod of the job gets."""

    #: Whether the image, or the command, must be given.
    REQUIRES_IMAGE: ClassVar[bool] = True
    REQUIRES_COMMAND: ClassVar[bool] = True
    #: What the words behind the flags are, where they are not a command.
    WORDS: ClassVar[str] = ""

    image: Image = flag("", help="Container image.", often=True, paths=("containers[].image",))
    image_pull_policy: PullPolicy = flag(
        "Always", help="When the image is pulled: Always, IfNotPresent or Never.", paths=("containers[].imagePullPolicy",)
    )
    image_pull_secrets: Names = flag(
        (),
        help="Secret for pulling the image; repeatable.",
        name="image-pull-secret",
        old=("imagePullSecrets", "image-pull-secrets"),
        metavar="SECRET",
        paths=("imagePullSecrets",),
    )
    gpus: int = flag(
        0,
        help="GPUs of each worker (nvidia.com/gpu).",
        often=True,
        ge=0,
        paths=("resources.limits[nvidia.com/gpu]", "resources.requests[nvidia.com/gpu]"),
    )
    devices: DeviceMap = flag(
        {},
        help="Extended resource of each worker, e.g. amd.com/gpu=1 or hugepages-2Mi=1Gi; repeatable.",
        name="device",
        old=("devices",),
        metavar="VENDOR/RESOURCE=N",
        paths=("resources.limits", "resources.requests"),
    )
    working_dir: str = flag(
        "/root",
        help="Working directory; synchronised code goes to its folder 'code'.",
        old=("workingDir",),
        paths=("containers[].workingDir",),
    )
    env: EnvMap = flag({}, help="Environment variable; repeatable.", often=True, short="-e", old=("envs",), paths=("containers[].env",))
    env_from_secret: EnvSources = flag(
        (),
        help="Take variables from a Secret: every key, or the one that is named; repeatable.",
        paths=("containers[].env[].valueFrom.secretKeyRef", "containers[].envFrom[].secretRef"),
    )
    env_from_configmap: EnvSources = flag(
        (),
        help="Take variables from a ConfigMap: every key, or the one that is named; repeatable.",
        paths=("containers[].env[].valueFrom.configMapKeyRef", "containers[].envFrom[].configMapRef"),
        names_of=(Resource("", "v1", "ConfigMap", "configmaps"),),
    )
    data: DataMounts = flag(
        (), help="Mount a persistent volume claim; repeatable.", often=True, short="-d", paths=("volumes[].persistentVolumeClaim",)
    )
    data_dirs: HostDirs = flag(
        (),
        help="Mount a folder of the node; repeatable.",
        name="data-dir",
        old=("dataDir", "data-dirs"),
        metavar="/HOST[:/PATH]",
        paths=("volumes[].hostPath",),
    )
    selectors: LabelMap = flag(
        {}, help="Label that a node must have; repeatable.", name="selector", old=("selectors",), paths=("nodeSelector",)
    )
    tolerations: Tolerations = flag(
        (),
        help="Taint to tolerate: key[=value]:effect[:operator[:seconds]], key=value:effect,operator, key, or all; repeatable.",
        name="toleration",
        old=("tolerations",),
        paths=("tolerations",),
    )
    config_files: ConfigFiles = flag(
        (),
        help="Local file to put into the containers; repeatable.",
        name="config-file",
        old=("config-files",),
        metavar="LOCAL[:/PATH]",
        complete="file",
        paths=("volumes[].configMap",),
    )
    rdma: bool = flag(False, help="Ask for an RDMA device (rdma/hca) and the capability IPC_LOCK.", paths=("securityContext.capabilities",))
    priority: ObjectName = flag("", help="PriorityClass of the pods.", short="-p", metavar="CLASS", paths=("priorityClassName",))
    shell: str = flag("sh", help="Shell that runs the command (SHELL -c COMMAND).", min_length=1, metavar="SHELL")
    host_network: bool = flag(False, help="Use the node's network.", name="hostNetwork", old=("host-network",), paths=("hostNetwork",))
    host_ipc: bool = flag(False, help="Use the node's IPC namespace.", name="hostIPC", old=("host-ipc",), paths=("hostIPC",))
    host_pid: bool = flag(False, help="Use the node's process namespace.", name="hostPID", old=("host-pid",), paths=("hostPID",))
    debug_stacks: bool = flag(
        False, help="Prepare Python so that `arena stacks` can read where it is, without py-spy.", paths=("volumes[].configMap",)
    )
    command: Words = flag(
        (), help="The command: one word is passed to the shell unchanged, several are quoted and joined.", paths=("containers[].command",)
    )

    @property
    def command_line(self) -> str | None:
        """The text for ``SHELL -c``, or None where no command was given."""
        if not self.command:
            return None
        return self.command[0] if len(self.command) == 1 else shlex.join(self.command)

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables that the user sets, wherever their values come from; whole Secrets and ConfigMaps left out."""
        named = {source.variable for source in (*self.env_from_secret, *self.env_from_configmap)}
        return frozenset(self.env.keys() | named - {""})

    @field_validator("working_dir")
    @classmethod
    def _check_working_dir(cls, path: str) -> str:
        if not path.startswith("/"):
            raise ValueError(f"{path!r} must be an absolute path")
        return path

    @field_validator("command")
    @classmethod
    def _check_command(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if any("\0" in word for word in command):
            raise ValueError("the command contains a NUL character")
        return command

    def overridden(self, names: Iterable[str], by: str) -> Iterator[str]:
        """Yield a note for each variable of ``--env`` that somebody sets after the user, so that the user's value is lost."""
        for name in names:
            if name in self.variables:
                yield f"--env {name}: {by} sets this variable itself, so your value has no effect"

    @property
    def start_dir(self) -> str:
        """Where the containers start."""
        return self.working_dir

    def pod_scheduler(self) -> str:
        """Return the scheduler of the pods; nothing for the cluster's own."""
        return ""

    def log_folder(self) -> str:
        """Return the folder of the containers whose content a folder of the node is to keep, for who reads it beside the job."""
        return ""

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Yield (field, path) of every mount in the containers; a group that mounts something adds its own."""
        yield from (("data", mount.path) for mount in self.data)
        yield from (("data_dirs", mount.path) for mount in self.data_dirs)
        yield from (("config_files", file.path) for file in self.config_files)
        if self.debug_stacks:
            yield "debug_stacks", STACKS_FOLDER

    def rules(self) -> Iterator[Problem]:
        """Image and command are there; no two mounts at one place."""
        yield from super().rules()
        if self.REQUIRES_IMAGE and not self.image:
            yield Problem("the container image is missing", "image", "give one with --image")
        if not self.command:
            if self.REQUIRES_COMMAND:
                yield Problem("the command is missing", "command", 'write it last, for example "python train.py"')
        elif not "".join(self.command).strip():
            yield Problem("the command is empty", "command")
        elif len(self.command) > 1 and self.command[0] in ("true", "false"):
            hint = "switches take no separate value: write --hostNetwork or --hostNetwork=true"
            yield Problem(f"the command begins with {self.command[0]!r}", "command", hint)
        yield from self._given_twice()
        if self.debug_stacks and self.shell.rpartition("/")[2] in ("fish", "csh", "tcsh"):
            yield Problem(f"--debug-stacks cannot prepare a command for {self.shell}", "debug_stacks", "use a shell like sh or bash")
        seen: dict[str, str] = {}
        for field, path in self.mount_paths():
            if path in seen:
                yield Problem(f"{path!r} is mounted twice", field, "give each mount a path of its own")
            seen[path] = field

    def _given_twice(self) -> Iterator[Problem]:
        """Yield a problem for each variable that has two values."""
        places = dict.fromkeys(self.env, "--env")
        for field in ("env_from_secret", "env_from_configmap"):
            for source in getattr(self, field):
                if source.variable in places:
                    yield Problem(f"{source.variable} is given by {places[source.variable]}, too", field)
                elif source.variable:
                    places[source.variable] = f"--{field.replace('_', '-')} {source.text}"


class JobArgs(PodArgs, MetadataArgs):
    """What the builders of ``podspec`` work from: a name, labels, annotations, and what every pod gets."""


class WorkerArgs(ArgsGroup):
    """How many workers, and how often to try again."""

    workers: int = flag(1, help="Number of workers.", ge=1, often=True, paths=("replicas",))
    retry: int = flag(
        0,
        help="How often failed containers are restarted, all instances together.",
        ge=0,
        paths=("spec.runPolicy.backoffLimit", "spec.backoffLimit"),
    )
