"""Parts of the API rules that have a reference: CEL, quantities, selectors, patches, field sets, durations, protobuf."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import duration, quantity
from arena_core.k8s.jsonpatch import PatchFailed, apply_json_patch
from arena_local.http import bodies, protobuf
from arena_local.sdk.bundle import Admission, ApiError, Bundle, Denied
from arena_local.server import selectors
from arena_local.server.cel import CelError, UnsupportedError, evaluate, parse
from arena_local.server.fieldsets import read_set, write_set
from arena_local.server.jsonpath import find_all
from arena_local.server.patches import merge
from arena_local.server.rules import rule_causes
from arena_local.server.schema import builtin_schema, compile_schema
from arena_local.server.server import ApiServer
from arena_local.server.strategic import strategic_merge
from arena_local.store import Store

PODSPEC = builtin_schema("io.k8s.api.core.v1.PodSpec")
SERVICE = builtin_schema("io.k8s.api.core.v1.ServiceSpec")


def attempt(act: Callable[[], Any]) -> tuple[Any, int]:
    """Return what came of it, or the code of the refusal."""
    try:
        return act(), 0
    except ApiError as error:
        return None, error.code


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3 == 7", True),
        ("size([1, 2]) > 1 && 'ab'.startsWith('a')", True),
        ("[1, 2, 3].exists(x, x > 2)", True),
        ("[1, 2, 3].all(x, x > 2)", False),
        ("has(self.a) ? self.a : 5", 5),
        ("!has(self.b.c) || self.b.c", True),
        ("self.list.filter(i, i.n == 'x').size()", 1),
        ("'b' in ['a', 'b'] && 'k' in {'k': 1}", True),
        ("7 / 2 == 3 && 7 % 2 == 1 && -7 / 2 == -3", True),
        ("self.nope == 1 || true", True),
        ("'a-1'.matches('^[a-z]-[0-9]$')", True),
    ],
)
def test_cel(text: str, value: Any) -> None:
    assert evaluate(parse(text), {"self": {"b": {}, "list": [{"n": "x"}, {"n": "y"}]}}) == value


@pytest.mark.parametrize("text", ["quantity('1')", "self.?a", "1 +", "a.b.c()"])
def test_cel_says_what_it_does_not_know(text: str) -> None:
    with pytest.raises((UnsupportedError, CelError)):
        evaluate(parse(text), {"self": {}, "a": {"b": 1}})


def test_rule_of_a_list_item_sees_its_old_self() -> None:
    item = {"type": "object", "properties": {"name": {}, "v": {"x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "no"}]}}}
    lists = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"], "items": item}
    schema = compile_schema({"type": "object", "properties": {"a": lists}})
    old = {"a": [{"name": "x", "v": 1}, {"name": "y", "v": 2}]}
    assert rule_causes(schema, {"a": [{"name": "y", "v": 2}, {"name": "z", "v": 9}]}, old) == []
    found = rule_causes(schema, {"a": [{"name": "y", "v": 3}]}, old)
    assert [(cause.field, cause.message) for cause in found] == [("a[0].v", "Invalid value: 3: no")]


@pytest.mark.parametrize(
    ("given_text", "stored"),
    [
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1000", "1k"),
        ("1500Mi", "1500Mi"),
        ("0", "0"),
        ("1e3", "1e3"),
        ("100m", "100m"),
        ("0.5Gi", "512Mi"),
    ],
)
def test_quantities(given_text: str, stored: str) -> None:
    assert quantity.canonical(given_text) == stored


@pytest.mark.parametrize("text", ["", "1GB", "x", "1 Gi", "--1", "1ee3"])
def test_no_quantities(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        quantity.canonical(text)


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "k", "M", "Ki", "Mi", "Gi"]))
def test_canonical_form_keeps_the_value(number: int, suffix: str) -> None:
    text = f"{number}{suffix}"
    assert quantity.parse(quantity.canonical(text)) == quantity.parse(text)
    assert quantity.canonical(quantity.canonical(text)) == quantity.canonical(text)


def test_strategic_merge_follows_the_type() -> None:
    spec = {"containers": [{"name": "a", "ports": [{"containerPort": 1}]}, {"name": "b"}]}
    made = strategic_merge(
        PODSPEC, spec, {"containers": [{"name": "a", "ports": [{"containerPort": 2}]}, {"name": "b", "$patch": "delete"}]}
    )
    assert made == {"containers": [{"name": "a", "ports": [{"containerPort": 2}, {"containerPort": 1}]}]}
    service = strategic_merge(SERVICE, {"ports": [{"port": 1, "name": "x"}]}, {"ports": [{"port": 1, "name": "y"}]})
    assert service == {"ports": [{"port": 1, "name": "y"}]}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3), lambda i: st.dictionaries(st.text(max_size=2), i, max_size=3), max_leaves=8
    )
)
def test_merge_patch_is_idempotent(patch: Any) -> None:
    once = merge({"a": {"b": 1}, "c": [1]}, patch)
    assert merge(once, patch) == once
    assert "null" not in json.dumps(once) or not isinstance(patch, dict)


@pytest.mark.parametrize(
    "operation", [{"op": "remove", "path": "/x"}, {"op": "add", "path": "/l/9", "value": 1}, {"op": "nope", "path": ""}, 5]
)
def test_json_patch_refuses(operation: Any) -> None:
    with pytest.raises(PatchFailed):
        apply_json_patch({"l": [1]}, [operation])


def test_field_sets_survive_their_written_form() -> None:
    fields = {"f:spec": {".": {}, "f:a": {}, "f:l": {'k:{"name":"x"}': {".": {}, "f:v": {}}}}}
    assert write_set(read_set(fields)) == fields


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (119, "119s"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"), (90000, "25h"), (864000, "10d")]
)
def test_ages(seconds: int, text: str) -> None:
    assert duration.human(seconds) == text


def test_printer_columns() -> None:
    obj = {"status": {"conditions": [{"type": "A", "status": "True"}, {"type": "B", "status": "False"}]}}
    assert find_all(obj, ".status.conditions[-1:].type") == ["B"]
    assert find_all(obj, '.status.conditions[?(@.type=="A")].status') == ["True"]
    assert find_all(obj, ".nope.x") == []


@given(st.text(max_size=30))
def test_label_selectors_refuse_or_parse(text: str) -> None:
    found, code = attempt(lambda: selectors.parse_labels(text))
    assert code == 400 or all(requirement.key for requirement in found)


@given(st.binary(max_size=80))
def test_protobuf_never_breaks(raw: bytes) -> None:
    try:
        protobuf.decode_object(b"k8s\0" + raw)
    except protobuf.UnreadableError:
        pass


@given(st.binary(max_size=60))
def test_bodies_refuse_or_parse(raw: bytes) -> None:
    for media in ("application/json", "application/yaml"):
        found, code = attempt(lambda media=media: bodies.read_object(raw, media, "Pod")[0])
        assert code == 400 or isinstance(found, dict)


def test_webhooks_of_bundles_change_and_refuse() -> None:
    def mutate(api: Any, obj: Any, old: Any, operation: str) -> None:
        obj.setdefault("data", {})["by"] = operation

    def validate(api: Any, obj: Any, old: Any, operation: str) -> list[str]:
        if operation == "DELETE" or obj["metadata"]["name"] == "no":
            raise Denied("not today")
        return ["be careful"]

    hooks = (Admission("m.x.io", "configmaps", mutate=mutate), Admission("v.x.io", "configmaps", ("CREATE", "DELETE"), validate=validate))
    api = ApiServer(Store(None), [Bundle("b", admission=hooks)])
    made = api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "yes", "namespace": "default"}}, manager="t")
    assert made["data"] == {"by": "CREATE"}
    for act in (
        lambda: api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "no", "namespace": "default"}}, manager="t"),
        lambda: api.delete("configmaps", "default", "yes"),
    ):
        with pytest.raises(ApiError) as refused:
            act()
        assert refused.value.code == 403
        assert refused.value.message == 'admission webhook "v.x.io" denied the request: not today'


def test_what_the_api_returns_is_never_changed_by_later_writes() -> None:
    api = ApiServer(Store(None))
    first = api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "default"}, "data": {"k": "1"}}, manager="t"
    )
    kept = json.dumps(first)
    api.patch("configmaps", "default", "a", {"data": {"k": "2"}, "metadata": {"labels": {"x": "y"}}}, manager="t")
    api.update({**first, "data": {"z": "3"}, "metadata": {**first["metadata"], "resourceVersion": ""}}, manager="t")
    assert json.dumps(first) == kept


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"livenessProbe": {"periodSeconds": 1}}, "spec.containers[0].livenessProbe: Required value: must specify a handler type"),
        ({"readinessProbe": {"exec": {"command": []}}}, "spec.containers[0].readinessProbe.exec.command: Required value"),
        (
            {"startupProbe": {"exec": {"command": ["x"]}, "successThreshold": 2}},
            "spec.containers[0].startupProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (
            {"livenessProbe": {"tcpSocket": {"port": 0}}},
            "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive",
        ),
        ({"lifecycle": {"preStop": {}}}, "spec.containers[0].lifecycle.preStop: Required value: must specify a handler type"),
        ({"pod": {"dnsPolicy": "None"}}, "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"),
        ({"pod": {"schedulingGates": [{"name": "a/b"}, {"name": "a/b"}]}}, 'spec.schedulingGates[1]: Duplicate value: "a/b"'),
        (
            {"pod": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": ""}]}}}},
            "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Required value: can not be empty",
        ),
        ({"pod": {"hostAliases": [{"ip": "x"}]}}, 'spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address'),
    ],
)
def test_pods_that_make_no_sense(spec: dict[str, Any], text: str) -> None:
    container = {"name": "c", "image": "i", **{key: value for key, value in spec.items() if key != "pod"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}}
    with pytest.raises(ApiError) as caught:
        ApiServer(Store(None)).create({**pod, "spec": {"containers": [container], **spec.get("pod", {})}}, manager="t")
    assert text in caught.value.message


def test_the_command_line_merges_pods_by_the_same_keys() -> None:
    """``--patch`` has no schema at hand: its keys of pods are those of the API, each and no other."""
    from arena_core.k8s import podshape

    def keys(node: Any, seen: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
        found = {}
        for name, inner in node.properties.items():
            if inner.merge_key:
                found[name] = (inner.merge_key, inner.merge_strategy)
        return found

    def ours(shape: podshape.Shape) -> dict[str, tuple[str, str]]:
        return {name: (one.merge_key, one.merge_strategy) for name, one in shape.lists.items()}

    assert ours(podshape.POD_SPEC) == keys(PODSPEC)
    for field in ("containers", "initContainers", "ephemeralContainers"):
        items = PODSPEC.properties[field].items
        assert items is not None and ours(podshape.CONTAINER) == keys(items)


PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "containers": st.lists(
            st.fixed_dictionaries(
                {"name": st.sampled_from("abc")},
                optional={
                    "env": st.lists(
                        st.fixed_dictionaries({"name": st.sampled_from("AB"), "value": st.text(max_size=2)}),
                        max_size=2,
                        unique_by=lambda e: e["name"],
                    ),
                    "args": st.lists(st.sampled_from("xy"), max_size=2),
                    "$patch": st.sampled_from(["delete", "merge"]),
                },
            ),
            max_size=3,
            unique_by=lambda c: c["name"],
        ),
        "tolerations": st.lists(st.fixed_dictionaries({"key": st.sampled_from("kl")}), max_size=2),
        "volumes": st.lists(
            st.fixed_dictionaries({"name": st.sampled_from("vw"), "emptyDir": st.just({})}), max_size=2, unique_by=lambda v: v["name"]
        ),
        "nodeSelector": st.dictionaries(st.sampled_from("ab"), st.none() | st.text(max_size=1), max_size=2),
    },
)


@given(PATCHES, PATCHES)
def test_a_patch_of_the_command_line_makes_of_a_pod_what_the_server_makes(one: Any, two: Any) -> None:
    from arena_core.k8s import podshape, strategic

    start = {"containers": [{"name": "a", "env": [{"name": "A", "value": "0"}]}], "volumes": [{"name": "v", "hostPath": {"path": "/"}}]}
    server, mine = start, {"spec": start}
    for patch in (one, two):
        server = strategic_merge(PODSPEC, server, patch)
        mine = strategic.strategic_merge(podshape.OBJECT, mine, {"spec": patch}, podshape.child)
    assert mine["spec"] == server
