"""What `submit` looks up before it sends anything: the job type's own questions, names that are taken, and what can only be warned of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from arena_core.contract.errors import InvalidArguments, KindNotInstalled
from arena_core.contract.types import JobHandle, Manifest, Note, Problem
from arena_core.k8s import dig
from arena_core.podsecurity import breaches
from arena_core.usecases.ahead import namespace_of
from arena_core.usecases.lookup import ClusterLookup
from arena_core.usecases.session import Session, not_installed
from arena_core.usecases.templates import at_path

ENFORCE = "pod-security.kubernetes.io/enforce"


def before(session: Session, handle: JobHandle, args: Any, lookup: ClusterLookup) -> tuple[str, ...]:
    """Return the job type's notes; raise what the cluster lacks for this job: the operator itself before anything that only it needs."""
    found = handle.preflight(args, lookup)
    problems = [p for p in found if isinstance(p, Problem)]
    if not problems:
        return told(args, [*handle.notes(args), *(n for n in found if isinstance(n, Note))])
    resource = handle.job_type.resource
    if lookup.serves(resource) is False:
        absent = KindNotInstalled(f"{resource.kind} is not installed on this cluster")
        raise not_installed(handle, absent, local=session.cluster.is_local)
    raise InvalidArguments(problems)


def told(args: Any, notes: Sequence[Note]) -> tuple[str, ...]:
    """Return notes as text, each with the flag that it is about."""
    if not notes:
        return ()
    from arena_core.args import flag_name

    model = type(args)
    named = [(f"{flag_name(model, n.field)}: " if n.field in model.model_fields else "", n) for n in notes]
    return tuple(f"{flag}{n.message}{f' ({n.hint})' if n.hint else ''}" for flag, n in named)


def warnings(session: Session, handle: JobHandle, manifests: Sequence[Manifest], lookup: ClusterLookup) -> tuple[str, ...]:
    """Return what could not be checked, and what the namespace's Pod Security will refuse later, where nobody waits for an answer."""
    unchecked = [f"{what} could not be checked: the job waits for ever if it does not exist" for what in lookup.denied()]
    return (*unchecked, *_pod_security(handle, manifests, lookup))


def _pod_security(handle: JobHandle, manifests: Sequence[Manifest], lookup: ClusterLookup) -> Iterator[str]:
    namespace = dig.text(manifests[0], "metadata", "namespace")
    # Who may not read the namespace learns it from the events of the job.
    level = dig.labels(namespace_of(lookup, namespace) or {}).get(ENFORCE, "")
    if level not in ("baseline", "restricted"):
        return
    broken: dict[str, None] = {}
    for pod_set in handle.pod_sets(manifests[0], "quota"):
        for text in breaches(dig.mapping(at_path(manifests[0], pod_set.path), "spec"), level):
            broken[text] = None
    if broken:
        yield f"namespace {namespace} enforces the Pod Security level {level}, which refuses the job's pods: {', '.join(broken)}"
