"""Annotated types of the fields: how a value is read, how it is written back, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from arena_core.args import mounts, overlays, sources, tolerations
from arena_core.args import values as v
from arena_core.args.image import check_image
from arena_core.args.markers import AfterValidator, BeforeValidator, Metavar, PlainSerializer, WithJsonSchema


def _map_schema(form: str) -> WithJsonSchema:
    text = {"type": "string"}
    return WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
                {"type": "array", "items": {**text, "description": form}},
            ]
        }
    )


def _list_schema(form: str, by: str = "", **properties: Any) -> WithJsonSchema:
    """A list of texts or objects; ``by`` is what the keys of a mapping are that stands in place of the list."""
    shape = {"type": "object", "additionalProperties": False, "properties": {k: {"type": "string", **p} for k, p in properties.items()}}
    rows = {"type": "array", "items": {"anyOf": [{"type": "string", "description": form}, shape]}}
    mapping = {"type": "object", "additionalProperties": {"type": "string"}, "description": f"by {by}"}
    return WithJsonSchema({"anyOf": [rows, mapping]} if by else rows)


def _toleration_out(items: tuple[tolerations.Toleration, ...]) -> list[dict[str, Any]]:
    parts = ("key", "operator", "value", "effect", "seconds")
    return [{part: getattr(item, part) for part in parts if getattr(item, part) not in ("", None)} for item in items]


def _file_out(items: tuple[mounts.ConfigFile, ...]) -> list[dict[str, str]]:
    out = []
    for item in items:
        inline: Mapping[str, str] = {"source": item.source} if item.source else {"content": item.text or ""}
        out.append({**inline, "path": item.path})
    return out


def _writes(function: Any) -> PlainSerializer:
    return PlainSerializer(function, when_used="json")


EnvMap = Annotated[dict[str, str], BeforeValidator(v.env), _map_schema("NAME=VALUE"), Metavar("NAME=VALUE")]
LabelMap = Annotated[dict[str, str], BeforeValidator(v.labels), _map_schema("KEY=VALUE"), Metavar("KEY=VALUE")]
AnnotationMap = Annotated[dict[str, str], BeforeValidator(v.annotation_map), _map_schema("KEY=VALUE"), Metavar("KEY=VALUE")]
DeviceMap = Annotated[dict[str, str], BeforeValidator(v.devices), _map_schema("VENDOR/RESOURCE=QUANTITY")]
DataMounts = Annotated[
    tuple[mounts.DataMount, ...],
    BeforeValidator(mounts.data_mounts),
    _writes(lambda items: [f"{i.claim}:{i.path}" for i in items]),
    _list_schema("CLAIM:/path", claim={}, path={}),
    Metavar("CLAIM:/PATH"),
]
HostDirs = Annotated[
    tuple[mounts.HostDir, ...],
    BeforeValidator(mounts.host_dirs),
    _writes(lambda items: [f"{i.host}:{i.path}" for i in items]),
    _list_schema("/host[:/container]", host={}, path={}),
]
EnvSources = Annotated[
    tuple[sources.EnvSource, ...],
    BeforeValidator(sources.env_sources),
    _writes(lambda items: [i.text for i in items]),
    _list_schema("[VARIABLE=]NAME[:KEY]", "VARIABLE", name={}, key={}, variable={}),
    Metavar("NAME[:KEY]"),
]
Tolerations = Annotated[
    tuple[tolerations.Toleration, ...],
    BeforeValidator(tolerations.tolerations),
    _writes(_toleration_out),
    _list_schema(
        "key[=value]:effect[:operator[:seconds]] | key=value:effect,operator | key | all",
        key={},
        operator={"enum": ["Equal", "Exists"]},
        value={},
        effect={"enum": ["", *tolerations.EFFECTS]},
        seconds={"type": ["integer", "string"]},
    ),
    Metavar("TOLERATION"),
]
ConfigFiles = Annotated[
    tuple[mounts.ConfigFile, ...],
    BeforeValidator(mounts.config_files),
    _writes(_file_out),
    _list_schema("local[:/container/path]", source={}, path={}, content={}),
]
Patches = Annotated[
    tuple[overlays.Patch, ...],
    BeforeValidator(overlays.patches),
    _writes(lambda items: [i.document for i in items]),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "array"}], "description": "FILE, or the patch itself"}),
]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(v.words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
    Metavar("COMMAND..."),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(v.names),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
Quantity = Annotated[
    str, BeforeValidator(v.quantity), WithJsonSchema({"type": ["string", "number"], "examples": ["500m", "2", "2Gi"]}), Metavar("QUANTITY")
]
Duration = Annotated[
    int,
    BeforeValidator(v.duration),
    _writes(lambda n: f"{n}s"),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["90s", "1h30m"], "description": "Go duration"}),
    Metavar("DURATION"),
]
Processes = Annotated[
    str, BeforeValidator(v.processes), WithJsonSchema({"type": ["string", "integer"], "examples": ["auto", "8"]}), Metavar("N")
]
#: The reference of an image, or empty for "not given".
Image = Annotated[str, AfterValidator(check_image), Metavar("IMAGE")]
#: A Kubernetes object's name, or empty for "not given".
ObjectName = Annotated[str, AfterValidator(v.check_dns_subdomain)]
