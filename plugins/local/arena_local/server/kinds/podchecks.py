"""Validation of pod specs, with the messages of the real thing. ``path`` is ``spec`` or ``spec.template.spec``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import names, quantity
from arena_local.server.causes import Cause, bad_value, duplicate, missing, prohibited, required, unsupported
from arena_local.server.kinds.podrules import rule_causes

Obj = dict[str, Any]
_STANDARD = frozenset({"cpu", "memory", "ephemeral-storage"})
_ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"
_PORT_TEXT = "must be between 1 and 65535, inclusive"
_ENV_FIELDS = frozenset(
    {
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
_POLICIES = ("Always", "OnFailure", "Never")


def check_spec(spec: Obj, path: str, *, policies: tuple[str, ...] = _POLICIES) -> Iterator[Cause]:
    """Yield what is wrong with a pod spec."""
    volumes = {volume.get("name", "") for volume in spec.get("volumes") or ()}
    yield from _volumes(spec.get("volumes") or [], f"{path}.volumes")
    containers = spec.get("containers") or []
    if not containers:
        yield required(f"{path}.containers")
    seen: set[str] = set()
    for key in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(key) or ()):
            yield from _container(container, f"{path}.{key}[{index}]", volumes, seen, init=key == "initContainers")
    policy = spec.get("restartPolicy", "")
    if policies == _POLICIES and policy not in policies:
        yield unsupported(f"{path}.restartPolicy", policy, policies)
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and not 1 <= deadline <= 2147483647:
        yield bad_value(f"{path}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
    if spec.get("dnsPolicy") not in ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"):
        yield unsupported(f"{path}.dnsPolicy", spec.get("dnsPolicy"), ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"])
    for key, value in (spec.get("nodeSelector") or {}).items():
        for text in names.qualified_name(key):
            yield bad_value(f"{path}.nodeSelector", key, text)
        for text in names.label_value(value):
            yield bad_value(f"{path}.nodeSelector", value, text)
    yield from _tolerations(spec.get("tolerations") or [], f"{path}.tolerations")
    yield from _host_names(spec, path)
    yield from rule_causes(spec, path)


def _host_names(spec: Obj, path: str) -> Iterator[Cause]:
    for key in ("hostname", "subdomain"):
        if spec.get(key):
            for text in names.label(spec[key]):
                yield bad_value(f"{path}.{key}", spec[key], text)
    if spec.get("serviceAccountName"):
        for text in names.subdomain(spec["serviceAccountName"]):
            yield bad_value(f"{path}.serviceAccountName", spec["serviceAccountName"], text)
    if spec.get("priorityClassName") and spec.get("preemptionPolicy") not in (None, "Never", "PreemptLowerPriority"):
        yield unsupported(f"{path}.preemptionPolicy", spec["preemptionPolicy"], ["Never", "PreemptLowerPriority"])


def _volumes(volumes: list[Obj], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, volume in enumerate(volumes):
        where, name = f"{path}[{index}]", volume.get("name", "")
        if not name:
            yield required(f"{where}.name")
        for text in names.label(name) if name else ():
            yield bad_value(f"{where}.name", name, text)
        if name in seen:
            yield duplicate(f"{where}.name", name)
        seen.add(name)
        sources = [key for key in volume if key != "name"]
        for key in sorted(sources, key=lambda key: key != "emptyDir")[1:]:
            yield prohibited(f"{where}.{key}", "may not specify more than 1 volume type")
        yield from _volume_source(volume, where)


def _volume_source(volume: Obj, where: str) -> Iterator[Cause]:
    if "configMap" in volume and not volume["configMap"].get("name"):
        yield required(f"{where}.configMap.name")
    if "secret" in volume and not volume["secret"].get("secretName"):
        yield required(f"{where}.secret.secretName")
    if "hostPath" in volume:
        yield from _host_path(volume["hostPath"].get("path", ""), f"{where}.hostPath.path")
    if "persistentVolumeClaim" in volume and not volume["persistentVolumeClaim"].get("claimName"):
        yield required(f"{where}.persistentVolumeClaim.claimName")
    for key in ("configMap", "secret", "downwardAPI"):
        yield from _items(volume.get(key), f"{where}.{key}")
    for index, part in enumerate((volume.get("projected") or {}).get("sources") or ()):
        for key in ("configMap", "secret", "downwardAPI"):
            yield from _items(part.get(key), f"{where}.projected.sources[{index}].{key}")


def _host_path(path: str, field: str) -> Iterator[Cause]:
    if not path:
        yield required(field)
    elif ".." in path.split("/"):
        yield bad_value(field, path, "must not contain '..'")
    elif "\0" in path:
        yield bad_value(field, path, "must not contain NUL")


def _items(source: Obj | None, where: str) -> Iterator[Cause]:
    for index, item in enumerate((source or {}).get("items") or ()):
        name, field = item.get("path", ""), f"{where}.items[{index}].path"
        if not name:
            yield required(field)
        elif name.startswith("/"):
            yield bad_value(field, name, "must be a relative path")
        elif ".." in name.split("/"):
            yield bad_value(field, name, "must not contain '..'")
        elif name.startswith(".."):
            yield bad_value(field, name, "must not start with '..'")


def _container(container: Obj, where: str, volumes: set[str], seen: set[str], *, init: bool) -> Iterator[Cause]:
    name = container.get("name", "")
    if not name:
        yield required(f"{where}.name")
    else:
        for text in names.label(name):
            yield bad_value(f"{where}.name", name, text)
    if name and name in seen:
        yield duplicate(f"{where}.name", name)
    seen.add(name)
    image = container.get("image", "")
    if not image:
        yield required(f"{where}.image")
    elif image != image.strip():
        yield bad_value(f"{where}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("imagePullPolicy", "")
    if policy not in ("Always", "IfNotPresent", "Never"):
        yield unsupported(f"{where}.imagePullPolicy", policy, ["Always", "IfNotPresent", "Never"])
    if container.get("terminationMessagePolicy") not in ("File", "FallbackToLogsOnError"):
        given = container.get("terminationMessagePolicy")
        yield unsupported(f"{where}.terminationMessagePolicy", given, ["FallbackToLogsOnError", "File"])
    yield from _ports(container.get("ports") or [], f"{where}.ports")
    yield from _env(container.get("env") or [], f"{where}.env")
    yield from _mounts(container.get("volumeMounts") or [], f"{where}.volumeMounts", volumes)
    yield from _resources(container.get("resources") or {}, f"{where}.resources")
    if init and container.get("restartPolicy") not in (None, "Always"):
        yield unsupported(f"{where}.restartPolicy", container["restartPolicy"], ["Always"])
    if init and container.get("restartPolicy") != "Always":
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if probe in container:
                yield prohibited(f"{where}.{probe}", "may not be set for init containers without restartPolicy=Always")


def _ports(ports: list[Obj], path: str) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        where = f"{path}[{index}]"
        number = port.get("containerPort", 0)
        if not number:
            yield required(f"{where}.containerPort")
        elif not 1 <= number <= 65535:
            yield bad_value(f"{where}.containerPort", number, _PORT_TEXT)
        if port.get("hostPort") and not 1 <= port["hostPort"] <= 65535:
            yield bad_value(f"{where}.hostPort", port["hostPort"], _PORT_TEXT)
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            yield unsupported(f"{where}.protocol", port.get("protocol"), ["SCTP", "TCP", "UDP"])
        name = port.get("name")
        if name:
            yield from (bad_value(f"{where}.name", name, text) for text in port_name(name))
            if name in seen:
                yield duplicate(f"{where}.name", name)
            seen.add(name)


def port_name(name: str) -> list[str]:
    """Return what is wrong with the name of a port (IANA_SVC_NAME)."""
    problems = ["must be no more than 15 characters"] if len(name) > 15 else []
    if not re.fullmatch("[-a-z0-9]+", name):
        problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        problems.append("must contain at least one letter (a-z)")
    if "--" in name:
        problems.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        problems.append("must not begin or end with a hyphen")
    return problems


def _env(variables: list[Obj], path: str) -> Iterator[Cause]:
    for index, variable in enumerate(variables):
        where, name = f"{path}[{index}]", variable.get("name", "")
        if not name:
            yield required(f"{where}.name")
        elif not re.fullmatch(r"[ -<>-~]+", name):
            yield bad_value(f"{where}.name", name, _ENV_TEXT)
        source = variable.get("valueFrom")
        if source is not None:
            if not source:
                keys = "`configMapKeyRef`, `fieldRef`, `fileKeyRef`, `resourceFieldRef` or `secretKeyRef`"
                yield bad_value(f"{where}.valueFrom", "", f"must specify one of: {keys}")
            elif variable.get("value"):
                yield bad_value(f"{where}.valueFrom", "", "may not be specified when `value` is not empty")
            elif len(source) > 1:
                yield bad_value(f"{where}.valueFrom", "", "may not have more than one field specified at a time")
            if source.get("fieldRef"):
                yield from _field_ref(source["fieldRef"], f"{where}.valueFrom.fieldRef", _ENV_FIELDS)


def _field_ref(ref: Obj, where: str, known: frozenset[str]) -> Iterator[Cause]:
    path = ref.get("fieldPath", "")
    if not path:
        yield required(f"{where}.fieldPath")
    elif not re.fullmatch(r"metadata\.(labels|annotations)\['[^']+'\]", path) and path not in known:
        text = f"error converting fieldPath: field label not supported: {path}"
        yield bad_value(f"{where}.fieldPath", path, text)


def _mounts(mounts: list[Obj], path: str, volumes: set[str]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        where, name = f"{path}[{index}]", mount.get("name", "")
        if not name:
            yield required(f"{where}.name")
        elif name not in volumes:
            yield missing(f"{where}.name", name)
        target = mount.get("mountPath", "")
        if not target:
            yield required(f"{where}.mountPath")
        elif target in seen:
            yield bad_value(f"{where}.mountPath", target, "must be unique")
        seen.add(target)
        sub = mount.get("subPath", "")
        if sub.startswith("/"):
            yield bad_value(f"{where}.subPath", sub, "must be a relative path")
        elif ".." in sub.split("/"):
            yield bad_value(f"{where}.subPath", sub, "must not contain '..'")
        for key in ("mountPath", "subPath", "subPathExpr"):
            if "\0" in mount.get(key, ""):
                yield bad_value(f"{where}.{key}", mount[key], "must not contain NUL")


def _resources(resources: Obj, path: str) -> Iterator[Cause]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for key in ("limits", "requests"):
        for name, value in (resources.get(key) or {}).items():
            yield from _amount(name, value, f"{path}.{key}[{name}]")
    yield from _against_limits(limits, requests, path)


def _against_limits(limits: Mapping[str, str], requests: Mapping[str, str], path: str) -> Iterator[Cause]:
    for name, value in requests.items():
        if name in limits:
            if quantity.parse(value) > quantity.parse(limits[name]):
                text = f"must be less than or equal to {name} limit of {limits[name]}"
                yield bad_value(f"{path}.requests", value, text)
            elif "/" in name and quantity.parse(value) != quantity.parse(limits[name]):
                yield bad_value(f"{path}.requests", value, f"must be equal to {name} limit of {limits[name]}")
        elif "/" in name:
            yield required(f"{path}.limits", "Limit must be set for non overcommitable resources")


def _amount(name: str, value: str, where: str) -> Iterator[Cause]:
    for text in names.qualified_name(name):
        yield bad_value(where, name, text)
    if "/" not in name and name not in _STANDARD and not name.startswith("hugepages-"):
        yield bad_value(where, name, "must be a standard resource type or fully qualified")
        yield bad_value(where, name, "must be a standard resource for containers")
        return
    number = quantity.parse(value)
    if number < 0:
        yield bad_value(where, value, "must be greater than or equal to 0")
    elif "/" in name and number % quantity.ONE:
        yield bad_value(where, value, "must be an integer")


def _tolerations(tolerations: list[Obj], path: str) -> Iterator[Cause]:
    for index, item in enumerate(tolerations):
        where, operator = f"{path}[{index}]", item.get("operator", "Equal") or "Equal"
        if item.get("key"):
            for text in names.qualified_name(item["key"]):
                yield bad_value(f"{where}.key", item["key"], text)
        elif operator != "Exists":
            text = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield bad_value(f"{where}.operator", item.get("operator", ""), text)
        if operator == "Exists" and item.get("value"):
            yield bad_value(f"{where}.operator", item, "value must be empty when `operator` is 'Exists'")
        if operator not in ("Equal", "Exists", "Lt", "Gt"):
            yield unsupported(f"{where}.operator", operator, ["Equal", "Exists"])
        if item.get("effect") and item["effect"] not in ("NoSchedule", "PreferNoSchedule", "NoExecute"):
            yield unsupported(f"{where}.effect", item["effect"], ["NoExecute", "NoSchedule", "PreferNoSchedule"])
        if item.get("tolerationSeconds") is not None and item.get("effect") != "NoExecute":
            text = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield bad_value(f"{where}.effect", item.get("effect", ""), text)


def env_warnings(spec: Obj, path: str) -> Iterator[str]:
    """Yield warnings about repeated variables."""
    for key in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(key) or ()):
            seen: set[str] = set()
            for at, variable in enumerate(container.get("env") or ()):
                name = variable.get("name", "")
                if name in seen:
                    where = f"{path}.{key}[{index}].env[{at}]"
                    yield f'{where}: hides previous definition of "{name}", which may be dropped when using apply'
                seen.add(name)
