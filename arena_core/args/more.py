"""Groups of options that not every job type has: code synchronisation, cpu and memory, /dev/shm."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

from arena_core.args.fields import Image, Quantity
from arena_core.args.flags import flag
from arena_core.args.groups import ArgsGroup, PodArgs
from arena_core.contract.types import Problem

#: A flag under each of the headings of help.
_code_sync = partial(flag, group="Code sync")
_resources = partial(flag, group="Resources")


class SyncArgs(PodArgs):
    """Code that an init container fetches before the job starts."""

    sync_mode: Literal["", "git", "rsync"] = _code_sync("", help="Fetch code with git or rsync.", old=("syncMode",), metavar="git|rsync")
    sync_source: str = _code_sync(
        "", help="Where the code is: a git repository, or host::module/path of rsync.", old=("syncSource",), metavar="URL"
    )
    sync_image: Image = _code_sync("", help="Image of the init container that fetches.", old=("syncImage",))

    @property
    def sync_project(self) -> str:
        """The folder that git makes: the last part of the repository's path without ``.git``."""
        return self.sync_source.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add the folder of the fetched code."""
        yield from super().mount_paths()
        if self.sync_mode:
            yield "sync_mode", self.working_dir.rstrip("/") + "/code"

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


class CpuMemoryArgs(ArgsGroup):
    """CPU and memory of each replica: request and limit alike."""

    cpu: Quantity = _resources("", help="CPU of each replica (2, 500m).", often=True, paths=("resources.limits[cpu]",))
    memory: Quantity = _resources("", help="Memory of each replica (8Gi).", often=True, paths=("resources.limits[memory]",))


class SharedMemoryArgs(PodArgs):
    """Size of /dev/shm."""

    share_memory: Quantity = _resources(
        "2Gi", help="Size of /dev/shm (empty: the node's default).", paths=("volumes[].emptyDir.sizeLimit",)
    )

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add /dev/shm."""
        yield from super().mount_paths()
        if self.share_memory:
            yield "share_memory", "/dev/shm"
