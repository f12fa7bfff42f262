"""The calls of a client that change a live job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.client.connected import Connected
from arena_core.client.handles import JobLike
from arena_core.typed import TYPE_CHECKING, Any, Literal, TypeVar
from arena_core.usecases.views import Job

if TYPE_CHECKING:
    from pathlib import Path

    from arena_core.contract.types import Manifest, Rescale
    from arena_core.usecases.data import Told
    from arena_core.usecases.folders import Brought
    from arena_core.usecases.helper import Helper
    from arena_core.usecases.shelves import Tidied
    from arena_core.usecases.stop import Stopped
    from arena_core.usecases.traffic.split import Split
    from arena_core.usecases.transfer import Moved
    from arena_core.usecases.update import Updated

J = TypeVar("J", bound=Job)


class Changes(Connected[J]):
    """Suspend, resume, scale, update; a part of ``ArenaClient``, which reads a job as a ``J``."""

    def suspend(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> J:
        """Suspend a job: its instances end, it keeps its place in the API; ``resume`` lets it start anew. Returns it as it is then."""
        return self._turned(job, True, job_type, namespace)

    def resume(self, job: JobLike, *, job_type: str = "", namespace: str = "") -> J:
        """Let a suspended job run, once the instances of the run before have ended; returns it as it is then."""
        return self._turned(job, False, job_type, namespace)

    def stop(
        self, job: JobLike, *, job_type: str = "", namespace: str = "", suspend_only: bool = False, timeout: float | None = None
    ) -> Stopped:
        """Stop a job: suspend it where that is possible and lasts, else delete it; what is returned says which."""
        from arena_core.usecases.delete import Deletion
        from arena_core.usecases.stop import stop

        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            how = Deletion(meant.namespace, "job", timeout)
            return stop(session, meant.name, how, job_type=meant.job_type, uid=meant.uid, suspend_only=suspend_only)

    def _turned(self, job: JobLike, value: bool, job_type: str, namespace: str) -> J:
        from arena_core.usecases.change import suspend

        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            found = suspend(session, meant.name, value, job_type=meant.job_type, namespace=meant.namespace, uid=meant.uid)
        return self._bound(found)

    def scale(
        self,
        job: JobLike,
        sizes: Mapping[str, int],
        *,
        how: Rescale | None = None,
        relative: bool = False,
        job_type: str = "",
        namespace: str = "",
    ) -> J:
        """Change how many pods roles of a running job have (``{"worker": 4}``), where its type allows it; returns it as it is then.

        ``relative`` sizes are added to those that there are. ``how`` is for types whose operator runs a script meanwhile.
        """
        from arena_core.usecases.change import scale

        meant = self._meant(job, job_type, namespace)
        more: Any = {"how": how, "relative": relative}
        with self._call() as session:
            found = scale(session, meant.name, sizes, job_type=meant.job_type, namespace=meant.namespace, uid=meant.uid, **more)
        return self._bound(found)

    def push_workdir(
        self,
        job: JobLike,
        folder: str = "",
        *,
        job_type: str = "",
        namespace: str = "",
        tell: Callable[[Brought], None] = lambda brought: None,
    ) -> Brought:
        """Bring the folder of ``workdir`` into the instances of a job that wait for it; returns when all have it, or the job has ended.

        Only a folder that is too large to travel with the job (``WorkFolder.archive`` is empty) has to be brought.
        """
        from arena_core.usecases.folders import push

        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            return push(session, meant.name, folder, tell, job_type=meant.job_type, namespace=meant.namespace, uid=meant.uid)

    def prune_workdirs(
        self,
        claim: str,
        older_than: float = 86400.0,
        *,
        namespace: str = "",
        dry_run: bool = False,
        how: Helper | None = None,
        tell: Callable[[str], None] = lambda why: None,
    ) -> Tidied:
        """Remove the archives of ``workdir`` from a claim that were brought so many seconds ago and that no job or pod needs any more.

        Where a job of the namespace cannot be read, none is removed. ``how`` is the pod that mounts the claim meanwhile.
        """
        from arena_core.usecases import shelves
        from arena_core.usecases.helper import Helper

        with self._call() as session:
            return shelves.prune(session, claim, older_than, how or Helper(), tell, namespace=namespace, dry_run=dry_run)

    def put_data(
        self,
        claim: str,
        source: Path,
        target: str = "",
        *,
        namespace: str = "",
        how: Helper | None = None,
        tell: Callable[[Told], None] = lambda told: None,
    ) -> Moved:
        """Copy a file or a folder of this machine into a volume claim: as ``target``, or into it where that ends with a slash.

        A pod that mounts the claim (``how``) is made for it and removed afterwards. What is returned was copied as a whole.
        """
        from arena_core.usecases import data
        from arena_core.usecases.helper import Helper

        with self._call() as session:
            return data.put(session, claim, source, target, how or Helper(), tell, namespace=namespace)

    def get_data(
        self,
        claim: str,
        path: str,
        target: Path,
        *,
        namespace: str = "",
        how: Helper | None = None,
        tell: Callable[[Told], None] = lambda told: None,
    ) -> Moved:
        """Copy a file or a folder out of a volume claim: into ``target`` where that is a folder, else as it. See ``put_data``."""
        from arena_core.usecases import data
        from arena_core.usecases.helper import Helper

        with self._call() as session:
            return data.get(session, claim, path, target, how or Helper(), tell, namespace=namespace)

    def run_now(self, cron: str, *, job_type: str = "", namespace: str = "") -> Manifest:
        """Make a job of a cron at once, whatever its schedule says, and return the object that was created."""
        from arena_core.usecases.crons import run_now

        meant = self._meant(cron, job_type, namespace)
        with self._call() as session:
            return run_now(session, meant.name, job_type=meant.job_type, namespace=meant.namespace)

    def update(self, job: JobLike, args: Any, *, job_type: str = "", namespace: str = "", dry_run: str = "") -> Updated:
        """Change a live job, where its type allows it, and return what is different then.

        ``args`` are the type's own (``JobType.update``), a model or a mapping of its fields; what is not given stays. ``dry_run`` is
        ``"client"`` (only what would change) or ``"server"`` (the API server checks it, nothing is stored).
        """
        from arena_core.usecases.dryrun import dry_run_of
        from arena_core.usecases.update import update

        dry = dry_run_of(dry_run)
        meant = self._meant(job, job_type, namespace)
        with self._call() as session:
            return update(session, meant.name, args, job_type=meant.job_type, namespace=meant.namespace, uid=meant.uid, dry_run=dry)

    def split_traffic(
        self,
        name: str,
        weights: Mapping[str, int],
        *,
        via: Literal["", "istio", "gateway"] = "",
        gateway: str = "",
        hosts: Sequence[str] = (),
        namespace: str = "",
        dry_run: bool = False,
    ) -> Split:
        """Part the requests to a server among its versions (``{"v1": 80, "v2": 20}``), and return what does it with what was changed."""
        from arena_core.usecases.traffic.split import How, split

        with self._call() as session:
            return split(session, name, weights, How(via, gateway, tuple(hosts), dry_run), namespace)
