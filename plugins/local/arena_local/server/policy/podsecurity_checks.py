"""The checks of Pod Security's levels ``baseline`` and ``restricted``: what a pod must not ask for, in the words of the real admission.

Each check takes the pod's metadata and spec and returns (reason, detail), or None. The rules and the versions of Kubernetes in which
they change are those of ``k8s.io/pod-security-admission/policy``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Obj = Mapping[str, Any]
Found = tuple[str, str] | None
Check = Callable[[Obj, Obj], Found]
_CAPABILITIES = "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
_DEFAULT_CAPABILITIES = frozenset(_CAPABILITIES.split())
_SYSCTLS = {
    0: "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range "
    "net.ipv4.ip_unprivileged_port_start",
    27: "net.ipv4.ip_local_reserved_ports",
    29: "net.ipv4.tcp_keepalive_time net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes",
    32: "net.ipv4.tcp_rmem net.ipv4.tcp_wmem",
}
_ALLOWED_VOLUMES = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"]
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def _all(spec: Obj) -> Iterator[Obj]:
    for key in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(key) or ()


def _context(holder: Obj) -> Obj:
    found: Obj = holder.get("securityContext") or {}
    return found


def _quoted(items: Iterable[str]) -> str:
    return ", ".join(f'"{item}"' for item in items)


def _word(one: str, count: int, many: str = "") -> str:
    return one if count == 1 else many or one + "s"


def _named(names: list[str], word: str = "container") -> str:
    return f"{_word(word, len(names))} {_quoted(names)}"


def _those(spec: Obj, bad: Callable[[Obj], Any]) -> list[str]:
    """Return the names of the containers whose security context is bad."""
    return [str(item.get("name", "")) for item in _all(spec) if bad(_context(item))]


def _setters(spec: Obj, bad: Callable[[Obj], Any]) -> list[str]:
    """Return who sets something bad: the pod, and the containers."""
    names = _those(spec, bad)
    return (["pod"] if bad(_context(spec)) else []) + ([_named(names)] if names else [])


def allow_privilege_escalation(_: Obj, spec: Obj) -> Found:
    """Escalation must be refused by every container."""
    names = _those(spec, lambda context: context.get("allowPrivilegeEscalation") is not False)
    return (
        ("allowPrivilegeEscalation != false", f"{_named(names)} must set securityContext.allowPrivilegeEscalation=false") if names else None
    )


def app_armor(meta: Obj, spec: Obj) -> Found:
    """AppArmor may not be switched off."""
    values: set[str] = set()

    def bad(context: Obj) -> bool:
        profile: Any = context.get("appArmorProfile")
        wrong = profile is not None and profile.get("type") not in ("RuntimeDefault", "Localhost")
        if wrong:
            values.add(str(profile.get("type", "")))
        return wrong

    setters = _setters(spec, bad)
    annotations = sorted(
        f'{key}="{value}"'
        for key, value in (meta.get("annotations") or {}).items()
        if key.startswith(_APPARMOR) and value not in ("", "runtime/default") and not value.startswith("localhost/")
    )
    if annotations:
        setters.append(_word("annotation", len(annotations)))
    if not setters:
        return None
    shown = sorted(values) + annotations
    reason = _word("forbidden AppArmor profile", len(shown))
    return reason, f"{' and '.join(setters)} must not set AppArmor profile type to {_quoted(shown)}"


def capabilities_baseline(_: Obj, spec: Obj) -> Found:
    """No capability beyond a runtime's usual ones."""
    added: set[str] = set()

    def bad(context: Obj) -> bool:
        more = set((context.get("capabilities") or {}).get("add") or ()) - _DEFAULT_CAPABILITIES
        added.update(more)
        return bool(more)

    names = _those(spec, bad)
    text = f"{_named(names)} must not include {_quoted(sorted(added))} in securityContext.capabilities.add"
    return ("non-default capabilities", text) if names else None


