"""An AppWrapper around every installed type: its flags, its default command line, its pod sets, and what no type may do to another."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from arena_core.args import chosen_model, flag_specs, json_schema, parse, to_job_file
from arena_core.contract.errors import InvalidArguments
from arena_core.k8s.path import get as follow
from arena_core.registry import Registry
from arena_core.testing.kit.wrapping import plain

REGISTRY = Registry(environ={})
HANDLE = REGISTRY.get("appwrapperjob")
INSIDE = [handle.job_type.name for handle in REGISTRY.each() if handle.job_type.wrapping]
BASE = {"name": "x", "image": "i:1", "command": ("true",)}


def base(kind: str) -> dict[str, Any]:
    """Return arguments for a wrapper around this type, with whatever it requires."""
    return {**plain(REGISTRY.get(kind)), **BASE, "inner_type": kind}


OURS = {
    "pytorchjob",
    "tfjob",
    "volcanojob",
    "mpijob",
    "rayjob",
    "trainjob",
    "etjob",
    "deepspeedjob",
    "horovodjob",
    "sparkjob",
    "job",
    "jobset",
}


def test_all_of_ours_can_be_wrapped() -> None:
    assert set(INSIDE) >= OURS


@pytest.mark.parametrize("kind", INSIDE)
def test_it_is_built_inside(kind: str) -> None:
    args = parse(HANDLE.args_model, {**base(kind), "kueue_queue": "q"})
    wrapper = HANDLE.build_manifests(args)[0]
    (component,) = wrapper["spec"]["components"]
    assert REGISTRY.for_object(component["template"]).job_type.name == kind
    assert not HANDLE.validate(args)
    assert component["podSets"] and all(follow(component, p["path"])["spec"]["containers"] for p in component["podSets"])
    assert wrapper["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "q"
    assert "kueue" not in str(component), "the queue is the wrapper's"


@pytest.mark.parametrize("kind", INSIDE)
def test_every_flag_of_the_type_is_there_once_and_reaches_it(kind: str) -> None:
    model = chosen_model(HANDLE.args_model, {"inner_type": kind})
    words = [word for spec in flag_specs(model) for word in (*spec.names, *spec.old, spec.short) if word]
    assert len(words) == len(set(words))
    inner = REGISTRY.get(kind)
    away = set(inner.job_type.wrapping.renamed.values()) | set(inner.job_type.wrapping.renamed)
    assert set(inner.args_model.model_fields) - away <= set(model.model_fields)
    assert set(inner.job_type.wrapping.renamed) <= set(model.model_fields)


@functools.cache
def schema() -> dict[str, Any]:
    return json_schema("appwrapperjob", HANDLE.args_model)


@pytest.mark.parametrize("kind", INSIDE)
def test_the_job_file_of_each_fits_the_one_schema(kind: str) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    file = to_job_file("appwrapperjob", parse(HANDLE.args_model, {**base(kind), "retry_limit": 1}))
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(file)
    assert not validator.is_valid({**file, "no-such-key": 1})


@pytest.mark.parametrize("kind", INSIDE)
def test_what_is_wrong_inside_is_told_under_the_wrappers_names(kind: str) -> None:
    given = {field: value for field, value in base(kind).items() if field != "image"}
    with pytest.raises(InvalidArguments) as caught:
        parse(HANDLE.args_model, {**given, "retry_limit": -1})
    fields = {p.field for p in caught.value.problems}
    # The image of a TrainJob is its runtime's, and that of Spark has a default.
    assert {"retry_limit", *({"image"} if kind not in ("trainjob", "sparkjob") else ())} <= fields
    assert fields <= set(chosen_model(HANDLE.args_model, {"inner_type": kind}).model_fields)


def test_where_none_is_named_the_usual_one_is_inside() -> None:
    usual = [name for name in INSIDE if REGISTRY.get(name).job_type.wrapping.usual]
    assert parse(HANDLE.args_model, BASE).inner_type == usual[0] == "pytorchjob"


def test_max_retry_of_the_wrapper_is_that_of_the_task_under_either_name() -> None:
    """The flag of the fork; Volcano's own of that name cannot be said inside, and its other name is not silently lost."""
    args = parse(HANDLE.args_model, {**BASE, "inner_type": "volcano", "max_retry": 7})
    spec = HANDLE.build_manifests(args)[0]["spec"]["components"][0]["template"]["spec"]
    assert (spec["tasks"][0]["maxRetry"], "maxRetry" in spec) == (7, False)
    with pytest.raises(InvalidArguments, match="unknown option 'task_max_retry'"):
        parse(HANDLE.args_model, {**BASE, "inner_type": "volcano", "task_max_retry": 7})
