"""Files into volumes and pods, as coroutines: a part of ``AsyncArenaClient``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arena_core.client.running import InThreads

if TYPE_CHECKING:
    from pathlib import Path

    from arena_core.client.handles import JobLike
    from arena_core.usecases.data import Told
    from arena_core.usecases.folders import Brought
    from arena_core.usecases.helper import Helper
    from arena_core.usecases.shelves import Tidied
    from arena_core.usecases.transfer import Moved


class AsyncFiles(InThreads):
    """Copy files, and bring folders; a part of ``AsyncArenaClient``."""

    async def put_data(
        self,
        claim: str,
        source: Path,
        target: str = "",
        *,
        namespace: str = "",
        how: Helper | None = None,
        tell: Callable[[Told], None] = lambda told: None,
    ) -> Moved:
        """Copy a file or a folder of this machine into a volume claim; see ``ArenaClient.put_data``. ``tell`` is called from a thread."""
        return await self._run(lambda arena: arena.put_data(claim, source, target, namespace=namespace, how=how, tell=tell))

    async def get_data(
        self,
        claim: str,
        path: str,
        target: Path,
        *,
        namespace: str = "",
        how: Helper | None = None,
        tell: Callable[[Told], None] = lambda told: None,
    ) -> Moved:
        """Copy a file or a folder out of a volume claim; see ``ArenaClient.get_data``."""
        return await self._run(lambda arena: arena.get_data(claim, path, target, namespace=namespace, how=how, tell=tell))

    async def push_workdir(
        self,
        job: JobLike,
        folder: str = "",
        *,
        job_type: str = "",
        namespace: str = "",
        tell: Callable[[Brought], None] = lambda brought: None,
    ) -> Brought:
        """Bring the folder of a job into its instances; see ``ArenaClient.push_workdir``. ``tell`` is called from a thread."""
        return await self._run(lambda arena: arena.push_workdir(job, folder, job_type=job_type, namespace=namespace, tell=tell))

    async def prune_workdirs(
        self,
        claim: str,
        older_than: float = 86400.0,
        *,
        namespace: str = "",
        dry_run: bool = False,
        how: Helper | None = None,
        tell: Callable[[str], None] = lambda why: None,
    ) -> Tidied:
        """Remove the archives of ``workdir`` that no job needs from a claim; see ``ArenaClient.prune_workdirs``."""
        more: Any = {"namespace": namespace, "dry_run": dry_run, "how": how, "tell": tell}
        return await self._run(lambda arena: arena.prune_workdirs(claim, older_than, **more))