def capabilities_restricted(_: Obj, spec: Obj) -> Found:
    """Every container drops all capabilities, and takes back none but that of low ports."""
    added: set[str] = set()

    def adding(context: Obj) -> bool:
        more = set((context.get("capabilities") or {}).get("add") or ()) - {"NET_BIND_SERVICE"}
        added.update(more)
        return bool(more)

    keeping = _those(spec, lambda context: "ALL" not in ((context.get("capabilities") or {}).get("drop") or ()))
    taking = _those(spec, adding)
    details = [f'{_named(keeping)} must set securityContext.capabilities.drop=["ALL"]'] if keeping else []
    if taking:
        details.append(f"{_named(taking)} must not include {_quoted(sorted(added))} in securityContext.capabilities.add")
    return ("unrestricted capabilities", "; ".join(details)) if details else None


def host_namespaces(_: Obj, spec: Obj) -> Found:
    """No namespace of the host."""
    used = [f"{key}=true" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key)]
    return ("host namespaces", ", ".join(used)) if used else None


def host_path_volumes(_: Obj, spec: Obj) -> Found:
    """No folder of the host."""
    names = [str(item.get("name", "")) for item in spec.get("volumes") or () if item.get("hostPath") is not None]
    return ("hostPath volumes", _named(names, "volume")) if names else None


def host_ports(_: Obj, spec: Obj) -> Found:
    """No port of the host."""
    used = {str(item.get("name", "")): [p["hostPort"] for p in item.get("ports") or () if p.get("hostPort")] for item in _all(spec)}
    names = [name for name, ports in used.items() if ports]
    shown = sorted({str(port) for ports in used.values() for port in ports})
    uses = _word("uses", len(names), "use")
    return ("hostPort", f"{_named(names)} {uses} {_word('hostPort', len(shown))} {', '.join(shown)}") if names else None


def _hosts(container: Obj) -> Iterator[str]:
    hooks = container.get("lifecycle") or {}
    handlers = [container.get(key) for key in ("livenessProbe", "readinessProbe", "startupProbe")]
    for handler in [*handlers, hooks.get("postStart"), hooks.get("preStop")]:
        for key in ("httpGet", "tcpSocket"):
            host = ((handler or {}).get(key) or {}).get("host")
            if host:
                yield str(host)


def host_probes(_: Obj, spec: Obj) -> Found:
    """Probes and handlers go to the pod itself."""
    used = {str(item.get("name", "")): set(_hosts(item)) for item in _all(spec)}
    names, hosts = sorted(name for name, found in used.items() if found), sorted(set().union(*used.values()))
    detail = f"{_named(names)} {_word('uses', len(names), 'use')} {_word('probe or lifecycle host', len(hosts))} {_quoted(hosts)}"
    return ("probe or lifecycle host", detail) if names else None


def privileged(_: Obj, spec: Obj) -> Found:
    """No privileged container."""
    names = _those(spec, lambda context: context.get("privileged"))
    return ("privileged", f"{_named(names)} must not set securityContext.privileged=true") if names else None


def proc_mount(_: Obj, spec: Obj) -> Found:
    """``/proc`` stays masked."""
    values: set[str] = set()

    def bad(context: Obj) -> bool:
        wrong = context.get("procMount") not in (None, "Default")
        values.update({str(context["procMount"])} if wrong else ())
        return wrong

    names = _those(spec, bad)
    return ("procMount", f"{_named(names)} must not set securityContext.procMount to {_quoted(sorted(values))}") if names else None


def restricted_volumes(_: Obj, spec: Obj) -> Found:
    """Only volumes that come from the cluster."""
    names, kinds = [], set()
    for volume in spec.get("volumes") or ():
        given = [key for key, value in volume.items() if key != "name" and value is not None]
        if not any(key in _ALLOWED_VOLUMES for key in given):
            names.append(str(volume.get("name", "")))
            kinds.add(given[0] if given else "unknown")
    detail = f"{_named(names, 'volume')} {_word('uses', len(names), 'use')} {_word('restricted volume type', len(kinds))}"
    return ("restricted volume types", f"{detail} {_quoted(sorted(kinds))}") if names else None


def run_as_non_root(_: Obj, spec: Obj) -> Found:
    """Every container runs as another user than root."""
    setters = _setters(spec, lambda context: context.get("runAsNonRoot") is False)
    if setters:
        return "runAsNonRoot != true", f"{' and '.join(setters)} must not set securityContext.runAsNonRoot=false"
    silent = [] if _context(spec).get("runAsNonRoot") else _those(spec, lambda context: context.get("runAsNonRoot") is None)
    return ("runAsNonRoot != true", f"pod or {_named(silent)} must set securityContext.runAsNonRoot=true") if silent else None


