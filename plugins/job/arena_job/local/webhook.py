"""JobSet's webhooks: what they write into a new object, and what they refuse."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator

from arena_job.local.jobs import job_name
from arena_job.local.keys import NAME, PREFIX, entries, pods_of, replicas
from arena_local.sdk.bundle import Api, Denied, Obj

_REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "FailedIndexes", "MaxFailedIndexesExceeded", "PodFailurePolicy")
_LABEL_HELP = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
_DOMAIN_HELP = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


def default(api: Api, jobset: Obj, old: Obj | None, operation: str) -> None:
    """Write the defaults."""
    spec = jobset.setdefault("spec", {})
    spec["successPolicy"] = spec.get("successPolicy") or {"operator": "All"}
    spec["startupPolicy"] = spec.get("startupPolicy") or {"startupPolicyOrder": "AnyOrder"}
    network = spec["network"] = spec.get("network") or {}
    for key in ("enableDNSHostnames", "publishNotReadyAddresses"):
        network.setdefault(key, True)
    for entry in entries(jobset):
        entry.setdefault("groupName", "default")
        job = entry.setdefault("template", {}).setdefault("spec", {})
        job.setdefault("completionMode", "Indexed")
        job.setdefault("template", {}).setdefault("spec", {}).setdefault("restartPolicy", "OnFailure")
    for number, rule in enumerate((spec.get("failurePolicy") or {}).get("rules") or []):
        if not rule.get("name"):
            rule["name"] = f"failurePolicyRule{number}"


def mark_pod(api: Api, pod: Obj, old: Obj | None, operation: str) -> None:
    """Give a pod of a JobSet its priority as a label."""
    labels = pod["metadata"].get("labels") or {}
    if NAME in labels:
        labels[PREFIX + "priority"] = str((pod.get("spec") or {}).get("priority", 0) or 0)


def validate(api: Api, jobset: Obj, old: Obj | None, operation: str) -> None:
    """Refuse what the operator's webhook refuses."""
    found = list(_problems(jobset) if old is None else _changes(jobset, old))
    if found:
        text = found[0] if len(found) == 1 else f"[{', '.join(found)}]"
        raise Denied(f'JobSet.jobset.x-k8s.io "{jobset["metadata"].get("name", "")}" is invalid: {text}', 422, "Invalid")


def _invalid(path: str, value: object, why: str) -> str:
    return f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}: {why}"


def _internal(text: str) -> str:
    return f"<nil>: Internal error: {text}"


def _problems(jobset: Obj) -> Iterator[str]:
    spec = jobset.get("spec") or {}
    names = [str(entry.get("name", "")) for entry in entries(jobset)]
    subdomain = (spec.get("network") or {}).get("subdomain")
    if subdomain:
        if len(subdomain) > 253 or not re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*", subdomain):
            yield _invalid("spec.network.subdomain", subdomain, _DOMAIN_HELP)
        if not _is_label(subdomain):
            yield _invalid("spec.network.subdomain", subdomain, _LABEL_HELP)
    manager = spec.get("managedBy")
    if manager is not None and not re.fullmatch(r"[a-z0-9.-]+/[A-Za-z0-9._/-]+", manager):
        yield _invalid("spec.managedBy", manager, 'must be a domain-prefixed path (such as "acme.io/foo")')
    for number, entry in enumerate(entries(jobset)):
        yield from _names(jobset, number, entry)
    for name in (spec.get("successPolicy") or {}).get("targetReplicatedJobs") or []:
        if name not in names:
            yield _internal(f"invalid replicatedJob name '{name}' does not appear in .spec.ReplicatedJobs")
    yield from _rules(spec, names)
    yield from _dependencies(jobset)
    yield from _coordinator(jobset, spec.get("coordinator"))


def _is_label(text: str) -> bool:
    return len(text) <= 63 and re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", text) is not None


def _names(jobset: Obj, number: int, entry: Obj) -> Iterator[str]:
    where, last = f"spec.replicatedJobs[{number}].name", job_name(jobset, entry, max(replicas(entry) - 1, 0))
    job = entry["template"]["spec"]
    if len(last) > 63:
        yield _invalid(where, last, "JobSet name is too long, job names generated for this JobSet will exceed 63 characters")
    elif not _is_label(last):
        yield _invalid(where, last, _LABEL_HELP)
    pod = f"{last}-{max(int(job.get('completions') or pods_of(job)) - 1, 0)}-abcde"
    if len(pod) > 63:
        yield _invalid(where, last, "JobSet name is too long, pod names generated for this JobSet will exceed 63 characters")


def _rules(spec: Obj, names: list[str]) -> Iterator[str]:
    for rule in (spec.get("failurePolicy") or {}).get("rules") or []:
        for name in rule.get("targetReplicatedJobs") or []:
            if name not in names:
                yield _internal(f"invalid replicatedJob name '{name}' in failure policy does not appear in .spec.ReplicatedJobs")
        for reason in rule.get("onJobFailureReasons") or []:
            if reason not in _REASONS:
                yield _internal(f"invalid job failure reason '{reason}' in failure policy is not a recognized job failure reason")


def _dependencies(jobset: Obj) -> Iterator[str]:
    before: list[str] = []
    for number, entry in enumerate(entries(jobset)):
        if number == 0 and entry.get("dependsOn"):
            yield _internal("DependsOn can't be set for the first ReplicatedJob")
        for other in entry.get("dependsOn") or []:
            if other["name"] not in before:
                yield _internal(f"replicatedJob: {entry['name']} cannot depend on replicatedJob: {other['name']}")
        before.append(str(entry.get("name", "")))


def _coordinator(jobset: Obj, chief: Obj | None) -> Iterator[str]:
    if not chief:
        return
    entry = next((e for e in entries(jobset) if e.get("name") == chief.get("replicatedJob")), None)
    if entry is None:
        yield _internal(f"coordinator replicatedJob {chief.get('replicatedJob')} does not exist")
        return
    if chief.get("jobIndex", 0) >= replicas(entry):
        yield _internal(f"coordinator job index {chief.get('jobIndex')} is invalid for replicatedJob {entry['name']}")
    elif chief.get("podIndex", 0) >= (entry["template"]["spec"].get("completions") or 1):
        yield _internal(f"coordinator pod index {chief.get('podIndex')} is invalid for replicatedJob {entry['name']} job index")


def _changes(jobset: Obj, old: Obj) -> Iterator[str]:
    held = bool((old.get("spec") or {}).get("suspend") or (jobset.get("spec") or {}).get("suspend"))
    new, before = entries(jobset), entries(old)
    if _fixed(new, held) != _fixed(before, held):
        yield _invalid("spec.replicatedJobs", new, "field is immutable")
    if (jobset.get("spec") or {}).get("managedBy") != (old.get("spec") or {}).get("managedBy"):
        yield _invalid("spec.managedBy", (jobset.get("spec") or {}).get("managedBy"), "field is immutable")


def _fixed(found: list[Obj], held: bool) -> list[Obj]:
    """Return what may not change: while it is suspended a queue may say where the pods go."""
    if not held:
        return found
    found = copy.deepcopy(found)
    for entry in found:
        template = entry["template"]["spec"]["template"]
        for key in ("labels", "annotations"):
            (template.get("metadata") or {}).pop(key, None)
        template.pop("metadata", None)
        for key in ("nodeSelector", "tolerations", "schedulingGates"):
            template["spec"].pop(key, None)
    return found
