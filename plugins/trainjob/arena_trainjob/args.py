"""What a person may say when submitting a TrainJob."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import (
    CpuMemoryArgs,
    Duration,
    EnvMap,
    JobArgs,
    Names,
    ObjectName,
    SharedMemoryArgs,
    WorkdirArgs,
    check_dns_label,
    field_validator,
    flag,
    must_be_brought,
)
from arena_core.contract.types import Problem
from arena_core.families.args import KueueArgs, ModelArgs, SchedulingArgs, TensorboardArgs
from arena_trainjob.names import CLUSTER_RUNTIME, LAUNCHER, NODE
from arena_trainjob.names import RUNTIME as NAMESPACED_RUNTIME

RUNTIME, STEPS = "Runtime", "Initializers"
#: What a TrainJob has no place for, and who decides instead: field → hint.
NOT_HERE = {
    "image_pull_policy": "the runtime says when images are pulled",
    "working_dir": "begin the command with cd: the image says where it starts",
    "priority": "the runtime names the pods' priority class; in a queue --kueue-priority-class counts",
    "scheduler": "the runtime names the scheduler (spec.podGroupPolicy, schedulerName)",
    "host_network": "the runtime decides it",
    "host_ipc": "the runtime decides it",
    "host_pid": "the runtime decides it",
}
#: Variables that the operator sets itself, and refuses from anybody else, by runtime.
RESERVED = re.compile(r"PET_(NNODES|NPROC_PER_NODE|NODE_RANK|MASTER_ADDR|MASTER_PORT)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.+")
#: A flag under each of the headings of help.
_runtime = partial(flag, group=RUNTIME, often=False)
_initializers = partial(flag, group=STEPS, often=False)


def _source(place: str, help: str, metavar: str) -> Any:
    return _initializers("", help=help, metavar=metavar, paths=(f"spec.initializer.{place}",))


def _variables(kind: str, called: str) -> Any:
    text = f"Environment variable of the initializer of the {called}; repeatable."
    return _initializers({}, help=text, paths=(f"spec.initializer.{kind}.env",))


class TrainJobArgs(KueueArgs, TensorboardArgs, WorkdirArgs, ModelArgs, SchedulingArgs, CpuMemoryArgs, SharedMemoryArgs, JobArgs):
    """Flags of ``arena submit trainjob``. What is not said, the runtime says: image, command, number of nodes, resources."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    runtime: ObjectName = _runtime(
        "torch-distributed",
        help="The runtime: how such a training runs, prepared by the cluster's administrator.",
        often=True,
        metavar="NAME",
        names_of=(CLUSTER_RUNTIME, NAMESPACED_RUNTIME),
        paths=("spec.runtimeRef.name", "spec.runtimeRef", "spec.RuntimeRef"),
    )
    runtime_kind: Literal["ClusterTrainingRuntime", "TrainingRuntime"] = _runtime(
        "ClusterTrainingRuntime", help="Whether the runtime is everybody's or one of the namespace.", paths=("spec.runtimeRef.kind",)
    )
    runtime_jobs: Names = _runtime(
        (NODE,),
        help=f"Job of the runtime that gets volumes, labels and placement ({LAUNCHER} and {NODE} of an MPI runtime); repeatable.",
        name="runtime-job",
        metavar="NAME",
        paths=("spec.runtimePatches",),
    )
    workers: int = flag(
        1, help="Number of nodes (pods) of the training.", ge=1, often=True, old=("nodes",), paths=("spec.trainer.numNodes",)
    )
    nproc_per_node: int = _runtime(
        0,
        help="Processes on each node (0: as the runtime says; for torch one for each GPU).",
        ge=0,
        often=True,
        default_text="",
        paths=("spec.trainer.numProcPerNode",),
    )
    running_timeout: Duration = flag(
        0,
        help="Fail the job when it has run this long (1h30m; 0 = no limit); its pods, and their logs, are deleted then.",
        group="Run policy",
        often=False,
        paths=("spec.activeDeadlineSeconds",),
    )
    dataset_uri: str = _source(
        "dataset.storageUri",
        "Where the data set is (hf://user/name, s3://bucket/path): the runtime's initializer fetches it first.",
        "URI",
    )
    dataset_env: EnvMap = _variables("dataset", "data set")
    dataset_secret: ObjectName = _source("dataset.secretRef", "Secret with the credentials for the data set.", "SECRET")
    base_model_uri: str = _source(
        "model.storageUri", "Where the model is that training begins with: the runtime's initializer fetches it first.", "URI"
    )
    base_model_env: EnvMap = _variables("model", "model")
    base_model_secret: ObjectName = _source("model.secretRef", "Secret with the credentials for the model.", "SECRET")

    @field_validator("dataset_uri", "base_model_uri")
    @classmethod
    def _uri(cls, text: str) -> str:
        if text and not _URI.fullmatch(text):
            raise ValueError(f"{text!r} is no URI: expected SCHEME://..., for example hf://user/name")
        return text

    @field_validator("runtime_jobs")
    @classmethod
    def _labels(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(check_dns_label(name) for name in names)) or (NODE,)

    def _folder_rules(self) -> Iterator[Problem]:
        """A patch of a runtime cannot bring an init container: the command itself unpacks the folder."""
        if not self.command:
            yield Problem("the runtime's own command would not run in the folder", "workdir", "give the command that runs in it")
        if must_be_brought(self):
            hint = "--workdir-claim CLAIM brings it through a volume"
            yield Problem("packed, the folder is too large to travel with a TrainJob", "workdir", hint)
        if self.workdir_image:
            yield Problem("a TrainJob cannot say this", "workdir_image", "the training's own image unpacks the folder")

    def rules(self) -> Iterator[Problem]:
        """What a TrainJob has no place for, what the operator would refuse."""
        yield from super().rules()
        for field, hint in NOT_HERE.items():
            if getattr(self, field) != type(self).model_fields[field].get_default(call_default_factory=True):
                yield Problem("a TrainJob cannot say this", field, hint)
        if self.work_folder is not None:
            yield from self._folder_rules()
        for name in sorted(self.variables):
            if RESERVED.fullmatch(name):
                yield Problem(f"{name} is set by the operator, which refuses yours", "env", "use --workers and --nproc-per-node")
        for field in ("env_from_secret", "env_from_configmap"):
            for source in getattr(self, field):
                if not source.key:
                    hint = f"name each key that the program needs: {source.name}:KEY"
                    yield Problem("a TrainJob cannot take every key", field, hint)
        for what in ("dataset", "base_model"):
            given = [part for part in ("env", "secret") if getattr(self, f"{what}_{part}")]
            if given and not getattr(self, f"{what}_uri"):
                yield Problem("nothing is fetched", f"{what}_{given[0]}", f"say from where with --{what.replace('_', '-')}-uri")