def run_as_user(_: Obj, spec: Obj) -> Found:
    """Nobody asks for user 0."""
    setters = _setters(spec, lambda context: context.get("runAsUser") == 0)
    return ("runAsUser=0", f"{' and '.join(setters)} must not set runAsUser=0") if setters else None


def se_linux(engine: bool) -> Check:
    """SELinux types of containers only, and neither user nor role."""
    allowed = {"", "container_t", "container_init_t", "container_kvm_t", *(("container_engine_t",) if engine else ())}

    def check(_: Obj, spec: Obj) -> Found:
        types: set[str] = set()
        said: set[str] = set()

        def bad(context: Obj) -> bool:
            given = context.get("seLinuxOptions")
            if given is None:
                return False
            wrong = {key for key in ("user", "role") if given.get(key)}
            said.update(wrong)
            if given.get("type", "") not in allowed:
                types.add(given["type"])
                return True
            return bool(wrong)

        setters = _setters(spec, bad)
        data = [f"{_word('type', len(types))} {_quoted(sorted(types))}"] if types else []
        data += [f"{key} may not be set" for key in ("user", "role") if key in said]
        detail = f"{' and '.join(setters)} set forbidden securityContext.seLinuxOptions: {'; '.join(data)}"
        return ("seLinuxOptions", detail) if setters else None

    return check


def _bad_seccomp(spec: Obj) -> Found:
    values: set[str] = set()

    def bad(context: Obj) -> bool:
        profile: Any = context.get("seccompProfile")
        wrong = profile is not None and profile.get("type") not in ("RuntimeDefault", "Localhost")
        values.update({str(profile.get("type", ""))} if wrong else ())
        return wrong

    setters = _setters(spec, bad)
    detail = f"{' and '.join(setters)} must not set securityContext.seccompProfile.type to {_quoted(sorted(values))}"
    return ("seccompProfile", detail) if setters else None


def seccomp_annotations(meta: Obj, spec: Obj) -> Found:
    """What the annotations said before there was a field."""
    key, given = "seccomp.security.alpha.kubernetes.io/pod", meta.get("annotations") or {}
    keys = [key, *(f"container.seccomp.security.alpha.kubernetes.io/{item.get('name', '')}" for item in _all(spec))]
    bad = sorted(
        {
            f'{k}="{given[k]}"'
            for k in keys
            if k in given and given[k] not in ("runtime/default", "docker/default") and given[k][:10] != "localhost/"
        }
    )
    return ("seccompProfile", f"forbidden {_word('annotation', len(bad))} {', '.join(bad)}") if bad else None


def seccomp_baseline(_: Obj, spec: Obj) -> Found:
    """Seccomp may not be switched off."""
    return _bad_seccomp(spec)


def seccomp_restricted(_: Obj, spec: Obj) -> Found:
    """Seccomp must be switched on."""
    found = _bad_seccomp(spec)
    if found or _context(spec).get("seccompProfile") is not None:
        return found
    silent = _those(spec, lambda context: context.get("seccompProfile") is None)
    detail = f'pod or {_named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return ("seccompProfile", detail) if silent else None


def sysctls(minor: int) -> Check:
    """Only sysctls that concern the pod alone."""
    allowed = {name for since, names in _SYSCTLS.items() if since <= minor for name in names.split()}

    def check(_: Obj, spec: Obj) -> Found:
        bad = [str(item.get("name", "")) for item in _context(spec).get("sysctls") or () if item.get("name") not in allowed]
        return ("forbidden sysctls", ", ".join(bad)) if bad else None

    return check


def windows_host_process(_: Obj, spec: Obj) -> Found:
    """No process of a Windows host."""
    setters = _setters(spec, lambda context: (context.get("windowsOptions") or {}).get("hostProcess"))
    return ("hostProcess", f"{' and '.join(setters)} must not set securityContext.windowsOptions.hostProcess=true") if setters else None


def relaxed(check: Check) -> Check:
    """A check that a pod in a user namespace of its own need not pass."""
    return lambda meta, spec: None if spec.get("hostUsers") is False else check(meta, spec)


def not_windows(check: Check) -> Check:
    """A check of what Windows does not have."""
    return lambda meta, spec: None if (spec.get("os") or {}).get("name") == "windows" else check(meta, spec)
