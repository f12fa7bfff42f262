"""``arena model`` against a real MLflow server."""

from __future__ import annotations

import json
import urllib.request
import uuid
from typing import Any

import jsonschema
import pytest

from arena_core.cli.main import main
from arena_core.cli.printed import schema_of_command


@pytest.fixture
def arena(mlflow: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """Run ``arena model``; returns what it printed, and what it said besides."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow)

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        found = main(["model", *words])
        out, err = capfd.readouterr()
        assert found == code, err
        return out, err

    return run


def asked(mlflow: str, path: str) -> Any:
    with urllib.request.urlopen(f"{mlflow}/api/2.0/mlflow/{path}", timeout=20) as answer:
        return json.load(answer)


def test_a_model_from_first_to_last(arena: Any, mlflow: str) -> None:
    name = f"digits-{uuid.uuid4().hex[:8]}"
    flags = ("--tags", "stage=test,plain", "--description", "it's all digits", "--version-tags", "q=1")
    out, err = arena("create", "--name", name, "--source", "s3://m/1", *flags)
    assert (out, err) == (f"model version 1 for {name} created\n", f"registered model {name} created\n")
    out, err = arena("create", name, "--source", "s3://m/2", "--version-description", "second", "--description", "other")
    assert out == f"model version 2 for {name} created\n" and "stays as it is" in err
    stored = asked(mlflow, f"registered-models/get?name={name}")["registered_model"]
    assert stored["description"] == "it's all digits"
    assert {row["key"]: row.get("value", "") for row in stored["tags"]} == {"createdBy": "arena", "stage": "test", "plain": ""}
    header, *rows = arena("list")[0].splitlines()
    assert header.split() == ["NAME", "LATEST_VERSION", "LAST_UPDATED_TIME"]
    assert any(row.split()[:2] == [name, "2"] for row in rows)
    page = arena("get", name)[0]
    assert "plain=,stage=test" in page.replace("createdBy=arena,", "") and "READY   s3://m/2" in page and "second" in page
    out, _ = arena(
        "update", name, "--tags", "plain-,stage=prod", "--version", "2", "--version-description", "the second", "--version-tags", "z=1"
    )
    assert out == f"model {name} version 2 updated\n"
    found = json.loads(arena("get", name, "-o", "json")[0])
    assert found["tags"] == {"createdBy": "arena", "stage": "prod"} and found["latestVersion"] == "2"
    newest, first = found["versions"]
    assert (newest["description"], newest["tags"]) == ("the second", {"createdBy": "arena", "z": "1"})
    assert (first["version"], first["tags"], first["source"]) == ("1", {"createdBy": "arena", "q": "1"}, "s3://m/1")
    arena("update", name, "--tags", "plain-", "--description", "")  # gone already: that is what was asked for
    assert json.loads(arena("get", name, "-o", "json")[0])["description"] == ""
    assert arena("delete", name, "--version", "1", "-f")[0] == f"model {name} version 1 deleted\n"
    assert [one["version"] for one in json.loads(arena("get", name, "-o", "json")[0])["versions"]] == ["2"]
    assert arena("delete", "--name", name, "--force")[0] == f"model {name} deleted\n"
    assert "not found" in arena("get", name, code=3)[1]


COMMANDS = [
    ("list",),
    ("get", "one"),
    ("create", "one", "--source", "s3://m/1"),
    ("update", "one", "--version", "1", "--tags", "a=b"),
    ("delete", "one", "-f"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_printed_for_programs_is_what_the_schema_says(arena: Any, command: tuple[str, ...]) -> None:
    arena("create", "one", "--source", "s3://m/1")
    schema = schema_of_command(["model", command[0]])
    jsonschema.validate(json.loads(arena(*command, "-o", "json")[0]), schema)
    arena("create", "one", "--source", "s3://m/1")
    assert arena(*command, "-o", "jsonl")[0].count("\n") >= 1


def test_many_models_are_listed_page_by_page(arena: Any, mlflow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from arena_model import registry

    monkeypatch.setattr(registry, "PAGE", 2)
    names = {f"many-{uuid.uuid4().hex[:8]}" for _ in range(5)}
    for name in names:
        arena("create", name, "--source", "s3://m/1")
    assert names <= {one["name"] for one in json.loads(arena("list", "-o", "json")[0])}
    for name in names:
        arena("delete", name, "-f")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("get", "no-such-model"), 3, "not found"),
        (("update", "no-such-model", "--tags", "a=b"), 3, "not found"),
        (("delete", "no-such-model", "-f"), 3, "not found"),
        (("create", "x/y:z", "--source", "s3://m"), 2, "MLflow: "),
    ],
)
def test_what_mlflow_refuses_is_one_sentence(arena: Any, words: tuple[str, ...], code: int, told: str) -> None:
    out, err = arena(*words, code=code)
    assert out == "" and told in err and err.startswith("error: ")


def test_nothing_is_deleted_where_nobody_can_be_asked(arena: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"kept-{uuid.uuid4().hex[:8]}"
    arena("create", name, "--source", "s3://m/1")
    assert "--force deletes it without asking" in arena("delete", name, code=2)[1]
    assert json.loads(arena("get", name, "-o", "json")[0])["latestVersion"] == "1"
    arena("delete", name, "-f")
