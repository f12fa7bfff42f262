"""``--env-from-secret`` and ``--env-from-configmap``: read, refused, and in the pods of every job type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.args import parse, to_job_file
from arena_core.args.sources import EnvSource, env_sources
from arena_core.contract.errors import InvalidArguments
from arena_core.families.args import SubmitArgs
from arena_core.families.preflight import env_problems
from arena_core.registry import Registry
from arena_core.testing.kit.values import TYPED
from tests.jobs.needs import NEEDS

MINIMAL = {"name": "x", "image": "i", "command": "true"}


def read(**more: Any) -> SubmitArgs:
    return parse(SubmitArgs, {**MINIMAL, **more})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hub", EnvSource("hub")),
        ("hub:TOKEN", EnvSource("hub", "TOKEN", "TOKEN")),
        ("HF_TOKEN=hub", EnvSource("hub", "HF_TOKEN", "HF_TOKEN")),
        ("HF_TOKEN=hub.eu:token", EnvSource("hub.eu", "token", "HF_TOKEN")),
        ({"name": "hub", "key": "tls.crt"}, EnvSource("hub", "tls.crt", "tls.crt")),
        ({"name": "hub", "key": "1", "variable": "ONE"}, EnvSource("hub", "1", "ONE")),
    ],
)
def test_all_forms(typed: Any, meant: EnvSource) -> None:
    assert env_sources([typed]) == (meant,)
    assert env_sources([meant.text]) == (meant,), "what a job file keeps is read back"


def test_a_mapping_is_variables_by_name_as_servers_have_had_it() -> None:
    assert env_sources({"TOKEN": "hub", "A": "b:c"}) == env_sources(["TOKEN=hub", "A=b:c"])


@pytest.mark.parametrize(
    "typed", ["", "=hub", "hub:", "A=", "Hub", "hub:a/b", "hub:1", "1=hub", "a:b:c", None, {"key": "a"}, {"nmae": "a"}]
)
def test_what_is_none_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidArguments) as caught:
        read(env_from_configmap=[typed])
    assert [p.field for p in caught.value.problems] == ["env_from_configmap"]


@settings(deadline=None)
@given(TYPED | st.from_regex(r"([A-Z0-9]{1,3}=)?[a-z.]{1,4}(:[-.A-Za-z0-9]{1,4})?", fullmatch=True))
def test_any_text_is_refused_or_read_back_the_same(text: str) -> None:
    try:
        found = env_sources([text])
    except ValueError:
        return
    assert env_sources([found[0].text]) == found


def test_two_values_of_one_variable_are_refused() -> None:
    with pytest.raises(InvalidArguments) as caught:
        read(env=["A=1"], env_from_secret=["A=s", "s:B"], env_from_configmap=["c:B"])
    said = [(p.field, p.message) for p in caught.value.problems]
    assert said == [("env_from_secret", "A is given by --env, too"), ("env_from_configmap", "B is given by --env-from-secret s:B, too")]


def test_the_job_file_says_the_same() -> None:
    args = read(env_from_secret=["hub", "TOKEN=hub:t"], env_from_configmap={"A": "c"})
    file = to_job_file("x", args)
    assert (file["env-from-secret"], file["env-from-configmap"]) == (["hub", "TOKEN=hub:t"], ["c:A"])


class Lookup:
    """A cluster with one Secret, one ConfigMap, and a Secret that may not be read."""

    def get(self, resource: Any, name: str) -> Any:
        return {"s": {"data": {"A": "aHVudGVyMg==", "B": ""}}, "c": {"data": {}}}.get(name)

    def exists(self, resource: Any, name: str) -> bool | None:
        return None if name == "hidden" else self.get(resource, name) is not None

    def list(self, resource: Any) -> Any:
        assert resource.kind != "Secret", "who lists Secrets reads all of their values"
        return [{"metadata": {"name": "c"}}]


def test_what_does_not_exist_is_told_before_anything_is_sent_and_no_value_is() -> None:
    args = read(env_from_secret=["s", "s:A", "s:C", "gone", "hidden:X"], env_from_configmap=["c:D", "gone:E"])
    found = env_problems(args, Lookup())  # type: ignore[arg-type]
    assert [(p.field, p.message) for p in found] == [
        ("env_from_secret", "the Secret 's' has no key 'C'"),
        ("env_from_secret", "there is no Secret 'gone' in this namespace"),
        ("env_from_configmap", "the ConfigMap 'c' has no key 'D'"),
        ("env_from_configmap", "there is no ConfigMap 'gone' in this namespace"),
    ]
    assert [p.hint for p in found] == ["its keys: A, B", "correct its name, or create it first", "it is empty", "ConfigMaps here: c"]
    assert "hunter2" not in str(found) and "aHVudGVyMg" not in str(found)


def containers(value: Any) -> Iterator[dict[str, Any]]:
    """Every container of an object, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (inner if key in ("containers", "initContainers") and isinstance(inner, list) else ())
            yield from containers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from containers(inner)


REGISTRY = Registry(environ={})


@pytest.mark.parametrize("name", REGISTRY.names())
def test_the_pods_of_every_type_take_them(name: str) -> None:
    handle = REGISTRY.get(name)
    raw = {"name": "x", "image": "i", "command": "true", **NEEDS.get(name, {}), "env_from_secret": ["hub:TOKEN"]}
    raw["env_from_configmap"] = ["LR=set:lr"] if name == "trainjob" else ["set"]
    model: Any = handle.args_model
    args = parse(model, raw)
    built = handle.build_manifests(args)
    text = json.dumps(built)
    reference = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "TOKEN"}}}
    if name == "trainjob":
        env = built[0]["spec"]["trainer"]["env"]
        assert reference in env and {"name": "LR", "valueFrom": {"configMapKeyRef": {"name": "set", "key": "lr"}}} in env
        with pytest.raises(InvalidArguments, match="cannot take every key"):
            parse(model, {**raw, "env_from_configmap": ["set"]})
        return
    mine = [c for c in containers(json.loads(text)) if reference in (c.get("env") or [])]
    assert mine, text
    assert all({"configMapRef": {"name": "set"}} in c["envFrom"] for c in mine)
