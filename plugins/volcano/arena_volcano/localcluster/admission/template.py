"""The part of the API server's pod-template validation that Volcano's webhook runs when a job is created."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import names as syntax
from arena_core.k8s import quantity

_RESTART = ("Always", "OnFailure", "Never")


def template_errors(template: Mapping[str, Any]) -> list[str]:
    """Return the field errors of a pod template, with paths from ``template`` on."""
    spec: Mapping[str, Any] = template.get("spec") or {}
    path = "template.spec"
    errors: list[str] = []
    volumes = {volume.get("name") for volume in spec.get("volumes") or ()}
    names: set[str] = set()
    containers = spec.get("containers") or ()
    if not containers:
        errors.append(f"{path}.containers: Required value")
    for field in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(field) or ()):
            errors.extend(_container_errors(container, f"{path}.{field}[{index}]", names, volumes))
    restart = spec.get("restartPolicy") or "Always"
    if restart not in _RESTART:
        values = ", ".join(f'"{value}"' for value in _RESTART)
        errors.append(f'{path}.restartPolicy: Unsupported value: "{restart}": supported values: {values}')
    return errors


def _container_errors(container: Mapping[str, Any], path: str, names: set[str], volumes: set[Any]) -> Iterator[str]:
    name = container.get("name") or ""
    if not name:
        yield f"{path}.name: Required value"
    elif problems := syntax.label(name):
        yield from (f'{path}.name: Invalid value: "{name}": {problem}' for problem in problems)
    elif name in names:
        yield f'{path}.name: Duplicate value: "{name}"'
    names.add(name)
    if not (container.get("image") or "").strip():
        yield f"{path}.image: Required value"
    paths: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        where = f"{path}.volumeMounts[{index}]"
        if not mount.get("name"):
            yield f"{where}.name: Required value"
        elif mount["name"] not in volumes:
            yield f'{where}.name: Not found: "{mount["name"]}"'
        if not mount.get("mountPath"):
            yield f"{where}.mountPath: Required value"
        elif mount["mountPath"] in paths:
            yield f'{where}.mountPath: Invalid value: "{mount["mountPath"]}": must be unique'
        paths.add(mount.get("mountPath", ""))
    yield from _resource_errors(container.get("resources") or {}, f"{path}.resources")


def _resource_errors(resources: Mapping[str, Any], path: str) -> Iterator[str]:
    limits = resources.get("limits") or {}
    for name, value in (resources.get("requests") or {}).items():
        limit = limits.get(name)
        extended = "/" in name
        if limit is None:
            if extended:
                yield f"{path}.limits: Required value: Limit must be set for non overcommitable resources"
            continue
        text = quantity.canonical(value)
        ceiling = quantity.canonical(limit)
        if extended and quantity.parse(value) != quantity.parse(limit):
            yield f'{path}.requests: Invalid value: "{text}": must be equal to {name} limit of {ceiling}'
        elif quantity.parse(value) > quantity.parse(limit):
            yield f'{path}.requests: Invalid value: "{text}": must be less than or equal to {name} limit of {ceiling}'
