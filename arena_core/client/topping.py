"""What jobs and nodes use, as coroutines: a part of ``AsyncArenaClient``."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import TYPE_CHECKING

from arena_core.client import threads
from arena_core.client.running import InThreads

if TYPE_CHECKING:
    from arena_core.client.handles import JobLike
    from arena_core.usecases.findings import Row
    from arena_core.usecases.top.of_jobs import JobBoard
    from arena_core.usecases.top.of_nodes import NodeBoard


class AsyncTops(InThreads):
    """The part of ``AsyncArenaClient`` that shows what is used."""

    async def check_monitoring(self, *, prometheus: str = "", prometheus_token: str = "") -> Sequence[Row]:
        """Return what of the monitoring is there, missing, or not known; see ``ArenaClient.check_monitoring``."""
        return await self._run(lambda arena: arena.check_monitoring(prometheus=prometheus, prometheus_token=prometheus_token))

    async def top_nodes(self, names: Sequence[str] = (), *, prometheus: str = "", prometheus_token: str = "") -> NodeBoard:
        """Return what the nodes have, which jobs hold it, and what is used; see ``ArenaClient.top_nodes``."""
        return await self._run(lambda arena: arena.top_nodes(names, prometheus=prometheus, prometheus_token=prometheus_token))

    async def top_jobs(
        self,
        job: JobLike | None = None,
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        prometheus: str = "",
        prometheus_token: str = "",
    ) -> JobBoard:
        """Return what jobs use; see ``ArenaClient.top_jobs``."""
        return await self._run(
            lambda arena: arena.top_jobs(
                job,
                job_type=job_type,
                namespace=namespace,
                all_namespaces=all_namespaces,
                prometheus=prometheus,
                prometheus_token=prometheus_token,
            )
        )

    def watch_top_nodes(self, names: Sequence[str] = (), *, prometheus: str = "", prometheus_token: str = "") -> AsyncGenerator[NodeBoard]:
        """Yield what the nodes have, hold and use while that changes; see ``ArenaClient.watch_top_nodes``."""
        return threads.lines(
            lambda scope: self._client.within(scope).watch_top_nodes(names, prometheus=prometheus, prometheus_token=prometheus_token)
        )

    def watch_top_jobs(
        self,
        *,
        job_type: str = "",
        namespace: str = "",
        all_namespaces: bool = False,
        prometheus: str = "",
        prometheus_token: str = "",
    ) -> AsyncGenerator[JobBoard]:
        """Yield what all jobs of a namespace use while that changes; see ``ArenaClient.watch_top_jobs``."""
        return threads.lines(
            lambda scope: self._client.within(scope).watch_top_jobs(
                job_type=job_type,
                namespace=namespace,
                all_namespaces=all_namespaces,
                prometheus=prometheus,
                prometheus_token=prometheus_token,
            )
        )
