"""What a person may say of any server that is a Deployment: name and version, size, scratch folders, the model that it serves."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import CpuMemoryArgs, Duration, JobArgs, PullPolicy, Quantity, SharedMemoryArgs, flag
from arena_core.args.values import labels
from arena_core.contract.types import Problem
from arena_core.families.args import SharedGpuArgs
from arena_core.families.schedulers import ON_JOBS_ALONE
from arena_serve import names, probes
from arena_serve.autoscale import AutoscaleArgs
from arena_serve.values import CountOrShare, Expressions, ProbeOptions, ScratchFolders, Version

#: A flag under each of the headings of help.
_volumes = partial(flag, group="Volumes")
_rollout = partial(flag, group="Rollout", often=False)


class ServerArgs(SharedGpuArgs, CpuMemoryArgs, SharedMemoryArgs, JobArgs):
    """Flags that all servers share."""

    #: Name and version, and what the server's objects are called besides, stay within a DNS label.
    RELEASE_MAX: ClassVar[int] = 48
    NAME_MAX: ClassVar[int] = 46
    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_COMMAND: ClassVar[bool] = False
    JOB_LABELS: ClassVar[frozenset[str]] = ON_JOBS_ALONE
    OWN_LABELS: ClassVar[frozenset[str]] = JobArgs.OWN_LABELS | {names.TYPE, names.NAME, names.VERSION, names.SERVICE_NAME}

    name: str = flag(help="Name of the server.", often=True, paths=("metadata.name",), metavar="NAME", old=("servingName",))
    version: Version = flag(
        "",
        help="Version of the server; versions of one name stand side by side.",
        often=True,
        default_text="the current time, YYYYMMDDHHMM",
        metavar="VERSION",
        old=("servingVersion",),
        paths=("metadata.labels[servingVersion]",),
        validate_default=True,
    )
    gpus: int = flag(0, help="GPUs of each instance (nvidia.com/gpu).", often=True, ge=0, paths=("resources.limits[nvidia.com/gpu]",))
    image_pull_policy: PullPolicy = flag(
        "IfNotPresent",
        help="When the image is pulled: Always, IfNotPresent or Never.",
        old=("imagePullPolicy",),
        paths=("containers[].imagePullPolicy",),
    )
    working_dir: str = flag("", help="Working directory (default: the image's).", old=("workingDir",), paths=("containers[].workingDir",))
    share_memory: Quantity = flag(
        "", help="Size of /dev/shm (empty: the node's default).", group="Resources", paths=("volumes[].emptyDir.sizeLimit",)
    )
    temp_dirs: ScratchFolders = _volumes({}, help="Empty folder that goes with the pod; repeatable.", name="temp-dir", metavar="NAME:/PATH")
    data_subpath_expr: Expressions = _volumes(
        {}, help="Mount only this part of a claim of --data, e.g. models:$(ARENA_POD_NAME); repeatable.", metavar="CLAIM:PATH"
    )
    temp_dir_subpath_expr: Expressions = _volumes({}, help="The same for a folder of --temp-dir; repeatable.", metavar="NAME:PATH")
    enable_istio: bool = flag(
        False,
        help="Put Istio's proxy beside each instance (`arena serve traffic-split` parts the requests among versions).",
        group="Traffic",
        old=("enableIstio",),
        often=False,
        paths=("template.metadata.annotations[sidecar.istio.io/inject]",),
    )
    model_name: str = flag("", help="Label the server with the name of the model that it serves.", group="Model", metavar="NAME")
    model_version: str = flag("", help="And with the model's version.", group="Model", metavar="VERSION")

    @classmethod
    def elsewhere(cls, word: str) -> str:
        """Say what took the place of a flag of Arena's that no server takes."""
        if word in ("--expose-service", "--exposeService"):
            return "`arena serve traffic-split` makes the routes, for all versions"
        return super().elsewhere(word)

    @property
    def release(self) -> str:
        """Name and version, as Arena joins them."""
        return f"{self.name}-{self.version}"

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add the scratch folders."""
        yield from super().mount_paths()
        yield from (("temp_dirs", path) for path in self.temp_dirs.values())

    def rules(self) -> Iterator[Problem]:
        """Names fit, and what refers to something has it."""
        yield from super().rules()
        if len(self.release) > self.RELEASE_MAX:
            hint = "a shorter name, or a shorter --version"
            yield Problem(f"name and version have {len(self.release)} characters together, at most {self.RELEASE_MAX} fit", "name", hint)
        if self.enable_istio and "version" not in self.model_fields_set:
            yield Problem("is required with --enable-istio: requests are parted by it", "version")
        claims = {mount.claim for mount in self.data}
        for claim in self.data_subpath_expr.keys() - claims:
            yield Problem(f"no --data mounts the claim {claim}", "data_subpath_expr")
        for name in self.temp_dir_subpath_expr.keys() - self.temp_dirs.keys():
            yield Problem(f"there is no --temp-dir {name}", "temp_dir_subpath_expr")
        taken = {mount.claim for mount in self.data} | {"dshm"}
        for name in self.temp_dirs.keys() & taken:
            yield Problem(f"another volume is called {name}", "temp_dirs", "choose another name")
        for field, key in (("model_name", "modelName"), ("model_version", "modelVersion")):
            try:
                labels({key: getattr(self, field)})
            except ValueError as error:
                yield Problem(str(error), field)


_Action = Literal["", "httpGet", "exec", "grpc", "tcpSocket"]


def _action(kind: str, help: str) -> Any:
    return flag("", help=help, group="Probes", often=False, paths=(f"containers[].{kind}Probe",))


def _action_options(kind: str) -> Any:
    text = f"What the {kind} probe asks: 'path: /healthz', 'port: 8080', 'command: cat /ok'; repeatable."
    return flag({}, help=text, name=f"{kind}-probe-action-option", group="Probes", often=False, metavar="'KEY: VALUE'")


def _options(kind: str) -> Any:
    text = f"When the {kind} probe asks, and how often it may fail: 'periodSeconds: 5', 'failureThreshold: 3'; repeatable."
    return flag({}, help=text, name=f"{kind}-probe-option", group="Probes", often=False, metavar="'KEY: VALUE'")


class ProbeArgs(ServerArgs):
    """How the cluster knows that an instance answers."""

    liveness_probe_action: _Action = _action("liveness", "How to find out that an instance hangs: it is started again then.")
    liveness_probe_action_options: ProbeOptions = _action_options("liveness")
    liveness_probe_options: ProbeOptions = _options("liveness")
    readiness_probe_action: _Action = _action("readiness", "How to find out that an instance answers: only then does it get requests.")
    readiness_probe_action_options: ProbeOptions = _action_options("readiness")
    readiness_probe_options: ProbeOptions = _options("readiness")
    startup_probe_action: _Action = _action("startup", "How to find out that an instance has started: until then no other probe asks.")
    startup_probe_action_options: ProbeOptions = _action_options("startup")
    startup_probe_options: ProbeOptions = _options("startup")

    def _probe(self, kind: str) -> tuple[str, dict[str, str], dict[str, str]]:
        parts = (f"{kind}_probe_action", f"{kind}_probe_action_options", f"{kind}_probe_options")
        action, about, times = (getattr(self, part) for part in parts)
        return action, about, times

    def probes(self) -> dict[str, Any]:
        """The probes of the container, by their field there; those that are given take the place of the type's own."""
        given = {kind: self._probe(kind) for kind in probes.KINDS}
        return {**self.own_probes(), **{f"{kind}Probe": probes.probe(*parts) for kind, parts in given.items() if parts[0]}}

    def own_probes(self) -> dict[str, Any]:
        """The probes that such a server has anyway; none where nobody knows what it answers."""
        return {}

    def rules(self) -> Iterator[Problem]:
        """Probes are whole."""
        yield from super().rules()
        for kind in probes.KINDS:
            yield from (Problem(text, field) for field, text in probes.problems(kind, *self._probe(kind)))


