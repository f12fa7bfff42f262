"""The argument model: what is read, what is refused, and that every problem is told at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from arena_core.args import (
    CpuMemoryArgs,
    SharedMemoryArgs,
    Toleration,
    field_for_key,
    field_for_path,
    flag_name,
    flag_specs,
    json_schema,
    parse,
    spellings,
    to_job_file,
)
from arena_core.contract.errors import InvalidArguments
from arena_core.families.args import RunPolicyArgs, SubmitArgs


class Args(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    pass


MINIMAL: dict[str, Any] = {"name": "x", "image": "i", "command": "true"}


def read(**more: Any) -> Args:
    return parse(Args, {**MINIMAL, **more})


def problems(**more: Any) -> dict[str, str]:
    with pytest.raises(InvalidArguments) as caught:
        read(**more)
    return {p.field: p.message for p in caught.value.problems}


def test_the_flags_of_arena_with_their_short_forms_and_defaults() -> None:
    specs = {s.field: s for s in flag_specs(Args)}
    short = {s.short: s.names[0] for s in specs.values() if s.short}
    assert short == {"-e": "--env", "-d": "--data", "-a": "--annotation", "-l": "--label", "-p": "--priority"}
    flags = {s.names[0] for s in specs.values()}
    arena = (
        "name image image-pull-policy image-pull-secret gpus device workers retry working-dir env env-from-secret env-from-configmap patch data data-dir debug-stacks annotation label "
        "selector toleration config-file rdma gang priority queue scheduler shell hostNetwork hostIPC hostPID model-name model-source sync-mode "
        "sync-source sync-image tensorboard tensorboard-image logdir cpu memory share-memory clean-task-policy running-timeout "
        "ttl-after-finished kueue-queue kueue-priority-class workdir workdir-limit workdir-claim workdir-image"
    )
    assert flags == {f"--{name}" for name in arena.split()} | {"--command"}
    args = read()
    assert (args.image_pull_policy, args.working_dir, args.shell, args.workers, args.logdir) == (
        "Always",
        "/root",
        "sh",
        1,
        "/training_logs",
    )
    assert (args.share_memory, args.clean_task_policy) == ("2Gi", "Running")
    assert specs["working_dir"].old == ("--workingDir",)
    assert specs["data_dirs"].old[0] == "--dataDir"
    assert [specs[f].kind for f in ("rdma", "gpus", "env", "running_timeout", "command")] == ["bool", "int", "many", "text", "words"]


def test_every_value_of_a_repeatable_flag_is_looked_at() -> None:
    with pytest.raises(InvalidArguments) as caught:
        read(
            env=["OK=1", "NO1", "2X=3", "=4"],
            labels=["a", "b=c d"],
            annotations=["x", "a b=c"],
            selectors=["s", "t"],
            devices=["gpu=1", "nvidia.com/gpu=2", "amd.com/gpu=x"],
            tolerations=["k=v", "a=b:Never"],
            data=["foo", "pvc:rel"],
            data_dirs=["rel", "/a:/b:/c"],
            config_files=["/no/such", "a:b:c"],
            image_pull_secrets=["Bad", ""],
            shell="",
        )
    count: dict[str, int] = {}
    for problem in caught.value.problems:
        count[problem.field] = count.get(problem.field, 0) + 1
        assert "String" not in problem.message and "data-dir" not in problem.message
    assert count == {
        "env": 3, "labels": 2, "annotations": 2, "selectors": 2, "devices": 3, "tolerations": 2, "data": 2, "data_dirs": 2,
        "config_files": 2, "image_pull_secrets": 2, "shell": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("key", "field"),
    [
        ("working-dir", "working_dir"),
        ("workingDir", "working_dir"),
        ("working_dir", "working_dir"),
        ("hostNetwork", "host_network"),
        ("host-network", "host_network"),
        ("config-file", "config_files"),
        ("config_files", "config_files"),
        ("nope", None),
    ],
)
def test_keys_of_a_job_file(key: str, field: str | None) -> None:
    assert field_for_key(Args, key) == field


def test_no_two_fields_share_a_spelling() -> None:
    assert set(spellings(Args).values()) == set(Args.model_fields)


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        name="Bad_Name",
        gpus="-1",
        workers="0",
        env=["NOEQ"],
        labels=["a=b c"],
        tolerations=["a=b:Never"],
        data=["claim"],
        config_files=["/no/such/file"],
        memory="lots",
        running_timeout="soon",
        clean_task_policy="Some",
        sync_mode="git",
        model_name="m",
        image="",
        command=[],
    )
    assert set(found) == {
        "name", "gpus", "workers", "env", "labels", "tolerations", "data", "config_files", "memory", "running_timeout",
        "clean_task_policy", "sync_source", "model_source", "image", "command",
    }  # fmt: skip
    assert "'Bad_Name'" in found["name"]
    assert "NOEQ" in found["env"]
    assert "/no/such/file" in found["config_files"]


def test_a_wrong_choice_is_told_the_words_and_not_the_lack_of_one() -> None:
    assert problems(sync_mode="local", sync_source="x") == {"sync_mode": "must be 'git' or 'rsync', not 'local'"}


def test_an_unknown_key_gets_the_nearest_one() -> None:
    with pytest.raises(InvalidArguments) as caught:
        read(wokers=2)
    assert [(p.message, p.hint) for p in caught.value.problems] == [("unknown option 'wokers'", "did you mean 'workers'?")]


@pytest.mark.parametrize("name", ["a", "a" * 49, "0-1", "a-b"])
def test_names(name: str) -> None:
    assert read(name=name).name == name


@pytest.mark.parametrize("name", ["", "a" * 50, "A", "a_b", "a.b", "-a", "a-", "a\n", "ä"])
def test_bad_names(name: str) -> None:
    assert "name" in problems(name=name)


def test_a_type_may_want_a_letter_first() -> None:
    class Strict(SubmitArgs):
        NAME_LETTER_FIRST = True

    with pytest.raises(InvalidArguments, match="begin with a letter"):
        parse(Strict, {**MINIMAL, "name": "0a"})


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("gpu=true:NoSchedule,Equal", ("gpu", "Equal", "true", "NoSchedule")),
        ("gpu=:NoSchedule,Exists", ("gpu", "Exists", "", "NoSchedule")),
        ("gpu=true:NoExecute", ("gpu", "Equal", "true", "NoExecute")),
        ("node.kubernetes.io/unreachable:NoExecute", ("node.kubernetes.io/unreachable", "Exists", "", "NoExecute")),
        ("gpu", ("gpu", "Exists", "", "")),
        ("all", ("", "Exists", "", "")),
    ],
)
def test_tolerations(text: str, parts: tuple[str, str, str, str]) -> None:
    key, operator, value, effect = parts
    assert read(tolerations=[text]).tolerations == (Toleration(key, operator, value, effect),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("npu:NoSchedule:Exists", Toleration("npu", "Exists", "", "NoSchedule")),
        ("npu=x:NoExecute:Equal:60", Toleration("npu", "Equal", "x", "NoExecute", 60)),
        ("node.kubernetes.io/unreachable:NoExecute:Exists:0", Toleration("node.kubernetes.io/unreachable", "Exists", "", "NoExecute", 0)),
    ],
)
def test_tolerations_of_the_appwrapper_fork(text: str, expected: Toleration) -> None:
    assert read(tolerations=[text]).tolerations == (expected,)


@pytest.mark.parametrize("text", ["a:NoSchedule:Exists:60", "a:NoExecute:Exists:x", "a:NoExecute:Exists:-1", "a:NoExecute:Exists:1:2"])
def test_seconds_of_a_toleration(text: str) -> None:
    with pytest.raises(InvalidArguments):
        read(tolerations=[text])


def test_all_tolerates_everything() -> None:
    assert read(tolerations=["a=b:NoSchedule", "all"]).tolerations == (Toleration(operator="Exists"),)


@pytest.mark.parametrize(
    "text", ["", "a=b", ":NoSchedule", "a:", "a=b:Nope", "a=b:NoSchedule,Like", "a=b:NoSchedule,Exists", "a b", "a=b:NoSchedule,"]
)
def test_bad_tolerations_are_refused_not_dropped(text: str) -> None:
    assert "tolerations" in problems(tolerations=[text])


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("1h30m", 5400), ("1.5h", 5400), ("0", 0), ("60", 60), (60, 60), ("2000ms", 2)])
def test_durations(text: Any, seconds: int) -> None:
    assert read(running_timeout=text).running_timeout == seconds


@pytest.mark.parametrize("text", ["", "x", "-5s", "1d", "1.5s", "5 s", True, 1.5])
def test_bad_durations(text: Any) -> None:
    assert "running_timeout" in problems(running_timeout=text)


@pytest.mark.parametrize("text", ["500m", "2", "1.5", "2Gi", "1e3", ".5", "100M", 4, 1.5])
def test_quantities(text: Any) -> None:
    assert read(cpu=text).cpu == str(text)


@pytest.mark.parametrize("text", ["lots", "2GB", "-1", "1 Gi", "Gi", "1..5"])
def test_bad_quantities(text: str) -> None:
    assert text in problems(memory=text)["memory"]


def test_data_and_folders() -> None:
    args = read(data=["claim:/data/", {"claim": "b.c", "path": "/b"}], data_dirs=["/mnt", "/a:/c"])
    assert [(d.claim, d.path) for d in args.data] == [("claim", "/data"), ("b.c", "/b")]
    assert [(d.host, d.path) for d in args.data_dirs] == [("/mnt", "/mnt"), ("/a", "/c")]


@pytest.mark.parametrize("text", ["claim", "claim:data", "claim:/", "claim:/a:ro", "Claim:/a", ":/a", "c_d:/a"])
def test_bad_data(text: str) -> None:
    assert "data" in problems(data=[text])


def test_two_mounts_at_one_place() -> None:
    assert "/dev/shm" in problems(data=["a:/dev/shm"])["share_memory"]
    assert "mounted twice" in problems(data=["a:/x"], data_dirs=["/x"])["data_dirs"]


def test_devices() -> None:
    assert read(devices=["amd.com/gpu=1"]).devices == {"amd.com/gpu": "1"}
    assert read(devices={"amd.com/gpu": 1}).devices == {"amd.com/gpu": "1"}
    assert "--gpus=2" in problems(devices=["nvidia.com/gpu=2"])["devices"]
    for bad in ("amd.com/gpu", "gpu=1", "amd.com/gpu=x", "amd.com/gpu=0.5", "a b/c=1"):
        assert "devices" in problems(devices=[bad])


def test_config_files_are_read_with_the_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "app.conf").write_text("a: {{ x }}\n")
    (tmp_path / "raw.bin").write_bytes(b"\xff\x00")
    args = read(config_files=["~/app.conf:/etc/app/app.conf", str(tmp_path / "raw.bin")])
    (tmp_path / "app.conf").unlink()
    first, second = args.config_files
    assert (first.path, first.text, first.file_name, first.directory) == ("/etc/app/app.conf", "a: {{ x }}\n", "app.conf", "/etc/app")
    assert (second.path, second.text, second.base64) == (str(tmp_path / "raw.bin"), None, "/wA=")


def test_bad_config_files(tmp_path: Path) -> None:
    good = tmp_path / "a"
    good.write_text("x")
    for bad in (f"{good}:rel", f"{good}:/a:/b", f"{good}:/", f"{good}:/d/", str(tmp_path), "", f"{good}:/a b", ":/x"):
        assert "config_files" in problems(config_files=[bad]), bad
    good.write_bytes(b"x" * (1024 * 1024 + 1))
    assert "larger than the 1048576 bytes" in problems(config_files=[f"{good}:/a/b"])["config_files"]


@pytest.mark.parametrize("env", [["=x"], ["1A=x"], ["A B=x"], ["A"], ["A=\0"], {"A": True}, {"A": None}, 3])
def test_bad_env(env: Any) -> None:
    assert "env" in problems(env=env)


def test_env_splits_at_the_first_sign_and_the_last_value_wins() -> None:
    assert read(env=["A=b=c", "B=", "A=d,e", "C= x "]).env == {"A": "d,e", "B": "", "C": " x "}


def test_labels_that_arena_sets_itself_are_refused() -> None:
    assert "release" in problems(labels=["release=other"])["labels"]


def test_a_switch_with_a_separate_value_is_noticed() -> None:
    assert "command" in problems(command=["true", "python", "t.py"])
    assert read(command=["true"]).command_line == "true"


def test_the_command_line() -> None:
    assert read(command="echo $HOME | cat").command_line == "echo $HOME | cat"
    assert read(command=["python", "a b.py", "it's"]).command_line == "python 'a b.py' 'it'\"'\"'s'"


@given(st.dictionaries(st.from_regex(r"\A[-._a-zA-Z][-._a-zA-Z0-9]*\Z"), st.text().filter(lambda t: "\0" not in t), max_size=4))
@settings(max_examples=60, deadline=None)
def test_any_env_value_is_kept(env: dict[str, str]) -> None:
    assert read(env=[f"{k}={v}" for k, v in env.items()]).env == env
    assert read(env=env).env == env


def test_job_file_and_schema(tmp_path: Path) -> None:
    import jsonschema

    file = tmp_path / "f"
    file.write_text("x")
    args = read(
        gpus=2, env=["A=1"], data=["c:/d"], data_dirs=["/h:/p"], tolerations=["a:NoSchedule"], running_timeout="90m",
        config_files=[f"{file}:/e/f"], command=["a", "b c"], host_network=True, labels={"k": "v"}, cpu="1",
    )  # fmt: skip
    content = json.loads(json.dumps(to_job_file("t", args)))
    assert content == {
        "type": "t", "name": "x", "image": "i", "gpus": 2, "env": {"A": "1"}, "data": ["c:/d"], "data-dir": ["/h:/p"],
        "toleration": [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}], "running-timeout": "5400s", "hostNetwork": True,
        "config-file": [{"source": str(file), "path": "/e/f"}], "command": ["a", "b c"], "label": {"k": "v"}, "cpu": "1",
    }  # fmt: skip
    schema = json_schema("t", Args)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "wokers": 1}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**content, "workers": 0}, schema)
    assert parse(Args, {field_for_key(Args, k): v for k, v in content.items() if k != "type"}) == args
    assert "arena" not in json.dumps(schema["properties"]["name"])


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("spec.pytorchReplicaSpecs.Master.template.spec.containers[0].image", "image"),
        ("spec.template.spec.tolerations[1].effect", "tolerations"),
        ("spec.template.spec.containers[0].env[3].name", "env"),
        ("spec.containers[0].resources.limits[nvidia.com/gpu]", "gpus"),
        ("spec.runPolicy.ttlSecondsAfterFinished", "ttl_after_finished"),
        ("metadata.name", "name"),
        ("spec.template.spec.priorityClassName", "priority"),
        ("spec.imagery", ""),
    ],
)
def test_a_place_of_a_manifest_leads_to_the_flag(path: str, field: str) -> None:
    assert field_for_path(Args, path) == field


def test_a_field_without_flag_metadata_still_has_a_name() -> None:
    class Plain(BaseModel):
        some_field: int = 1

    assert flag_name(Plain, "some_field") == "--some-field"
    assert flag_name(Plain, "other") == "other"
