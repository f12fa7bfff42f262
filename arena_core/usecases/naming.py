"""What a person may call a job: ``NAME``, or ``TYPE/NAME`` as kubectl prints it. It is checked before anything is sent."""

from __future__ import annotations

from arena_core.contract.errors import PluginError, UnknownJobType, UsageError
from arena_core.contract.types import JobHandle
from arena_core.k8s import names, selectors
from arena_core.usecases.session import Session
from arena_core.usecases.spoken import an


def job_name(text: str) -> str:
    """Return the text if a job can have this name; else ``UsageError``."""
    if not text.strip():
        raise UsageError("the job's name is empty", "`arena list` shows the jobs")
    if names.subdomain(text):
        raise UsageError(f"{shortened(text)!r} cannot be the name of a job", "a name consists of lower-case letters, digits, '-' and '.'")
    return text


def label_selector(text: str) -> tuple[selectors.Requirement, ...]:
    """Read the selector of something that is not to happen to every job; one that selects nothing in particular is a ``UsageError``."""
    if not text.replace(",", "").strip():
        raise UsageError("the label selector is empty, which selects every job", "for example team=a,stage!=test")
    try:
        return selectors.parse(text)
    except ValueError as error:
        raise UsageError(f"the label selector {shortened(text)!r}: {error}", "for example team=a,stage!=test") from error


def shortened(text: str) -> str:
    """Return a text that somebody typed, so that an error stays one line."""
    return text if len(text) <= 80 else text[:77] + "..."


def named(session: Session, text: str, job_type: str = "") -> tuple[str, str]:
    """Return (name, job type) for ``NAME`` or ``TYPE/NAME``; the job type is empty where none is named."""
    before, slash, name = text.rpartition("/")
    if not slash:
        return job_name(text), job_type
    job_name(name)
    found = _types(session, before)
    if not found:
        raise UsageError(f"{before!r} in {text!r} is no job type", "say NAME, or TYPE/NAME as `arena list -o name` prints it")
    if job_type:
        handle = session.handle(job_type)
        wanted = handle.job_type.name
        if wanted not in found and before.lower() not in _spellings(handle):
            raise UsageError(f"{text!r} is not {an(wanted)}", "leave out --type, or the type in front of the name")
        return name, wanted
    if len(found) > 1:
        raise UsageError(f"{before!r} in {text!r} may be {' or '.join(found)}", "choose one with --type")
    return name, found[0]


def _types(session: Session, word: str) -> list[str]:
    """Return the job types that a word means: ``pytorchjob.kubeflow.org``, ``pytorchjobs``, ``pytorchjob``, ``py``."""
    wanted = word.lower()
    handles, _ = session.job_types()
    if wanted in session.jobs.names():
        return [wanted]  # a type's own name goes before kinds that are called so
    found = [handle.job_type.name for handle in handles if wanted in _spellings(handle)]
    if found:
        return found
    try:
        return [session.handle(word).job_type.name]
    except (UnknownJobType, PluginError):
        return []


def _spellings(handle: JobHandle) -> set[str]:
    resource = handle.job_type.resource
    words = {resource.kind.lower(), resource.plural}
    return words | {f"{word}.{resource.group}" for word in words if resource.group}
