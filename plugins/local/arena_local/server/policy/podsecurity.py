"""Pod Security: a namespace's labels say which pods it takes (enforce) and warns of (warn); audit has nowhere to go here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from arena_local.server.causes import Cause, bad_value
from arena_local.server.errors import forbidden
from arena_local.server.policy import podsecurity_checks as checks
from arena_local.server.registry import Resource

if TYPE_CHECKING:
    from arena_local.server.core import Host

Obj = Mapping[str, Any]
_PREFIX = "pod-security.kubernetes.io/"
_LEVELS = ("privileged", "baseline", "restricted")
#: The version of Kubernetes whose rules ``latest`` means.
LATEST = 36
#: Kinds with a pod template, and where it lies: they are warned about, never refused.
TEMPLATES: dict[str, tuple[str, ...]] = {
    "replicationcontrollers": ("spec", "template"),
    "podtemplates": ("template",),
    "replicasets.apps": ("spec", "template"),
    "deployments.apps": ("spec", "template"),
    "statefulsets.apps": ("spec", "template"),
    "daemonsets.apps": ("spec", "template"),
    "jobs.batch": ("spec", "template"),
    "cronjobs.batch": ("spec", "jobTemplate", "spec", "template"),
}


@dataclass(frozen=True)
class Level:
    """A level in the version of its rules."""

    name: str = "privileged"
    version: str = "latest"

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"

    @property
    def minor(self) -> int:
        """The minor version of Kubernetes whose rules hold."""
        return LATEST if self.version == "latest" else min(int(self.version[3:]), LATEST)


@dataclass(frozen=True)
class Policy:
    """What a namespace's labels say."""

    enforce: Level = Level()
    warn: Level = Level()
    causes: tuple[Cause, ...] = ()


def read_policy(labels: Mapping[str, str]) -> Policy:
    """Read a namespace's labels: what cannot be read is a cause, and counts as ``restricted`` (enforce) or nothing (warn)."""
    if not any(key.startswith(_PREFIX) for key in labels):
        return Policy()
    causes: list[Cause] = []

    def read(mode: str, default: Level, wrong: str) -> Level:
        name, version = labels.get(_PREFIX + mode, default.name), labels.get(f"{_PREFIX}{mode}-version", default.version)
        if name not in _LEVELS:
            causes.append(bad_value(f"metadata.labels[{_PREFIX}{mode}]", name, "must be one of " + ", ".join(_LEVELS)))
            name = wrong
        if version != "latest" and not re.fullmatch(r"v1\.(0|[1-9][0-9]{0,8})", version):
            causes.append(bad_value(f"metadata.labels[{_PREFIX}{mode}-version]", version, 'must be "latest" or "v1.x"'))
            version = "latest"
        return Level(name, version)

    enforce = read("enforce", Level(), "restricted")
    read("audit", Level(), "privileged")
    explicit = labels.get(_PREFIX + "enforce") in _LEVELS
    warn = read("warn", enforce if explicit and _PREFIX + "warn" not in labels else Level(), "privileged")
    return Policy(enforce, warn, tuple(causes))


@lru_cache(maxsize=128)
def _checks(name: str, minor: int) -> tuple[checks.Check, ...]:
    """Return the checks of a level: those of baseline by name, then those of restricted, which replace their weaker namesakes."""
    if name == "privileged":
        return ()
    restricted = name == "restricted"
    proc_mount = checks.relaxed(checks.proc_mount) if minor >= 35 else checks.proc_mount
    user_namespaces = checks.relaxed if minor >= 35 else (lambda check: check)
    windows = checks.not_windows if minor >= 25 else (lambda check: check)
    rows = [
        (True, checks.app_armor),
        (not (restricted and minor >= 22), checks.capabilities_baseline),
        (True, checks.host_namespaces),
        (not restricted, checks.host_path_volumes),
        (True, checks.host_ports),
        (minor >= 34, checks.host_probes),
        (True, checks.privileged),
        (not (restricted and minor >= 35), proc_mount),
        (True, checks.se_linux(minor >= 31)),
        (not (restricted and minor >= 19), checks.seccomp_baseline if minor >= 19 else checks.seccomp_annotations),
        (True, checks.sysctls(minor)),
        (True, checks.windows_host_process),
        (restricted and minor >= 8, windows(checks.allow_privilege_escalation)),
        (restricted and minor >= 22, windows(checks.capabilities_restricted)),
        (restricted and minor >= 35, checks.proc_mount),
        (restricted, checks.restricted_volumes),
        (restricted, user_namespaces(checks.run_as_non_root)),
        (restricted and minor >= 23, user_namespaces(checks.run_as_user)),
        (restricted and minor >= 19, windows(checks.seccomp_restricted)),
    ]
    return tuple(check for counts, check in rows if counts)


