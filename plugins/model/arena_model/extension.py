"""Jobs and models belong together: a submit with ``--model-name`` registers a version. Every submit loads this, so it imports little."""

from __future__ import annotations

from collections.abc import Iterable

from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import Manifest, Note, SubmitRequest

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


@hookimpl
def arena_after_submit(job: Manifest, submission: SubmitRequest) -> Iterable[Note] | None:
    """Register a version of the model that the job trains; of one that a server serves, say where the registry does not have it."""
    args = submission.args
    name, source, version = (getattr(args, field, "") for field in ("model_name", "model_source", "model_version"))
    if not name or not (source or version) or submission.reach is None:
        return None
    from arena_model import linking

    return linking.register(job, submission) if source else linking.look_up(submission)
