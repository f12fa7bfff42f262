"""``arena model analyze`` and ``arena evaluate``: Arena's command lines, and Jobs that really run."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import parse
from arena_core.cli.main import main
from arena_core.cli.printed import schema_of_command
from arena_local.testing import LocalCluster
from arena_model.analyze import plugin
from arena_model.analyze.args import ModelJobArgs

CONFIG = ("--model-config-file", "/m/config.yaml")


@pytest.fixture
def arena(queue_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    """Run ``arena`` in a namespace of this test's own; returns stdout and stderr."""
    monkeypatch.setenv("KUBECONFIG", str(queue_cluster.kubeconfig))
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    namespace = queue_cluster.namespace()

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        found = main(["-n", namespace, *words])
        out, err = capfd.readouterr()
        assert found == code, out + err
        return out, err

    return run


def built(capfd: pytest.CaptureFixture[str], *words: str, command: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    assert main([*words, "--dry-run", "client", "-o", "yaml", "--", *command]) == 0, capfd.readouterr().err
    return list(yaml.safe_load_all(capfd.readouterr().out))


def printed(arena: Any, *words: str) -> Any:
    """What a command prints as JSON, which is what its schema says."""
    found = json.loads(arena(*words, "-o", "json")[0])
    names = [word for word in words if len(word) > 1]
    jsonschema.validate(found, schema_of_command(names))
    return found


def container(job: dict[str, Any]) -> dict[str, Any]:
    (found,) = job["spec"]["template"]["spec"]["containers"]
    return found


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (("profile", *CONFIG, "--report-path", "/r"), "profile --model-config-file=/m/config.yaml --report-path=/r"),
        (
            ("optimize", *CONFIG, "--export-path", "/e"),
            "optimize --optimizer=tensorrt --model-config-file=/m/config.yaml --export-path=/e",
        ),
        (
            ("benchmark", *CONFIG, "--report-path", "/r", "--concurrency", "4", "--requests=100", "--duration", "60"),
            "benchmark --model-config-file=/m/config.yaml --report-path=/r --concurrency=4 --requests=100 --duration=60",
        ),
        (
            ("evaluate", "--model-path", "/m", "--model-platform", "torch", "--dataset-path", "/d", "--report-path", "/r"),
            "evaluate --model-path=/m --model-platform=torch --dataset-path=/d --batch-size=1 --report-path=/r",
        ),
    ],
)
def test_each_task_is_a_job_with_arenas_labels_and_command(capfd: Any, words: tuple[str, ...], command: str) -> None:
    job, *rest = built(capfd, "model", "analyze", *words, "--name", "x", "--image", "i", "--gpus", "1", "-d", "c:/m")
    assert (job["apiVersion"], job["kind"], rest) == ("batch/v1", "Job", [])
    labels = {"app": "modeljob", "release": "x", "createdBy": "ModelJob", "type": words[0], "heritage": "Helm", "chart": "modeljob-0.0.1"}
    assert labels == job["metadata"]["labels"] == job["spec"]["template"]["metadata"]["labels"]
    found = container(job)
    assert (found["name"], found["command"]) == ("modeljob", ["sh", "-c", f"python easy_inference/main.py {command}"])
    assert (found["resources"]["limits"], found["imagePullPolicy"]) == ({"nvidia.com/gpu": "1"}, "IfNotPresent")


def test_a_command_of_ones_own_runs_instead_and_what_it_is_not_told_is_said(capfd: Any) -> None:
    assert (
        main(["model", "analyze", "profile", "--name=x", "--image=i", "--report-path=/r", "--command", "my --tool", "--dry-run=client"])
        == 0
    )
    assert "note: --report-path has no effect: your own command runs" in capfd.readouterr().err
    job, *_ = built(capfd, "model", "analyze", "profile", "--name=x", "--image=i", "--shell", "bash", command=("my", "--tool", "a b"))
    assert container(job)["command"] == ["bash", "-c", "my --tool 'a b'"]