def violations(level: Level, meta: Obj, spec: Obj) -> list[tuple[str, str]]:
    """Return (reason, detail) of each rule of a level that a pod breaks."""
    return [found for check in _checks(level.name, level.minor) if (found := check(meta, spec))]


def _details(found: list[tuple[str, str]]) -> str:
    return ", ".join(f"{reason} ({detail})" if detail else reason for reason, detail in found)


def _policy_of(host: Host, namespace: str) -> Policy:
    entry = host.entry("namespaces", "", namespace)
    return read_policy((entry.obj["metadata"].get("labels") or {}) if entry else {})


def check_pod(host: Host, pod: Obj, old: Obj | None) -> Iterator[str]:
    """Refuse a pod that its namespace does not take (403); yield warnings of what it is warned about."""
    policy = _policy_of(host, pod["metadata"].get("namespace", ""))
    if policy == Policy() or (old is not None and not _significant(pod["spec"], old["spec"])):
        return
    found = violations(policy.enforce, pod["metadata"], pod["spec"])
    if found:
        text = f'violates PodSecurity "{policy.enforce}": {_details(found)}'
        raise forbidden("pods", "", pod["metadata"].get("name", ""), text)
    yield from _warnings(policy.warn, pod["metadata"], pod["spec"])


def _significant(spec: Obj, old: Obj) -> bool:
    """Whether an update changes an image or the number of containers: nothing else that counts can change."""
    return any(
        [item.get("image") for item in spec.get(key) or ()] != [item.get("image") for item in old.get(key) or ()]
        for key in ("containers", "initContainers", "ephemeralContainers")
    )


def _warnings(level: Level, meta: Obj, spec: Obj) -> Iterator[str]:
    found = violations(level, meta, spec)
    if found:
        yield f'would violate PodSecurity "{level}": {_details(found)}'


def check_template(host: Host, resource: Resource, obj: Obj) -> Iterator[str]:
    """Yield the warning of a workload whose pods would not be taken."""
    path = TEMPLATES.get(resource.storage_id)
    if path is None:
        return
    policy = _policy_of(host, obj["metadata"].get("namespace", ""))
    template: Any = obj
    for key in path:
        template = (template or {}).get(key)
    if policy.warn.name != "privileged" and isinstance(template, Mapping) and template.get("spec"):
        yield from _warnings(policy.warn, template.get("metadata") or {}, template["spec"])


def check_namespace(host: Host, obj: Obj, old: Obj) -> Iterator[str]:
    """Yield what of a namespace's pods its new, stricter level would not take."""
    name, new = obj["metadata"]["name"], read_policy(obj["metadata"].get("labels") or {}).enforce
    before = read_policy(old["metadata"].get("labels") or {}).enforce
    relaxed = new.version == before.version and _LEVELS.index(new.name) <= _LEVELS.index(before.name)
    if new == before or new.name == "privileged" or relaxed:
        return
    pods: dict[str, list[str]] = {}
    for entry in host.entries("pods", name):
        found = violations(new, entry.obj["metadata"], entry.obj["spec"])
        if found:
            pods.setdefault(", ".join(reason for reason, _ in found), []).append(entry.key[1])
    if pods:
        yield f'existing pods in namespace "{name}" violate the new PodSecurity enforce level "{new}"'
    yield from sorted(f"{_names(names)}: {reasons}" for reasons, names in pods.items())


def _names(names: list[str]) -> str:
    first, more = min(names), len(names) - 1
    return first if not more else f"{first} (and {more} other {'pod' if more == 1 else 'pods'})"
