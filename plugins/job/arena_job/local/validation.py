"""What JobSet's webhook refuses in a new JobSet, and in a changed one."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator

from arena_core.k8s.names import LABEL_1035_MESSAGE, label_1035
from arena_job.local import claimcheck
from arena_job.local.keys import coordinator, entries, job_name, pods_of
from arena_job.local.refusal import Wrong, internal, invalid, refuse
from arena_local.sdk.bundle import Api, Obj

_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "FailedIndexes", "MaxFailedIndexesExceeded", "PodFailurePolicy")
_MANAGER = 'must be a domain-prefixed path (such as "acme.io/foo")'
_RULE_NAME = (
    "a failure policy rule name must start with an alphabetic character, optionally followed by a string of alphanumeric characters or "
    "'_,:', and must end with an alphanumeric character or '_'"
)
_MOST = 2**31 - 1


def validate(api: Api, jobset: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what the operator's webhook refuses."""
    refuse(jobset, list(_problems(api, jobset) if old is None else _changes(jobset, old)))


def _problems(api: Api, jobset: Obj) -> Iterator[Wrong]:
    spec, found = jobset.get("spec") or {}, entries(jobset)
    names = [str(entry.get("name", "")) for entry in found]
    policy = spec.get("failurePolicy") or {}
    if policy.get("restartStrategy") == "InPlaceRestart":
        yield internal("InPlaceRestart restart strategy cannot be set when InPlaceRestart feature gate is disabled")
    if found and found[0].get("dependsOn") is not None:
        yield internal("DependsOn can't be set for the first ReplicatedJob")
    if subdomain := (spec.get("network") or {}).get("subdomain"):
        yield from claimcheck.subdomain("spec.network.subdomain", subdomain)
        yield from _label("spec.network.subdomain", subdomain, ".spec.network.subdomain is too long, must be less than 63 characters")
    manager = spec.get("managedBy")
    if manager is not None and not re.fullmatch(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?/[A-Za-z0-9/\-._~%!$&'()*+,;=:]+", manager):
        yield invalid("spec.managedBy", manager, _MANAGER)
    for number, entry in enumerate(found):
        yield from _entry(jobset, number, entry, names[: number + 1])
    for name in (spec.get("successPolicy") or {}).get("targetReplicatedJobs") or []:
        if name not in names:
            yield internal(f"invalid replicatedJob name '{name}' does not appear in .spec.ReplicatedJobs")
    yield from _rules(policy.get("rules") or [], names)
    if chief := spec.get("coordinator"):
        yield from _coordinator(jobset, chief)
    yield from claimcheck.claims(api, jobset)


def _label(path: str, value: str, too_long: str, shown: str = "") -> Iterator[Wrong]:
    if len(value) > 63:
        yield invalid(path, shown or value, too_long)
    if LABEL_1035_MESSAGE in label_1035(value):
        yield invalid(path, shown or value, LABEL_1035_MESSAGE)


def _entry(jobset: Obj, number: int, entry: Obj, names: list[str]) -> Iterator[Wrong]:
    path, job = f"spec.replicatedJobs[{number}]", entry["template"]["spec"]
    count = int(entry.get("replicas", 1))
    if pods_of({"parallelism": job.get("parallelism", 1)}) * count > _MOST:
        yield internal(f"the product of replicas and parallelism must not exceed {_MOST} for replicatedJob '{entry.get('name', '')}'")
    group = str(entry.get("groupName", "default"))
    yield from _label(f"{path}.groupName", group, ".spec.replicatedJob[].groupName is too long, must be less than 63 characters")
    last = job_name(jobset, entry, count - 1)
    long = "JobSet name is too long, {} names generated for this JobSet will exceed 63 characters"
    # Of -1 Jobs the last has the number -2, which the operator takes for a name.
    yield from _label(f"{path}.name", last, long.format("job"))
    if job.get("completionMode") == "Indexed" and job.get("completions") is not None:
        yield from _label(f"{path}.name", f"{last}-{int(job['completions']) - 1}-abcde", long.format("pod"), shown=last)
    for other in entry.get("dependsOn") or []:
        if other["name"] not in names:
            yield internal(f"replicatedJob: {entry['name']} cannot depend on replicatedJob: {other['name']}")


def _rules(rules: list[Obj], names: list[str]) -> Iterator[Wrong]:
    if any(rule.get("action") in ("RestartJob", "RestartJobAndIgnoreMaxRestarts") for rule in rules):
        text = (
            "RestartJob and RestartJobAndIgnoreMaxRestarts failure policy actions are not allowed when RestartJob feature gate is disabled"
        )
        yield internal(text)
        return
    same: dict[str, list[str]] = {}
    for number, rule in enumerate(rules):
        name = str(rule.get("name", ""))
        same.setdefault(name, []).append(str(number))
        if not 1 <= len(name) <= 128:
            least = "the rule name must be at least 1 characters long and at most 128 characters long"
            yield internal(f"invalid failure policy rule name of length {len(name)}, {least}")
        if not re.fullmatch(r"[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?", name):
            yield internal(f"invalid failure policy rule name '{name}', {_RULE_NAME}")
        for target in rule.get("targetReplicatedJobs") or []:
            if target not in names:
                yield internal(f"invalid replicatedJob name '{target}' in failure policy does not appear in .spec.ReplicatedJobs")
        for reason in rule.get("onJobFailureReasons") or []:
            if reason not in _REASONS:
                yield internal(f"invalid job failure reason '{reason}' in failure policy is not a recognized job failure reason")
    for name, numbers in same.items():
        if len(numbers) > 1:
            yield internal(f"rule names are not unique, rules with indices [{' '.join(numbers)}] all have the same name '{name}'")


def _coordinator(jobset: Obj, chief: Obj) -> Iterator[Wrong]:
    name, job_index, pod_index = chief.get("replicatedJob"), chief.get("jobIndex", 0), chief.get("podIndex", 0)
    entry = next((entry for entry in entries(jobset) if entry.get("name") == name), None)
    job = entry["template"]["spec"] if entry else {}
    if entry is None:
        yield internal(f"coordinator replicatedJob {name} does not exist")
    elif not 0 <= job_index < int(entry.get("replicas", 1)):
        yield internal(f"coordinator job index {job_index} is invalid for replicatedJob {name}")
    elif job.get("completionMode") != "Indexed" or job.get("completions") is None:
        yield internal("job for coordinator pod must be indexed completion mode, and completions number must be set")
    elif not 0 <= pod_index < int(job["completions"]):
        yield internal(f"coordinator pod index {pod_index} is invalid for replicatedJob {name} job index {job_index}")
    label = coordinator(jobset, chief)
    if len(label) > 63:
        about = '"jobset.sigs.k8s.io/coordinator" (long JobSet / ReplicatedJob / SubDomain name?): must be no more than 63 bytes'
        yield internal(f'spec will lead to invalid label value "{label}" for coordinator label {about}')


def _changes(jobset: Obj, old: Obj) -> Iterator[Wrong]:
    spec, before = jobset.get("spec") or {}, old.get("spec") or {}
    held = bool(before.get("suspend") or spec.get("suspend"))
    if _fixed(entries(jobset), held) != _fixed(entries(old), held):
        yield invalid("spec.replicatedJobs", entries(jobset), "field is immutable")
    if spec.get("managedBy") != before.get("managedBy"):
        yield invalid("spec.managedBy", spec.get("managedBy"), "field is immutable")


def _fixed(found: list[Obj], held: bool) -> list[Obj]:
    """Return what may not change: while it is suspended a queue may say where the pods go."""
    found = copy.deepcopy(found)
    for entry in found:
        template = entry["template"]["spec"]["template"]
        meta, spec = template.get("metadata") or {}, template["spec"]
        for key in ("labels", "annotations") if held else ():
            meta.pop(key, None)
        for key in ("nodeSelector", "tolerations", "schedulingGates") if held else ():
            spec.pop(key, None)
        template["metadata"] = meta
    return found
