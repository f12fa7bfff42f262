"""Load one plugin and look at it alone, before it may meet the others.

What is wrong with one never falls back on another.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from arena_core.contract.errors import PluginBroken
from arena_core.contract.hookspecs import ExtensionSpec, JobTypeSpec
from arena_core.contract.types import Jobs, JobType, Manifest, Note, Scale
from arena_core.contract.version import mismatch
from arena_core.installed import BLOCK_VARIABLE
from arena_core.k8s.selectors import parse as parse_selector
from arena_core.lazily import module_named
from arena_core.records import replace
from arena_core.registry import border
from arena_core.registry.discovery import Entry
from arena_core.registry.hooks import Hooks, Misfit
from arena_core.registry.shapes import check_of
from arena_core.typed import Any

REQUIRED = ("arena_job_type", "arena_build_manifests", "arena_job_status")


def broken(entry: Entry, kind: str, reason: str, hint: str = "", cause: BaseException | None = None) -> PluginBroken:
    """Return the error that names the plugin, its distribution and the reason."""
    way_out = f"update or remove {entry.distribution}, or set {BLOCK_VARIABLE}={entry.name}"
    error = PluginBroken(f"plugin {entry.name!r} of distribution {entry.distribution} {entry.version}: {reason}", hint or way_out)
    error.plugin, error.distribution, error.kind, error.reason = entry.name, entry.distribution, kind, reason
    error.__cause__ = cause
    return error


def _import(reference: str) -> Any:
    module, _, attribute = reference.partition(":")
    return _attribute(module_named(module), attribute)


def _attribute(found: Any, attribute: str) -> Any:
    for part in attribute.split(".") if attribute else ():
        found = getattr(found, part)
    return found


def load(entry: Entry) -> Any:
    """Import what the entry point names; every failure becomes ``PluginBroken``."""
    module, _, attribute = entry.value.partition(":")
    try:
        with border.quiet(entry, "its import"):
            found = module_named(module)
            check_contract(entry, found)
            return _attribute(found, attribute)
    except PluginBroken:
        raise
    except ModuleNotFoundError as error:
        own = entry.value.partition(":")[0].partition(".")[0]
        if error.name and error.name.partition(".")[0] != own:
            hint = f"install {error.name}, or set {BLOCK_VARIABLE}={entry.name}"
            raise broken(entry, "missing dependency", f"needs the module {error.name!r}, which is not installed", hint, error) from error
        raise broken(entry, "broken", f"its module {entry.value!r} does not exist", cause=error) from error
    except (Exception, SystemExit) as error:
        raise broken(entry, "broken", f"cannot be imported: {type(error).__name__}: {error}", cause=error) from error


def check_contract(entry: Entry, module: Any) -> None:
    """Read which contract the module was written for, before anything else of it."""
    if found := mismatch(module, entry.group, entry.distribution):
        raise broken(entry, found.word, found.reason, found.hint)


def probe_job_type(entry: Entry, module: ModuleType | None = None) -> tuple[Hooks, JobType]:
    """Load a job type and check it: contract, hook names and arguments, required hooks, what it says of itself.

    ``module`` is given where it was loaded already.
    """
    if module is None:
        module = load(entry)
    else:
        check_contract(entry, module)
    hooks = probe_hooks(entry, module, JobTypeSpec)
    missing = [name for name in REQUIRED if name not in hooks]
    if missing:
        raise broken(entry, "broken", f"does not implement {', '.join(missing)}")
    job_type = _say_job_type(entry, module)
    if wrong := check_of(JobType)(job_type):
        raise broken(entry, "broken", f"arena_job_type returned {wrong}")
    if job_type.name != entry.name:
        raise broken(entry, "broken", f"calls itself {job_type.name!r}, its entry point is {entry.name!r}")
    return hooks, _guarded(entry, job_type)


def _guarded(entry: Entry, job_type: JobType) -> JobType:
    """Return the job type with the functions that it hands over behind the border."""
    selectors = border.guarded(entry, "selectors", job_type.selectors, _wrong_selectors)
    matches = border.guarded(entry, "matches", job_type.matches, check_of(bool)) if job_type.matches else None
    wrapping = job_type.wrapping
    if wrapping is not None:
        wrapping = replace(wrapping, warn=border.guarded(entry, "Wrapping.warn", wrapping.warn, check_of(Sequence[Note])))
    check = border.guarded(entry, "suspend_check", job_type.suspend_check, check_of(str))
    request = job_type.suspend_request
    if request is not None:
        request = border.guarded(entry, "suspend_request", request, check_of(Manifest))
    fixed = border.guarded(entry, "scale_check", job_type.scale_check, check_of(str))
    scale = border.guarded(entry, "scale", job_type.scale, check_of(Sequence[Scale]))
    return replace(
        job_type,
        selectors=selectors,
        matches=matches,
        wrapping=wrapping,
        suspend_check=check,
        suspend_request=request,
        scale_check=fixed,
        scale=scale,
    )


def _wrong_selectors(found: Any) -> str:
    """Say what is wrong with label selectors, beside their type: one that cannot be read would be the server's error."""
    if wrong := check_of(Sequence[str])(found):
        return wrong
    for text in found:
        try:
            parse_selector(text)
        except ValueError as error:
            return f"the selector {text!r}: {error}"
    return ""


