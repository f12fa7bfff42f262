"""What would go wrong with the job inside where nobody waits for an answer: more sets of pods than an AppWrapper holds, a kind that is
not there, a name that is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

from arena_appwrapper.args import AROUND, AppWrapperArgs
from arena_core.contract.types import Jobs, Lookup, Note, Problem, Resource
from arena_core.families.preflight import queue_problems
from arena_core.wrapping import Inner

RESOURCE = Resource("workload.codeflare.dev", "v1beta2", "AppWrapper", "appwrappers")
#: The operator's webhook takes no more.
MAX_POD_SETS = 8


def before(args: AppWrapperArgs, jobs: Jobs) -> Iterator[Problem | Note]:
    """Yield what the arguments alone tell."""
    inner = AROUND.inner(args, jobs)
    sets = inner.handle.pod_sets(inner.build()[0])
    if not 1 <= len(sets) <= MAX_POD_SETS:
        text = f"{inner.handle.job_type.name} has {len(sets)} sets of pods; an AppWrapper holds 1 to {MAX_POD_SETS}"
        yield Problem(text, "inner_type")
    endless = [found.name for found in sets if found.replicas and not found.ends]
    wrapping = inner.handle.job_type.wrapping
    if endless and wrapping and not wrapping.warn(inner.args):
        text = f"an AppWrapper never sees the end of this job, because the pods of {' and '.join(endless)} run until they are deleted"
        yield Note(f"{text}: it keeps its quota until you delete it, also when the job has ended")


def problems(args: AppWrapperArgs, lookup: Lookup, jobs: Jobs) -> list[Problem | Note]:
    """Return what only the cluster knows: the queue, its priority class, and what the type inside asks for."""
    inner = AROUND.inner(args, jobs)
    own = queue_problems(args, lookup)
    if missing := _cannot_be_made(inner, lookup):
        return [*own, missing]
    return [*own, *inner.preflight(lookup)]


def _cannot_be_made(inner: Inner, lookup: Lookup) -> Problem | None:
    """Return why the operator could not create the job inside: its kind is not there, or its name is taken. One request."""
    kind, name = inner.handle.job_type, inner.given.name
    taken = lookup.exists(kind.resource, name)
    if lookup.serves(kind.resource) is False:
        hint = f"--inner-type {kind.otherwise} does the same without it" if kind.otherwise else kind.provider
        return Problem(f"{kind.resource.kind} ({kind.resource.group}) is not installed on this cluster", "inner_type", hint)
    # The wrapper's own name is taken then, and that is for the API server to say: the job inside is the wrapper's.
    if taken and not lookup.exists(RESOURCE, name):
        hint = "the AppWrapper would fail: it may not take over a job that is not its own; delete that job or choose another name"
        return Problem(f"there is a {kind.name} {name!r} already", "name", hint)
    return None
