"""The environment of a container: order, references, fields and resources."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from typing import Any

from arena_core.k8s import quantity
from arena_local.kubelet.expand import expand
from arena_local.sdk.bundle import Api, Obj

#: What a container inherits of the daemon's own environment; everything else stays outside.
INHERITED = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")
INHERITED_PREFIXES = ("LC_", "CUDA", "NVIDIA_", "ROCM", "HIP_")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_SUBSCRIPT = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]\Z")


class ConfigError(Exception):
    """A container cannot be made yet because something it refers to is missing."""


def inherited() -> dict[str, str]:
    """Return what every container gets from the machine."""
    found = {k: v for k, v in os.environ.items() if k in INHERITED or k.startswith(INHERITED_PREFIXES) or k.lower() in PROXIES}
    found.setdefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
    return found


def environment(api: Api, pod: Obj, container: Obj, facts: Mapping[str, str]) -> dict[str, str]:
    """Return what the spec sets: envFrom first, then env in its order; ``facts`` holds podIP, hostIP and the node's sizes."""
    result: dict[str, str] = {}
    for source in container.get("envFrom") or ():
        result |= _from_source(api, pod, source)
    for item in container.get("env") or ():
        name = item["name"]
        if "valueFrom" not in item:
            result[name] = expand(item.get("value", ""), result)
            continue
        value = _value_from(api, pod, container, item["valueFrom"], facts)
        if value is not None:
            result[name] = value
    return result


def _from_source(api: Api, pod: Obj, source: Obj) -> dict[str, str]:
    for key, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
        if key in source:
            obj = _referred(api, pod, resource, source[key])
            if obj is None:
                return {}
            return {source.get("prefix", "") + k: v for k, v in texts(resource, obj).items()}
    return {}


def _referred(api: Api, pod: Obj, resource: str, ref: Obj) -> Obj | None:
    name = ref.get("name", "")
    obj = api.find(resource, pod["metadata"]["namespace"], name)
    if obj is None and not ref.get("optional"):
        raise ConfigError(f'{resource[:-1]} "{name}" not found')
    return obj


def texts(resource: str, obj: Obj) -> dict[str, str]:
    """Return the entries of a ConfigMap or Secret as text."""
    if resource == "secrets":
        return {k: base64.b64decode(v).decode(errors="surrogateescape") for k, v in (obj.get("data") or {}).items()}
    return dict(obj.get("data") or {})


def _value_from(api: Api, pod: Obj, container: Obj, source: Obj, facts: Mapping[str, str]) -> str | None:
    for key, resource, kind in (("configMapKeyRef", "configmaps", "ConfigMap"), ("secretKeyRef", "secrets", "Secret")):
        if key in source:
            ref = source[key]
            obj = _referred(api, pod, resource, ref)
            if obj is None:
                return None
            values = texts(resource, obj)
            if ref["key"] not in values:
                if ref.get("optional"):
                    return None
                raise ConfigError(f"couldn't find key {ref['key']} in {kind} {pod['metadata']['namespace']}/{ref['name']}")
            return values[ref["key"]]
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"].get("fieldPath", ""), facts)
    if "resourceFieldRef" in source:
        return resource_value(pod, container, source["resourceFieldRef"], facts)
    return None


def field_value(pod: Obj, path: str, facts: Mapping[str, str]) -> str:
    """Return the value of a field of the pod by the downward API."""
    meta, spec = pod["metadata"], pod["spec"]
    if match := _SUBSCRIPT.match(path):
        return str((meta.get(match[1]) or {}).get(match[2], ""))
    simple: dict[str, Any] = {
        "metadata.name": meta.get("name"),
        "metadata.namespace": meta.get("namespace"),
        "metadata.uid": meta.get("uid"),
        "spec.nodeName": spec.get("nodeName"),
        "spec.serviceAccountName": spec.get("serviceAccountName"),
        "status.podIP": facts.get("podIP"),
        "status.podIPs": facts.get("podIP"),
        "status.hostIP": facts.get("hostIP"),
        "status.hostIPs": facts.get("hostIP"),
    }
    if path in simple:
        return str(simple[path] or "")
    if path in ("metadata.labels", "metadata.annotations"):
        values = meta.get(path.rpartition(".")[2]) or {}
        return "".join(f"{k}={_quoted(v)}\n" for k, v in sorted(values.items())).rstrip("\n")
    raise ConfigError(f"unsupported fieldPath: {path}")


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def resource_value(pod: Obj, container: Obj | None, ref: Obj, facts: Mapping[str, str]) -> str:
    """Return ``limits.cpu`` and the like in units of the divisor; a limit that is not set is the node's size."""
    if ref.get("containerName"):
        every = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
        container = next((c for c in every if c["name"] == ref["containerName"]), None)
    if container is None:
        raise ConfigError(f"container {ref.get('containerName')} not found")
    group, _, name = ref["resource"].partition(".")
    resources = container.get("resources") or {}
    value = (resources.get(group) or {}).get(name)
    if value is None and group == "limits":
        value = facts.get(f"node.{name}")
    divisor = quantity.parse(ref.get("divisor") or "0") or quantity.ONE
    return str(-(-quantity.parse(value or "0") // divisor))
