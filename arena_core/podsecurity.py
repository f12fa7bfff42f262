"""What a pod asks for that the levels ``baseline`` and ``restricted`` of Pod Security forbid. Pure and total."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import dig

_KINDS = ("initContainers", "containers")
_SAFE_CAPABILITIES = {
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP"),
    *("SETUID", "SYS_CHROOT"),
}
_RESTRICTED_VOLUMES = {
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret", "image"),
}


def breaches(spec: Mapping[str, Any], level: str) -> list[str]:
    """Return what in a pod's spec the level forbids, in a few words each; nothing for an unknown level."""
    if level not in ("baseline", "restricted"):
        return []
    found = dict.fromkeys(_baseline(spec))
    if level == "restricted":
        found |= dict.fromkeys(_restricted(spec))
    return list(found)


def _containers(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for kind in _KINDS:
        yield from dig.items(spec, kind)


def _baseline(spec: Mapping[str, Any]) -> Iterator[str]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if dig.flag(spec, name):
            yield name
    if any("hostPath" in volume for volume in dig.items(spec, "volumes")):
        yield "hostPath volumes"
    for container in _containers(spec):
        if dig.flag(container, "securityContext", "privileged"):
            yield "privileged containers"
        added = dig.dig(container, "securityContext", "capabilities", "add")
        if isinstance(added, list) and set(map(str, added)) - _SAFE_CAPABILITIES:
            yield "added capabilities"
        if any(dig.number(port, "hostPort") for port in dig.items(container, "ports")):
            yield "host ports"
    if "Unconfined" in {dig.text(c, "securityContext", "seccompProfile", "type") for c in (spec, *_containers(spec))}:
        yield "seccompProfile Unconfined"


def _restricted(spec: Mapping[str, Any]) -> Iterator[str]:
    if any(set(volume) - {"name"} - _RESTRICTED_VOLUMES for volume in dig.items(spec, "volumes")):
        yield "volumes of other kinds than configMap, emptyDir, secret, claims and the like"
    pod_root = dig.flag(spec, "securityContext", "runAsNonRoot")
    pod_profile = dig.text(spec, "securityContext", "seccompProfile", "type")
    for container in _containers(spec):
        own = dig.mapping(container, "securityContext")
        if own.get("allowPrivilegeEscalation") is not False:
            yield "allowPrivilegeEscalation is not false"
        if "ALL" not in (dig.dig(own, "capabilities", "drop") or ()):
            yield "capabilities are not dropped"
        if not (dig.flag(own, "runAsNonRoot") or (pod_root and "runAsNonRoot" not in own)):
            yield "runAsNonRoot is not true"
        if (dig.text(own, "seccompProfile", "type") or pod_profile) not in ("RuntimeDefault", "Localhost"):
            yield "no seccompProfile is set"
