"""What a change makes of a live server: what is given, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.usecases.update import difference, differences
from arena_serve.custom.args import CustomArgs
from arena_serve.custom.plugin import arena_build_manifests
from arena_serve.update import UpdateArgs, updated


def live(**more: Any) -> dict[str, Any]:
    args = parse(CustomArgs, {"name": "web", "version": "v1", "image": "i", "restful_port": 8000, "command": "serve", **more})
    assert isinstance(args, CustomArgs)
    return dict(arena_build_manifests(args)[0])


def changes(job: dict[str, Any], **given: Any) -> dict[str, tuple[Any, Any]]:
    """Return place → (before, after), without the way to the container."""
    before = copy.deepcopy(job)
    args = parse(UpdateArgs, given)
    assert isinstance(args, UpdateArgs)
    new = updated(job, args, "custom-serving")
    assert job == before, "the live object stays as it is"
    return {
        place.replace("spec.template.spec.", "").replace("containers[custom-serving].", ""): (old, after)
        for place, old, after in differences(job, new)
    }


def test_nothing_given_changes_nothing() -> None:
    """Arena scales to nothing where ``--replicas`` is not given (**Q**)."""
    assert changes(live(replicas=3, gpus=1)) == {}


@pytest.mark.parametrize(
    ("job", "given", "expected"),
    [
        ({}, {"replicas": 0}, {"spec.replicas": (1, 0)}),
        ({}, {"image": "j"}, {"image": ("i", "j")}),
        ({"shell": "bash"}, {"command": "echo $(A)"}, {"command": (["bash", "-c", "serve"], ["bash", "-c", "echo $$(A)"])}),
        ({"command": ()}, {"command": "x"}, {"command": (None, ["sh", "-c", "x"])}),
        ({"env": ["A=1", "B=2"]}, {"env": ["B=3"]}, {"env[B].value": ("2", "3")}),
        (
            {"env_from_secret": ["T=s"]},
            {"env": ["T=3"]},
            {"env[T].valueFrom": ({"secretKeyRef": {"name": "s", "key": "T"}}, None), "env[T].value": (None, "3")},
        ),
        ({"cpu": "1"}, {"cpu": "2"}, {"resources.requests.cpu": ("1", "2"), "resources.limits.cpu": ("1", "2")}),
        ({"labels": ["a=b"]}, {"labels": ["a=c"]}, {"metadata.labels.a": ("b", "c"), "spec.template.metadata.labels.a": ("b", "c")}),
        ({"selectors": ["a=b"]}, {"selectors": ["c=d"]}, {"nodeSelector.c": (None, "d")}),
        ({"tolerations": ["k"]}, {"tolerations": ["k"]}, {}),
    ],
)
def test_what_is_given_changes_at_its_place(job: dict[str, Any], given: dict[str, Any], expected: dict[str, Any]) -> None:
    assert changes(live(**job), **given) == expected


def test_a_gpu_takes_the_place_of_a_part_of_one_and_is_seen() -> None:
    new = updated(live(gpumemory=4), parse(UpdateArgs, {"gpus": 2}), "custom-serving")
    main = new["spec"]["template"]["spec"]["containers"][0]
    assert main["resources"] == {"requests": {"nvidia.com/gpu": "2"}, "limits": {"nvidia.com/gpu": "2"}}
    without = changes(live(), gpus=1)
    assert without["env[NVIDIA_VISIBLE_DEVICES]"] == ({"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}, None)
    assert changes(live(gpus=1), gpus=0)["env[NVIDIA_VISIBLE_DEVICES]"][1] == {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"}


def test_a_further_claim_is_mounted() -> None:
    new = updated(live(data=["a:/a"]), parse(UpdateArgs, {"data": ["b:/b"]}), "custom-serving")["spec"]["template"]["spec"]
    assert [volume["name"] for volume in new["volumes"]] == ["a", "b"]
    assert [mount["mountPath"] for mount in new["containers"][0]["volumeMounts"]] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"replicas": -1}, "replicas"),
        ({"gpucore": 7}, "gpucore"),
        ({"gpus": 1, "gpumemory": 1}, "gpus"),
        ({"labels": ["servingVersion=v2"]}, "labels"),
        ({"command": " "}, "command"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(UpdateArgs, given)
    assert {problem.field for problem in caught.value.problems} == {field}


OBJECTS = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
).filter(lambda value: isinstance(value, dict))


def merged(obj: Any, patch: Any) -> Any:
    """RFC 7386, as the API server applies it."""
    if not isinstance(patch, dict):
        return patch
    found = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


@given(OBJECTS, OBJECTS)
def test_the_patch_leads_from_one_object_to_the_other(old: Any, new: Any) -> None:
    assert merged(old, difference(old, new)) == new
    assert bool(list(differences(old, new))) == (old != new)
