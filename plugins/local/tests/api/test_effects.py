"""Accepted means done or warned about (C8): every field of every kind stands in the list, and who sets one without effect is told."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from arena_local.sdk.bundle import Bundle, FieldEffects
from arena_local.sdk.crds import load_crds, load_effects
from arena_local.server import effects
from arena_local.server.builtin import builtin_kinds
from arena_local.server.schema import raw_definitions
from arena_local.server.server import ApiServer
from arena_local.store import Store

Obj = dict[str, Any]
ROOT = Path(__file__).parents[4]
CLASSES = ("acted", "harmless", "warned")


@cache
def bundles() -> list[Bundle]:
    """The bundles of the installed job types."""
    loaded = [point.load() for point in metadata.entry_points(group="arena.local_controllers")]
    return [bundle for bundle in loaded if isinstance(bundle, Bundle)]


@cache
def crds() -> list[Obj]:
    """The CRDs of the cluster itself and of the installed job types."""
    return [*load_crds("arena_local"), *(crd for bundle in bundles() for crd in bundle.crds())]


@cache
def custom() -> dict[str, FieldEffects]:
    """What is said of their fields."""
    found = dict(load_effects("arena_local"))
    for bundle in bundles():
        found |= bundle.effects()
    return found


def references(raw: Any) -> Iterator[str]:
    if isinstance(raw, Mapping):
        if "$ref" in raw:
            yield raw["$ref"]
        for value in raw.values():
            yield from references(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from references(value)


@cache
def definitions() -> dict[str, tuple[str, ...]]:
    """Definition -> its fields, of all that can be written to a built-in kind."""
    found: dict[str, tuple[str, ...]] = {}
    open_ = [f"{row.package}.{row.kind}" for row in builtin_kinds() if "create" in row.verbs]
    while open_:
        name = open_.pop()
        if name in found or name not in raw_definitions():
            continue
        fields = {key: child for key, child in (raw_definitions()[name].get("properties") or {}).items() if key != "status"}
        found[name] = tuple(key for key in fields if key not in ("apiVersion", "kind", "metadata"))
        open_ += [name for child in fields.values() for name in references(child)]
    return found


def classes_of(definition: str, field: str) -> list[str]:
    """Return the classes that the list gives a field of a definition."""
    short = ".".join(definition.split(".")[-3:])
    row = effects.table()["fields"].get(short)
    if row is not None:
        given = {key: row.get(key, "").split() for key in ("acted", "harmless")} | {"warned": list(row.get("warned", {}))}
        return [key for key, names in given.items() if field in names]
    whole = effects.table()["whole"]
    return [key for key in ("acted", "harmless") if any(fnmatchcase(short, pattern) for pattern in whole[key].split())]


def test_every_field_of_every_built_in_kind_stands_in_the_list() -> None:
    """C8: a field that Kubernetes adds must be looked at before it is accepted."""
    unknown = [f"{name}.{field}" for name, fields in definitions().items() for field in fields if not classes_of(name, field)]
    assert not unknown, f"accepted, and nobody has said whether it has an effect (api/data/effects.toml): {unknown}"


def test_the_list_says_one_thing_of_each_field() -> None:
    """C8: and nothing of fields that there are not."""
    twice = [f"{name}.{field}" for name, fields in definitions().items() for field in fields if len(classes_of(name, field)) > 1]
    assert not twice
    known = {".".join(name.split(".")[-3:]): fields for name, fields in definitions().items()}
    for short, row in effects.table()["fields"].items():
        listed = {*row.get("acted", "").split(), *row.get("harmless", "").split(), *row.get("warned", {})}
        assert short in known and listed <= set(known[short]), (short, listed - set(known.get(short, ())))
    ids = {f"{row.plural}.{row.group}" if row.group else row.plural for row in builtin_kinds()}
    ids |= {crd["metadata"]["name"] for crd in crds()}
    assert set(effects.table()["kinds"]) <= ids


def paths(raw: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield the leaves of a schema; pod templates are left out."""
    properties = raw.get("properties") or {}
    if "containers" in properties:
        return
    children = [(f"{path}.{name}".lstrip("."), child) for name, child in properties.items()]
    children += [(path, raw[key]) for key in ("items", "additionalProperties") if isinstance(raw.get(key), Mapping)]
    for where, child in children:
        yield from paths(child, where)
    if not children:
        yield path


