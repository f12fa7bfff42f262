"""What ``--patch`` does to the objects that a job type has built, and what it must leave alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from arena_core.contract.errors import ArenaError, InvalidArguments
from arena_core.contract.types import JobHandle, Manifest, Problem
from arena_core.k8s import dig, path, within
from arena_core.k8s.copies import clone
from arena_core.k8s.jsonpatch import PatchFailed, apply_json_patch
from arena_core.k8s.podshape import OBJECT, child
from arena_core.k8s.strategic import PatchError, strategic_merge
from arena_core.registry.guarding import broken

FIELD = "patches"


class Place(NamedTuple):
    """An object among those that are built, or inside one of them (the job of an AppWrapper, of a cron)."""

    steps: tuple[path.Step, ...]
    obj: Manifest

    @property
    def called(self) -> str:
        """Kind and name."""
        return f"{self.obj['kind']} {dig.text(self.obj, 'metadata', 'name')}".strip()


def patched(handle: JobHandle, args: Any, manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return the objects after every patch, in order; raises ``InvalidArguments`` with what cannot be, or must not be changed."""
    after: list[Manifest] = clone(list(manifests))
    problems: list[Problem] = []
    for number, patch in enumerate(args.patches, 1):
        try:
            _apply(patch.document, after)
        except (PatchError, PatchFailed) as error:
            which = f"patch {number}: " if len(args.patches) > 1 else ""
            problems.append(Problem(f"{which}{error}", FIELD))
    if not problems:
        problems = [Problem(text, FIELD, hint) for text, hint in _kept(handle, args, manifests, after)]
    if problems:
        raise InvalidArguments(problems)
    return after


def _apply(document: Any, manifests: list[Manifest]) -> None:
    """Apply one patch to the object that it names, or to the job."""
    place, body = _meant(document, manifests)
    made = apply_json_patch(place.obj, body) if isinstance(body, list) else strategic_merge(OBJECT, place.obj, body, child)
    if not isinstance(made, dict) or not isinstance(made.get("metadata"), dict):
        raise PatchError(f"it leaves no object of the {place.called}")
    whole: dict[str, Any] = {"built": manifests}
    path.put(whole, ("built", *place.steps), made)


def _meant(document: Any, manifests: Sequence[Manifest]) -> tuple[Place, Any]:
    """Return the object that a patch is for, and what is to be done to it."""
    if isinstance(document, list):
        return Place((0,), manifests[0]), document
    if "target" in document and "patch" in document:
        target, body = document["target"], document["patch"]
        return _find(manifests, str(target["kind"]), str(target.get("name") or ""), ""), body
    kind = document.get("kind")
    if not isinstance(kind, str):
        return Place((0,), manifests[0]), document
    body = {key: value for key, value in document.items() if key not in ("apiVersion", "kind")}
    name = dig.text(document, "metadata", "name")
    if isinstance(body.get("metadata"), Mapping):
        body["metadata"] = {key: value for key, value in body["metadata"].items() if key != "name"}
    return _find(manifests, kind, name, dig.text(document, "apiVersion")), body


def _find(manifests: Sequence[Manifest], kind: str, name: str, version: str) -> Place:
    every = _places(manifests)
    of_kind = [p for p in every if p.obj["kind"].lower() == kind.lower() and version in ("", p.obj["apiVersion"])]
    # A job inside has the name of what is around it, or none.
    found = [p for p in of_kind if not name or dig.text(p.obj, "metadata", "name") in (name, "")]
    if not found:
        raise PatchError(f"no {kind}{f' {name}' if name else ''} is built; there are: {', '.join(p.called for p in every)}")
    if len(found) > 1:
        raise PatchError(f"{len(found)} of the kind are built ({', '.join(p.called for p in found)}): name one (metadata.name)")
    return found[0]


def _places(manifests: Sequence[Manifest]) -> list[Place]:
    return [Place(steps, obj) for steps, obj in within.objects(list(manifests))]


def _kept(handle: JobHandle, args: Any, before: Sequence[Manifest], after: Sequence[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield what a patch has broken of that by which a job is found, read and steered, with what to do in its place."""
    given = frozenset(getattr(args, "labels", {}))
    for place in _places(before):
        is_job = place.steps == (0,)
        which = "" if is_job else f"{place.called}: "
        new = path.get(after, place.steps)
        if not isinstance(new, dict):
            yield f"{which}the object must stay", ""
            continue
        changes = broken(place.obj, new, given, handle.job_type.suspend_path if is_job else "")
        yield from ((which + text, hint) for text, hint in changes)
    job = after[0]
    try:
        sets = [(one.name, one.path) for one in handle.pod_sets(before[0], "quota")]
        now = {(one.name, one.path) for one in handle.pod_sets(job, "quota")}
    except ArenaError as error:
        yield f"the job's pods could not be found any more ({error.message})", ""
        return
    for name, where in sets:
        if (name, where) not in now:
            yield f"{where} must stay: the pods of {name} are read there", ""
            continue
        old, new = path.get(before[0], where), path.get(job, where)
        yield from ((f"{where}.{text}", hint) for text, hint in _pods_kept(old, new, given, handle.job_type.container))


def _pods_kept(old: Any, new: Any, given: frozenset[str], container: str) -> Iterator[tuple[str, str]]:
    """Yield what is broken of a pod template: the labels by which its pods are found, and the container whose log is read."""
    for key, value in dig.labels(old).items():
        if key not in given and dig.labels(new).get(key) != value:
            yield f"metadata.labels.{key} cannot be changed: the job's pods are found by it", ""
    names = [{dig.text(row, "name") for row in dig.items(one, "spec", "containers")} for one in (old, new)]
    if container in names[0] and container not in names[1]:
        yield f"spec.containers must keep the container {container!r}: the program runs in it, and its log is the job's", ""