class RolloutArgs(AutoscaleArgs, ProbeArgs):
    """How many instances there are, and how they are replaced by new ones."""

    replicas: int = flag(1, help="How many instances serve.", ge=0, often=True, paths=("spec.replicas",))
    max_surge: CountOrShare = _rollout(
        "",
        help="How many instances an update may start beyond --replicas (number or percentage; Kubernetes: 25%).",
        metavar="N|N%",
        paths=("spec.strategy.rollingUpdate.maxSurge",),
    )
    max_unavailable: CountOrShare = _rollout(
        "",
        help="How many may be missing during an update (number or percentage; Kubernetes: 25%).",
        metavar="N|N%",
        paths=("spec.strategy.rollingUpdate.maxUnavailable",),
    )
    drain: Duration = _rollout(
        0,
        help="How long an instance keeps serving after it has been taken out of the Service, so that no request is lost (5s is "
        "usual; Kubernetes 1.30 or newer).",
        often=True,
        paths=("containers[].lifecycle.preStop.sleep",),
    )

    def rules(self) -> Iterator[Problem]:
        """An update can go on."""
        yield from super().rules()
        if (
            self.max_surge.rstrip("%").strip("0") == ""
            and self.max_unavailable.rstrip("%").strip("0") == ""
            and self.max_surge
            and self.max_unavailable
        ):
            yield Problem("with neither a further instance nor a missing one an update could never begin", "max_surge")
