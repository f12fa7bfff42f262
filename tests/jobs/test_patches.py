"""``--patch``: how patches are read, to what they are applied, and what they must leave alone, for every job type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.args import parse, to_job_file
from arena_core.args.overlays import patches
from arena_core.args.preset import command_words
from arena_core.contract.errors import InvalidArguments
from arena_core.families.args import SubmitArgs
from arena_core.k8s import path as paths
from arena_core.k8s.podshape import OBJECT, child
from arena_core.k8s.strategic import strategic_merge
from arena_core.registry import Registry
from arena_core.testing.kit.values import TYPED
from tests.jobs.needs import NEEDS

REGISTRY = Registry(environ={})
NAMES = REGISTRY.names()
OPERATION = {"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}


def build(name: str, *given: Any, **more: Any) -> list[dict[str, Any]]:
    handle = REGISTRY.get(name)
    model: Any = handle.args_model
    raw = {"name": "x", "image": "i", "command": "true", **NEEDS.get(name, {}), **more}
    return handle.build_manifests(parse(model, {**raw, "patch": list(given)} if given else raw))


def refusals(name: str, *given: Any, **more: Any) -> list[str]:
    with pytest.raises(InvalidArguments) as caught:
        build(name, *given, **more)
    assert {p.field for p in caught.value.problems} == {"patches"}
    return [p.message for p in caught.value.problems]


def test_all_forms_of_a_patch(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("spec: {a: 1}\n---\n- {op: remove, path: /spec/b}\n", encoding="utf-8")
    read = [
        one.document for one in patches([str(file), '{"spec": {"a": null}}', [OPERATION], {"target": {"kind": "X"}, "patch": [OPERATION]}])
    ]
    assert read == [
        {"spec": {"a": 1}},
        [{"op": "remove", "path": "/spec/b"}],
        {"spec": {"a": None}},
        [OPERATION],
        {"target": {"kind": "X"}, "patch": [OPERATION]},
    ]
    assert [one.document for one in patches([OPERATION, OPERATION])] == [[OPERATION, OPERATION]], "a job file's list of operations is one"
    assert patches(read) == patches(patches(read)), "what a job file keeps is read back"


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "/no/such/file",
            "/dev/zero",
            "{",
            "[]",
            "{}",
            "[1]",
            "7",
            '[{"op": "put", "path": "/a"}]',
            '[{"op": "add"}]',
            '{"a": 2026-01-01}',
        ),
        *(
            '{"target": {"name": "x"}, "patch": {"a": 1}}',
            '{"target": {"kind": "X"}, "patch": 7}',
            '{"a": 1, "a": 2}',
            '{"1": {2: 3}}',
            None,
            7,
        ),
    ],
)
def test_what_is_no_patch_is_refused(typed: Any) -> None:
    with pytest.raises(InvalidArguments) as caught:
        parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", "patches": [typed]})
    assert [p.field for p in caught.value.problems] == ["patches"]


@settings(deadline=None)
@given(TYPED | st.from_regex(r"[\[{][a-z:\[\]{}\" ,]{0,9}", fullmatch=True))
def test_any_text_is_refused_or_read_back_the_same(text: str) -> None:
    try:
        found = patches([text])
    except ValueError:
        return
    assert patches([one.document for one in found]) == found


def test_job_file_and_command_line_say_the_same() -> None:
    args = parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", "patch": [[OPERATION], {"spec": {"a": 1}}]})
    assert to_job_file("t", args)["patch"] == [[OPERATION], {"spec": {"a": 1}}]
    words = command_words(args)
    assert patches([words[at + 1] for at, word in enumerate(words) if word == "--patch"]) == args.patches


def test_lists_merge_by_the_keys_of_pods_in_any_kind() -> None:
    live = {"spec": {"tasks": [{"name": "a", "template": {"spec": {"containers": [{"name": "m", "env": [{"name": "A", "value": "1"}]}]}}}]}}
    container = {"name": "m", "env": [{"name": "B", "value": "2"}], "ports": [{"containerPort": 80}], "args": ["x"]}
    more = {
        "containers": [container, {"name": "side"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "tolerations": [{"operator": "Exists"}],
    }
    patch = {"spec": {"tasks": [{"name": "a", "template": {"spec": more}}]}}
    spec = strategic_merge(OBJECT, live, patch, child)["spec"]["tasks"][0]["template"]["spec"]
    assert [c["name"] for c in spec["containers"]] == ["m", "side"]
    assert sorted(e["name"] for e in spec["containers"][0]["env"]) == ["A", "B"] and spec["volumes"] == more["volumes"]
    gone = {"spec": {"tasks": [{"name": "a", "template": {"spec": {"containers": [{"name": "m", "$patch": "delete"}]}}}]}}
    assert strategic_merge(OBJECT, live, gone, child)["spec"]["tasks"][0]["template"]["spec"]["containers"] == []
    assert live["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["env"] == [{"name": "A", "value": "1"}], (
        "nothing is changed in place"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_pods_of_every_type_can_be_patched(name: str) -> None:
    job = build(name)[0]
    where = next((one.path for one in REGISTRY.get(name).pod_sets(job, "quota")), "")
    if not where:  # its pods are made of what it serves, or of another job
        made = build(name, {"metadata": {"annotations": {"a": "b"}}})[0]
        assert made["metadata"]["annotations"] == {**job["metadata"].get("annotations", {}), "a": "b"}
        return
    pointer = "".join(f"/{step}" for step in paths.steps(where))
    if name == "trainjob":  # its template changes another one
        pointer = "/spec/trainer"
        assert build(name, [{"op": "add", "path": f"{pointer}/args", "value": ["a"]}])[0]["spec"]["trainer"]["args"] == ["a"]
        return
    made = build(name, [{"op": "add", "path": f"{pointer}/spec/terminationGracePeriodSeconds", "value": 7}])[0]
    assert paths.get(made, where)["spec"]["terminationGracePeriodSeconds"] == 7
    assert build(name)[0] == job, "the next job is as it was"


@pytest.mark.parametrize("name", NAMES)
def test_what_every_job_is_found_by_must_stay(name: str) -> None:
    job = build(name)[0]
    label = next(key for key in ("release", "app") if key in job["metadata"]["labels"])
    patch = {"metadata": {"name": "y", "namespace": "n", "ownerReferences": [], "labels": {label: "other"}}, "status": {"phase": "Done"}}
    said = " ".join(refusals(name, patch))
    for where in ("metadata.name", "metadata.namespace", "metadata.ownerReferences", f"metadata.labels.{label}", "status"):
        assert f"{where} cannot be changed: " in said
    switch = REGISTRY.get(name).job_type.suspend_path
    if switch:
        whole = json.loads(json.dumps(job))
        paths.put(whole, switch, not paths.get(job, switch))
        (text,) = refusals(name, {"spec": whole["spec"]})
        assert text == f"{switch} cannot be changed: whether the job runs is read there"


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        ({"kind": "Job"}, "no Job is built; there are: PyTorchJob x"),
        (
            {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "q"}}},
            "metadata.labels.kueue.x-k8s.io/queue-name cannot be changed: its queue",
        ),
        ({"metadata": {"annotations": {"arena.kubeflow.org/username": "root"}}}, "it is the program's own mark"),
        ({"metadata": None}, "it leaves no object of the PyTorchJob x"),
        ({"spec": {"pytorchReplicaSpecs": {"Master": None}}}, "spec.pytorchReplicaSpecs.Master.template must stay"),
        ([{"op": "remove", "path": "/spec/nope/x"}], "operation 1 (remove /spec/nope/x): there is no 'nope'"),
        ([{"op": "test", "path": "/kind", "value": "Job"}], "operation 1 (test /kind): the value is another one"),
        ([{"op": "replace", "path": "/kind", "value": "Job"}], "kind cannot be changed"),
    ],
)
def test_the_sentence_names_path_and_reason(patch: Any, said: str) -> None:
    assert said in "\n".join(refusals("pytorchjob", patch))


def test_pods_stay_the_jobs_own() -> None:
    template = {
        "metadata": {"labels": {"release": "other", "mine": "yes"}},
        "spec": {"containers": [{"name": "pytorch", "$patch": "delete"}]},
    }
    said = refusals("pytorchjob", {"spec": {"pytorchReplicaSpecs": {"Master": {"template": template}}}}, labels={"mine": "no"})
    assert [text.partition(" ")[0] for text in said] == [
        "spec.pytorchReplicaSpecs.Master.template.metadata.labels.release",
        "spec.pytorchReplicaSpecs.Master.template.spec.containers",
    ]


def test_the_job_inside_and_what_stands_beside() -> None:
    inner = {"kind": "PyTorchJob", "spec": {"runPolicy": {"backoffLimit": 7}}}
    for name in ("appwrapperjob", "cron"):
        assert '"backoffLimit": 7' in json.dumps(build(name, inner)).replace('\\"', '"')
        assert "metadata.name" in refusals(name, {"target": {"kind": "PyTorchJob"}, "patch": {"metadata": {"name": "y"}}})[0]
    service = {"target": {"kind": "Service"}, "patch": [{"op": "add", "path": "/spec/type", "value": "NodePort"}]}
    made = build("custom-serving", service)
    assert [obj["spec"].get("type") for obj in made if obj["kind"] == "Service"] == ["NodePort"]
    two = build("pytorchjob", config_files=[{"path": "/etc/a/x", "content": "a"}, {"path": "/etc/b/x", "content": "b"}])
    names = [obj["metadata"]["name"] for obj in two if obj["kind"] == "ConfigMap"]
    files = {"config_files": [{"path": "/etc/a/x", "content": "a"}, {"path": "/etc/b/x", "content": "b"}]}
    assert "name one" in refusals("pytorchjob", {"kind": "ConfigMap", "data": {"x": "c"}}, **files)[0]
    named = build("pytorchjob", {"kind": "ConfigMap", "metadata": {"name": names[1]}, "data": {"x": "c"}}, **files)
    assert [obj["data"]["x"] for obj in named if obj["kind"] == "ConfigMap"] == ["a", "c"]


def test_patches_follow_one_another() -> None:
    first = {"spec": {"runPolicy": {"backoffLimit": 3}}}
    second = [
        {"op": "test", "path": "/spec/runPolicy/backoffLimit", "value": 3},
        {"op": "replace", "path": "/spec/runPolicy/backoffLimit", "value": 4},
    ]
    assert build("pytorchjob", first, second)[0]["spec"]["runPolicy"]["backoffLimit"] == 4


def test_a_patched_job_runs_as_patched_and_extensions_see_it(arena: Any, make: Any) -> None:
    pod = {"containers": [{"name": "dummy", "env": [{"name": "GREETING", "value": "patched"}]}]}
    raw = make("p", "echo $GREETING", env=["GREETING=typed"], patch=[{"spec": {"template": {"spec": pod}}}])
    arena.submit("dummy", raw)
    assert arena.wait("p", timeout=60).status.phase == "SUCCEEDED"
    assert [line.text for line in arena.logs("p")] == ["patched"]
    seen = arena.extension.asked.manifests[0]["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "GREETING", "value": "patched"} in seen, "a site's policy judges what is really submitted"
