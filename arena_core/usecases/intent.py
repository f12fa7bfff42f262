"""One submission in the history: noted before the first request, and again when it is known what came of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from arena_core.contract.errors import ArenaError, Cancelled, ClusterUnreachable
from arena_core.contract.types import JobHandle, Manifest
from arena_core.k8s import dig
from arena_core.usecases.session import Session
from arena_core.usecases.shared import is_shared

if TYPE_CHECKING:
    from arena_core.history.journal import Journal


class Intent:
    """The extent of a submission; does nothing where no history is kept."""

    def __init__(self, session: Session, handle: JobHandle, args: Any, namespace: str, submission: str) -> None:
        self._session = session
        self._journal: Journal | None = session.history
        self._handle = handle
        self._args = args
        self._namespace = namespace
        self._id = submission
        self._dirty: Any = None
        self._created = False

    def __enter__(self) -> Intent:
        if self._journal is not None and self._journal.note("intent", self._id, self._facts()):
            self._journal.mark(self._id, "")
            if self._journal.told_of_this:
                from arena_core.history import claims

                claims.keep(self._journal, self._id, self._journal.told_of_this)
        return self

    def _facts(self) -> dict[str, Any]:
        from arena_core.args import to_record
        from arena_core.discreet import redacted, redacted_words
        from arena_core.history.git import Dirty, checkout

        folder = _folder()
        found = checkout(folder) if folder else None
        if found is not None:
            self._dirty = Dirty(found.root)
        cluster = self._session.cluster
        name = self._handle.job_type.name
        return {
            "name": str(getattr(self._args, "name", "") or ""),
            "namespace": self._namespace,
            "type": name,
            "context": cluster.context,
            "server": cluster.server,
            "folder": folder,
            "commit": found.commit if found else "",
            "branch": found.branch if found else "",
            "command": redacted_words(self._journal.command if self._journal else ()),
            "arguments": redacted(to_record(name, self._args)),
        }

    def built(self, manifests: Sequence[Manifest], user: str) -> None:
        """Note what is about to be created."""
        if self._journal is not None:
            from arena_core.discreet import redacted

            name = dig.text(manifests[0], "metadata", "name")
            self._journal.note(
                "built", self._id, {"name": name, "user": user, "objects": [redacted(without_folder(one)) for one in manifests]}
            )

    def created(self, job: Manifest) -> None:
        """Note that it is there."""
        self._created = True
        if self._journal is not None:
            dirty = self._dirty.answer() if self._dirty is not None else None
            self._journal.note("created", self._id, {"uid": dig.text(job, "metadata", "uid"), "dirty": dirty})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._journal is None:
            return
        if self._created:
            from arena_core.history.upkeep import upkeep

            upkeep(self._journal)
            return
        if error is None:
            return
        from arena_core.discreet import discreet

        # Of a server that did not answer nobody knows what it did: who sees the job later will say.
        certain = isinstance(error, ArenaError) and not isinstance(error, ClusterUnreachable | Cancelled)
        told = error.message if isinstance(error, ArenaError) else type(error).__name__
        if self._journal.note("refused", self._id, {"message": discreet(told), "certain": certain}) and certain:
            self._journal.close(self._id, "")


def without_folder(obj: Manifest) -> Manifest:
    """Return an object without the user's own files: the digest says which they were, a copy would fill the disk."""
    return {key: value for key, value in obj.items() if key != "binaryData"} if is_shared(obj) else obj


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""  # it was removed