def test_every_field_of_every_custom_resource_stands_in_the_list() -> None:
    """C8: the longest prefix of a path decides."""
    unknown = []
    for crd in crds():
        kind = crd["metadata"]["name"]
        row = custom().get(kind, FieldEffects())
        listed = [*row.acted, *row.harmless, *row.warned]
        for version in crd["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            for name, child in schema["properties"].items():
                if name in ("apiVersion", "kind", "metadata", "status"):
                    continue
                unknown += [
                    f"{kind} {path}" for path in paths(child, name) if not any(f"{path}.".startswith(f"{item}.") for item in listed)
                ]
    assert not unknown, f"accepted, and nobody has said whether it has an effect (crds/effects.toml of its package): {unknown}"
    assert set(custom()) == {crd["metadata"]["name"] for crd in crds()}


@pytest.fixture
def api() -> ApiServer:
    made = ApiServer(Store(None))
    for crd in crds():
        made.crds.install(copy.deepcopy(crd))
    made.effects.update(custom())
    made.add_admission(effects.admission(made.kinds()))
    return made


POD: Obj = {
    "containers": [
        {
            "name": "c",
            "image": "i",
            "env": [{"name": "A", "valueFrom": {"fileKeyRef": {"key": "k", "path": "p", "volumeName": "v"}}}],
            "securityContext": {"runAsUser": 0, "privileged": False},
        }
    ],
    "dnsConfig": {},
}
WHY = {
    "containers[0].env[0].valueFrom.fileKeyRef": "the variable is not set",
    "containers[0].securityContext.runAsUser": "the process runs as you",
}


@pytest.mark.parametrize(
    ("obj", "prefix"),
    [
        ({"apiVersion": "v1", "kind": "Pod", "spec": POD}, "spec."),
        (
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "spec": {"template": {"spec": {**POD, "restartPolicy": "Never"}}},
            },
            "spec.template.spec.",
        ),
        (
            {
                "apiVersion": "kubeflow.org/v1",
                "kind": "PyTorchJob",
                "spec": {"pytorchReplicaSpecs": {"Master": {"template": {"spec": POD}}}},
            },
            "spec.pytorchReplicaSpecs.Master.template.spec.",
        ),
        (
            {
                "apiVersion": "workload.codeflare.dev/v1beta2",
                "kind": "AppWrapper",
                "spec": {"components": [{"template": {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": POD}}]},
            },
            "spec.components[0].template.spec.",
        ),
    ],
)
def test_who_sets_a_field_without_effect_is_told(api: ApiServer, obj: Obj, prefix: str) -> None:
    """C8: of pods and of pod templates, wherever they lie."""
    found = list(effects.without_effect(api, obj))
    assert sorted(found) == sorted(f"{prefix}{path}: no effect on the local cluster ({why})" for path, why in WHY.items())


def test_fields_of_custom_resources(api: ApiServer) -> None:
    """C8."""
    job: Obj = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "spec": {"networkTopology": {"mode": "hard"}, "tasks": []}}
    assert list(effects.without_effect(api, job)) == [
        "spec.networkTopology: no effect on the local cluster (jobs are not placed by topology)"
    ]


def test_the_docs_name_all_of_them() -> None:
    """C8: "What is not there" lists what is stored only and what has no effect."""
    text = (ROOT / "docs/local-cluster.md").read_text(encoding="utf-8")
    for kind in effects.table()["kinds"]:
        assert f"`{kind.partition('.')[0]}`" in text, kind
    fields = {name: row.get("warned", {}) for name, row in effects.table()["fields"].items()}
    for name, warned in (fields | {name: row.warned for name, row in custom().items()}).items():
        for field in warned:
            assert f"`{field.removeprefix('spec.')}`" in text, (name, field)


def test_the_packed_schemas_are_the_ones_that_are_served() -> None:
    """The walk above is over what the server itself reads."""
    packed = (ROOT / "plugins/local/arena_local/server/data/builtin.json.gz").read_bytes()
    assert json.loads(gzip.decompress(packed)).keys() == raw_definitions().keys()
