"""Accepted means done or warned about: which fields have no effect here, and who sets one is told so.

``data/effects.toml`` is the list for the kinds of Kubernetes, a bundle brings that of its own kinds; a test walks the schemas of all
served kinds against them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from arena_core.k8s import owners
from arena_core.k8s.copies import same
from arena_local.sdk.bundle import Admission, Api, Obj
from arena_local.server.schema import Node, builtin_schema

_POD_SPEC = "io.k8s.api.core.v1.PodSpec"


def _is_set(value: Any) -> bool:
    """Whether a value says anything but what happens anyway."""
    return value is not None and value is not False and value not in ("", "None", {}, [])


@cache
def table() -> dict[str, Any]:
    """Return the list."""
    text = resources.files("arena_local.server").joinpath("data/effects.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _short(definition: str) -> str:
    """Return a definition's name as the list writes it: ``core.v1.Container``."""
    return ".".join(definition.split(".")[-3:])


@cache
def _warned() -> dict[str, dict[str, str]]:
    """Go type -> field -> what is said. Types of that name in other groups have no fields to warn of."""
    return {name.rsplit(".", 1)[-1]: row["warned"] for name, row in table()["fields"].items() if row.get("warned")}


def _of_builtin(node: Node | None, value: Any, path: str) -> Iterator[str]:
    if node is None:
        return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _of_builtin(node.items, item, f"{path}[{index}]")
    elif isinstance(value, dict):
        warned = _warned().get(node.go_type, {})
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            if name in warned and _is_set(item):
                yield f"{where}: no effect on the local cluster ({warned[name]})"
            else:
                yield from _of_builtin(node.properties.get(name) or node.additional, item, where)


def _of_custom(value: Any, path: str, plain: str, warned: Mapping[str, str]) -> Iterator[str]:
    """Look through a custom resource; ``plain`` is the path as the list writes it, without indices."""
    if plain in warned and _is_set(value):
        yield f"{path}: no effect on the local cluster ({warned[plain]})"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _of_custom(item, f"{path}[{index}]", plain, warned)
    elif isinstance(value, dict):
        if isinstance(value.get("containers"), list):
            # A pod's spec, to which a kind may have added fields of its own (the predictor of an InferenceService).
            for name in value:
                if f"{plain}.{name}".lstrip(".") in warned:
                    yield from _of_custom(value[name], f"{path}.{name}".lstrip("."), f"{plain}.{name}".lstrip("."), warned)
            yield from _of_builtin(builtin_schema(_POD_SPEC), value, path)
            return
        for name, item in value.items():
            if path or name not in ("status", "metadata"):
                yield from _of_custom(item, f"{path}.{name}".lstrip("."), f"{plain}.{name}".lstrip("."), warned)


def without_effect(api: Any, obj: Obj) -> Iterator[str]:
    """Yield what an object says that is not done here."""
    resource = api.of_object(obj)
    if resource.custom:
        known = api.effects.get(resource.storage_id)
        yield from _of_custom(obj, "", "", known.warned if known else {})
    else:
        body = {key: value for key, value in obj.items() if key not in ("metadata", "status", "kind", "apiVersion")}
        yield from _of_builtin(resource.schema, body, "")


def _tell(api: Api, obj: Obj, old: Obj | None, operation: str) -> Iterable[str]:
    if owners.controller_of(obj) or obj["kind"] == "Workload" or (old is not None and same(obj.get("spec"), old.get("spec"))):
        return ()  # its owner has been told, or nothing new is said
    return without_effect(api, obj)


def admission(kinds: Iterable[str]) -> tuple[Admission, ...]:
    """Return the hooks that answer with such warnings, for kinds by their ids."""

    def stored(kind: str, text: str) -> Callable[[Api, Obj, Obj | None, str], Iterable[str]]:
        return lambda api, obj, old, operation: [f"the local cluster stores {kind.partition('.')[0]} only: {text}"]

    only = [Admission("stored-only", kind, ("CREATE",), validate=stored(kind, text)) for kind, text in table()["kinds"].items()]
    return (*only, *(Admission("without-effect", kind, ("CREATE", "UPDATE"), validate=_tell) for kind in kinds))


__all__ = ["admission", "table", "without_effect"]
