"""Groups of options that not every job type has: code synchronisation, TensorBoard, run policy, cpu and memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import field_validator

from arena_core.args.fields import Duration, Image, Quantity
from arena_core.args.flags import flag
from arena_core.args.groups import ArgsGroup, PodArgs
from arena_core.contract.types import Problem


class SyncArgs(ArgsGroup):
    """Code that an init container fetches before the job starts."""

    sync_mode: Literal["", "git", "rsync"] = flag(
        "", help="Fetch code with git or rsync.", group="Code sync", old=("syncMode",), metavar="git|rsync"
    )
    sync_source: str = flag(
        "",
        help="Where the code is: a git repository, or host::module/path of rsync.",
        group="Code sync",
        old=("syncSource",),
        metavar="URL",
    )
    sync_image: Image = flag("", help="Image of the init container that fetches.", group="Code sync", old=("syncImage",), metavar="IMAGE")

    @property
    def sync_project(self) -> str:
        """The folder that git makes: the last part of the repository's path without ``.git``."""
        return self.sync_source.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")

    def rules(self) -> Iterator[Problem]:
        """Mode and source belong together."""
        yield from super().rules()
        if self.sync_mode and not self.sync_source:
            yield Problem("the source of the code is missing", "sync_source", "--sync-mode needs --sync-source")
        if self.sync_source and not self.sync_mode:
            yield Problem("how to fetch the code is missing", "sync_mode", "--sync-source needs --sync-mode=git or rsync")
        if self.sync_source.startswith("-") or "\0" in self.sync_source:
            yield Problem(f"{self.sync_source!r} is not a source", "sync_source")
        elif self.sync_mode == "git" and self.sync_source and self.sync_project in ("", ".", ".."):
            yield Problem("no name of a repository at the end", "sync_source", "for example https://host/team/project.git")


class TensorboardArgs(ArgsGroup):
    """A TensorBoard beside the job."""

    tensorboard: bool = flag(False, help="Start a TensorBoard (Deployment and Service) for the job.", group="TensorBoard")
    tensorboard_image: Image = flag(
        "registry.cn-zhangjiakou.aliyuncs.com/acs/tensorflow:1.12.0-devel",
        help="Image of TensorBoard.",
        group="TensorBoard",
        old=("tensorboardImage",),
        metavar="IMAGE",
    )
    logdir: str = flag("/training_logs", help="Folder in which the job writes TensorBoard's logs.", group="TensorBoard", metavar="PATH")

    def rules(self) -> Iterator[Problem]:
        """The folder of the logs is a path or a URL."""
        yield from super().rules()
        if self.tensorboard and not self.tensorboard_image:
            yield Problem("the image of TensorBoard is missing", "tensorboard_image")
        if self.tensorboard and "://" not in self.logdir and (not self.logdir.startswith("/") or not self.logdir.strip("/")):
            yield Problem(f"{self.logdir!r} must be an absolute path (not '/') or a URL", "logdir")


class RunPolicyArgs(ArgsGroup):
    """How a job of the Training Operator ends. A wrapper may force these."""

    clean_task_policy: Literal["None", "Running", "All"] = flag(
        "Running",
        help="Which pods are deleted at the end: None, Running or All.",
        group="Run policy",
        old=("cleanTaskPolicy",),
        paths=("spec.runPolicy.cleanPodPolicy",),
    )
    running_timeout: Duration = flag(
        0,
        help="Fail the job when it has run this long (1h30m; 0 = no limit).",
        group="Run policy",
        metavar="DURATION",
        paths=("spec.runPolicy.activeDeadlineSeconds",),
    )
    ttl_after_finished: Duration = flag(
        0,
        help="Delete the job this long after its end (0 = never).",
        group="Run policy",
        metavar="DURATION",
        paths=("spec.runPolicy.ttlSecondsAfterFinished",),
    )

    @field_validator("clean_task_policy", mode="before")
    @classmethod
    def _null_is_none(cls, value: Any) -> Any:
        return "None" if value is None else value


class CpuMemoryArgs(ArgsGroup):
    """CPU and memory of each replica: request and limit alike."""

    cpu: Quantity = flag(
        "", help="CPU of each replica (2, 500m).", often=True, group="Resources", metavar="QUANTITY", paths=("resources.limits[cpu]",)
    )
    memory: Quantity = flag(
        "", help="Memory of each replica (8Gi).", often=True, group="Resources", metavar="QUANTITY", paths=("resources.limits[memory]",)
    )


class SharedMemoryArgs(PodArgs):
    """Size of /dev/shm."""

    share_memory: Quantity = flag(
        "2Gi",
        help="Size of /dev/shm (empty: the node's default).",
        group="Resources",
        metavar="QUANTITY",
        paths=("volumes[].emptyDir.sizeLimit",),
    )

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add /dev/shm."""
        yield from super().mount_paths()
        if self.share_memory:
            yield "share_memory", "/dev/shm"