def test_tensorboard_shows_the_report(capfd: Any) -> None:
    words = ("profile", "--name=x", "--image=i", *CONFIG, "--report-path=/m/r", "-d", "c:/m", "--tensorboard", "--tensorboard-image", "tb")
    _, service, board = built(capfd, "model", "analyze", *words)
    (found,) = board["spec"]["template"]["spec"]["containers"]
    assert (service["kind"], found["image"], found["command"][:3]) == ("Service", "tb", ["tensorboard", "--logdir", "/m/r"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("model", "analyze", "profile", "--name=x", "--image=i"), "--model-config-file is required"),
        (("model", "analyze", "optimize", "--name=x", "--image=i", *CONFIG), "--export-path is required"),
        (("model", "analyze", "profile", "--name=x", "--image=i", "--optimizer=t"), "unknown flag --optimizer; it belongs to optimize"),
        (("model", "analyze", "evaluate", "--name=x"), "--image"),
        (("model", "analyze", "evaluate", "--name=x", "--image=i", "--gpucore=7"), "--gpucore"),
        (("model", "analyze", "evaluate", "--name=x", "--image=i", "--gpus=1", "--gpumemory=2"), "either whole GPUs or a part of one"),
        (("model", "analyze", "evaluate", "--name=x", "--image=i", "--label", "type=a"), "label type is set by arena itself"),
        (("model", "analyze", "quantize"), "'quantize' is not a command of `arena model analyze`"),
        (("model", "analyze", "profil"), "did you mean `arena model analyze profile`?"),
        (
            ("submit", "modeljob", "--name=x", "--image=i", "--task=profile", "--requests=2", "run"),
            "is a flag of benchmark, not of profile",
        ),
        (("evaluate", "model", "--name=x", "--image=i", "--model-name=m"), "--metrics-path is required"),
        (("evaluate", "model", "--name=x", "--image=i", "--model-name=a b"), "--model-name"),
        (("evaluate", "models"), "did you mean `arena evaluate model`?"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(capfd: Any, words: tuple[str, ...], told: str) -> None:
    assert main(list(words)) == 2
    out, err = capfd.readouterr()
    assert out == "" and told in err


def test_an_evaluation_is_told_by_its_environment(capfd: Any) -> None:
    where = ("--model-path=/m/$(X)", "--dataset-path=/d", "--metrics-path=/r")
    (job,) = built(capfd, "evaluate", "model", "--name=x", "--image=i", "--model-name=m", "--model-version=2", *where, "-e", "A=b")
    env = {one["name"]: one.get("value") for one in container(job)["env"]}
    assert env["MODEL_PATH"] == "/m/$$(X)", "Kubernetes would put something else there"
    told = {"MODEL_NAME": "m", "MODEL_VERSION": "2", "DATASET_PATH": "/d", "METRICS_PATH": "/r", "A": "b"}
    assert told.items() <= env.items() and "command" not in container(job)
    assert {"app": "evaluatejob", "createdBy": "EvaluateJob", "modelName": "m"}.items() <= job["metadata"]["labels"].items()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_no_path_is_ever_a_piece_of_shell(path: str) -> None:
    raw = {"name": "x", "image": "i", "task": "profile", "model_config_file": path, "report_path": "/r"}
    line = parse(ModelJobArgs, raw).command_line
    assert line is not None and shlex.split(line)[3] == f"--model-config-file={path}"


def test_the_pods_of_a_job_that_arena_itself_has_made_are_found() -> None:
    theirs = {"release": "x", "app": "modeljob", "type": "profile"}
    job = {"metadata": {"name": "x"}, "spec": {"manualSelector": True, "selector": {"matchLabels": theirs}}}
    assert sorted(plugin.arena_job_type().selectors(job)[0].split(",")) == ["app=modeljob", "release=x", "type=profile"]
    job["spec"] = {"manualSelector": True}
    assert plugin.arena_job_type().selectors(job) == ["batch.kubernetes.io/job-name=x"]


def test_a_job_of_each_kind_from_first_to_last(arena: Any) -> None:
    arena("model", "analyze", "profile", "--name", "p", "--image", "i", "--gpus=0", "--wait", "--timeout=60s", "echo profiled")
    model = ("--model-name=digits", "--model-version=2", "--model-path=/m", "--dataset-path=/d", "--metrics-path=/r")
    arena("evaluate", "model", "--name", "e", "--image", "i", *model, "--wait", "--timeout=60s", "echo $MODEL_NAME:$JOB_ID")
    arena("submit", "job", "--name", "j", "--image", "i", "sleep 100")
    header, *rows = arena("model", "analyze", "list")[0].splitlines()
    assert header.split() == ["NAME", "STATUS", "TYPE", "DURATION", "AGE", "GPU(Requested)"]
    assert [row.split()[:3] for row in rows] == [["p", "SUCCEEDED", "profile"]]
    assert arena("model", "analyze", "ls", "-T", "optimize", "--no-headers")[0] == ""
    header, *rows = arena("evaluate", "list")[0].splitlines()
    assert header.split() == ["NAME", "MODEL_NAME", "MODEL_VERSION", "STATUS", "CREATE_TIME"]
    assert [row.split()[:4] for row in rows] == [["e", "digits", "2", "SUCCEEDED"]]
    (one,) = printed(arena, "evaluate", "list")
    printed(arena, "model", "analyze", "list"), printed(arena, "model", "analyze", "get", "p"), printed(arena, "evaluate", "get", "e")
    assert arena("logs", "e")[0].strip() == f"digits:{one['uuid']}"
    assert "Trainer:       EVALUATEJOB" in arena("evaluate", "get", "e")[0]
    assert {row.split()[2] for row in arena("list", "--no-headers")[0].splitlines()} == {"MODELJOB", "EVALUATEJOB", "JOB"}
    # Jobs share their kind: what is named by such a type is of that type, or it is not there.
    for words in (
        ("evaluate", "get", "j"),
        ("model", "analyze", "delete", "j"),
        ("delete", "-T", "modeljob", "j"),
        ("logs", "-T", "modeljob", "e"),
    ):
        assert "the Job of that name is of type" in arena(*words, code=3)[1], words
    assert "RUNNING" in arena("get", "j")[0] or "PENDING" in arena("get", "j")[0]
    printed(arena, "model", "analyze", "delete", "p"), printed(arena, "evaluate", "delete", "e")
    assert [row.split()[0] for row in arena("list", "--no-headers")[0].splitlines()] == ["j"]
    arena("delete", "j", "--wait")