def check_job_type(entry: Entry, jobs: Jobs) -> None:
    """Load everything of a job type, the argument model too."""
    _, job_type = probe_job_type(entry)
    argument_model(entry, job_type, jobs)
    if job_type.update:
        update_model(entry, job_type)


def argument_model(entry: Entry, job_type: JobType, jobs: Jobs) -> type[Any]:
    """Return the argument model: a class, or what ``module:name`` refers to, be it a class or a function of ``jobs`` that makes one."""
    found: Any = job_type.args
    try:
        with border.quiet(entry, "its argument model"):
            if isinstance(found, str):
                found = _import(found)
            if callable(found) and not isinstance(found, type):
                found = found(jobs)
    except (Exception, SystemExit) as error:
        reason = f"its argument model {job_type.args!r} cannot be had: {type(error).__name__}: {error}"
        raise broken(entry, "broken", reason, cause=error) from error
    if not isinstance(found, type) or not hasattr(found, "model_fields"):
        raise broken(entry, "broken", f"JobType.args is no argument model (a subclass of SubmitArgs): {job_type.args!r}")
    from arena_core.args.reserved import taken

    if clash := taken(found):
        raise broken(entry, "name clash", f"its {clash} belongs to arena itself: `arena submit` has a flag or key of that name")
    return found


def update_model(entry: Entry, job_type: JobType) -> type[Any]:
    """Return the model of what may be changed of a live job."""
    found: Any = job_type.update
    try:
        with border.quiet(entry, "its model of changes"):
            found = _import(found) if isinstance(found, str) else found
    except (Exception, SystemExit) as error:
        reason = f"its model of changes {job_type.update!r} cannot be had: {type(error).__name__}: {error}"
        raise broken(entry, "broken", reason, cause=error) from error
    if not isinstance(found, type) or not hasattr(found, "model_fields"):
        raise broken(entry, "broken", f"JobType.update is no model of arguments: {job_type.update!r}")
    return found


def _say_job_type(entry: Entry, module: ModuleType) -> Any:
    try:
        with border.quiet(entry, "arena_job_type"):
            return module.arena_job_type()
    except (Exception, SystemExit) as error:
        raise broken(entry, "broken", f"arena_job_type failed: {type(error).__name__}: {error}", cause=error) from error


def probe_hooks(entry: Entry, module: Any, spec: type[Any]) -> Hooks:
    """Return the hooks of a module; one that is misspelt, not marked or takes what it is not given is named."""
    try:
        return Hooks(module, spec)
    except Misfit as error:
        raise broken(entry, "misspelt hook", str(error), cause=error) from error
    except Exception as error:
        raise broken(entry, "broken", f"its hooks cannot be read: {type(error).__name__}: {error}", cause=error) from error


def probe_extension(entry: Entry) -> Hooks:
    """Load an extension and check its hooks."""
    return probe_hooks(entry, load(entry), ExtensionSpec)
