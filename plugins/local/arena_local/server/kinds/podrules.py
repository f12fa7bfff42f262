"""Rules of a pod's spec about handlers, affinity, names and gates; ``podchecks`` has those about containers and volumes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from arena_local.server.causes import Cause, bad_value, duplicate, prohibited, required

Obj = dict[str, Any]

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_PORT = "must be between 1 and 65535, inclusive"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def rule_causes(spec: Obj, path: str) -> Iterator[Cause]:
    """Yield what is wrong with a pod's spec."""
    for key in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            yield from _handlers(container, f"{path}.{key}[{index}]")
            yield from _identity(container.get("securityContext") or {}, f"{path}.{key}[{index}].securityContext")
            if spec.get("hostNetwork"):
                yield from _host_ports(container, f"{path}.{key}[{index}]")
    yield from _identity(spec.get("securityContext") or {}, f"{path}.securityContext")
    yield from _affinity(spec.get("affinity") or {}, f"{path}.affinity")
    yield from _gates(spec, path)
    yield from _names(spec, path)


def _handlers(container: Obj, where: str) -> Iterator[Cause]:
    for name in _PROBES:
        probe = container.get(name)
        if probe is None:
            continue
        yield from _handler(probe, f"{where}.{name}")
        for field in _COUNTS:
            if (probe.get(field) or 0) < 0:
                yield bad_value(f"{where}.{name}.{field}", probe[field], "must be greater than or equal to 0")
        if name != "readinessProbe" and probe.get("successThreshold", 1) != 1:
            yield bad_value(f"{where}.{name}.successThreshold", probe["successThreshold"], "must be 1")
    for name, hook in (container.get("lifecycle") or {}).items():
        if name in ("postStart", "preStop"):
            yield from _handler(hook or {}, f"{where}.lifecycle.{name}")


def _handler(given: Obj, where: str) -> Iterator[Cause]:
    found = [name for name in _HANDLERS if given.get(name) is not None]
    if not found:
        yield required(where, "must specify a handler type")
    for name in found[1:]:
        yield prohibited(f"{where}.{name}", "may not specify more than 1 handler type")
    for name in found[:1]:
        inner = given[name]
        if name == "exec" and not inner.get("command"):
            yield required(f"{where}.exec.command")
        port = inner.get("port")
        if name in ("httpGet", "tcpSocket") and isinstance(port, int) and not 0 < port < 65536:
            yield bad_value(f"{where}.{name}.port", port, _PORT)


def _identity(context: Obj, where: str) -> Iterator[Cause]:
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        value = context.get(field)
        if value is not None and not 0 <= value <= 2147483647:
            yield bad_value(f"{where}.{field}", value, "must be between 0 and 2147483647, inclusive")


def _host_ports(container: Obj, where: str) -> Iterator[Cause]:
    for index, port in enumerate(container.get("ports") or ()):
        number = port.get("containerPort")
        if port.get("hostPort") and port["hostPort"] != number:
            yield bad_value(f"{where}.ports[{index}].containerPort", number, "must match `hostPort` when `hostNetwork` is true")


def _affinity(affinity: Obj, where: str) -> Iterator[Cause]:
    wanted = (affinity.get("nodeAffinity") or {}).get(_REQUIRED)
    if wanted is not None:
        terms = wanted.get("nodeSelectorTerms") or ()
        if not terms:
            yield required(f"{where}.nodeAffinity.{_REQUIRED}.nodeSelectorTerms", "must have at least one node selector term")
        for number, term in enumerate(terms):
            for index, item in enumerate(term.get("matchExpressions") or ()):
                if item.get("operator") in ("In", "NotIn") and not item.get("values"):
                    path = f"{where}.nodeAffinity.{_REQUIRED}.nodeSelectorTerms[{number}].matchExpressions[{index}].values"
                    yield required(path, "must be specified when `operator` is 'In' or 'NotIn'")
    for kind in ("podAffinity", "podAntiAffinity"):
        for index, term in enumerate((affinity.get(kind) or {}).get(_REQUIRED) or ()):
            if not term.get("topologyKey"):
                yield required(f"{where}.{kind}.{_REQUIRED}[{index}].topologyKey", "can not be empty")


def _gates(spec: Obj, path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        name = gate.get("name", "")
        if name in seen:
            yield duplicate(f"{path}.schedulingGates[{index}]", name)
        seen.add(name)
    if seen and spec.get("nodeName"):
        yield prohibited(f"{path}.nodeName", "cannot be set until all schedulingGates have been cleared")


def _names(spec: Obj, path: str) -> Iterator[Cause]:
    if spec.get("dnsPolicy") == "None":
        if not spec.get("dnsConfig"):
            yield required(f"{path}.dnsConfig", "must provide `dnsConfig` when `dnsPolicy` is None")
        elif not spec["dnsConfig"].get("nameservers"):
            yield required(f"{path}.dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None")
    for index, alias in enumerate(spec.get("hostAliases") or ()):
        try:
            ipaddress.ip_address(alias.get("ip", ""))
        except ValueError:
            text = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
            yield bad_value(f"{path}.hostAliases[{index}].ip", alias.get("ip", ""), text)
