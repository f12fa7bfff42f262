"""What commands print for programs is what ``arena schema --output COMMAND`` says, in each of the formats."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from arena_core.cli import forwarding
from arena_core.cli.command import Command
from arena_core.cli.output import FORMATS
from arena_core.cli.printed import commands, names_of_plugins, of_plugins, schema_of_command
from arena_local.context import Options
from arena_local.testing import LocalCluster

SERVER = Path(__file__).parents[2] / "plugins/serve/tests/server.py"
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Commands that print no data, and why.
SILENT = {
    "serve": "opens into others",
    "top": "opens into others",
    "data": "opens into others",
    "workdir": "says on stderr what it did",
    "workdir push": "says on stderr what it did",
    "workdir prune": "says on stderr what it did",
    "config get": "one value, as text",
    "config set": "says on stderr what it did",
    "config unset": "says on stderr what it did",
    "data put": "files go to files",
    "data get": "files go to files",
    "submit": "",  # without a type it shows its help; its schema is that of every type
    "attach": "what it prints is the program's",
    "logview": "a page in the browser; what it prints is its address",
    "serve attach": "what it prints is the program's",
    "completion": "a script",
    "demo": "a guided tour",
    "cp": "files go to files",
    "suspend": "says on stderr what it did",
    "stop": "says on stderr what it did",
    "resume": "says on stderr what it did",
    "scale": "says on stderr what it did",
    "scalein": "says on stderr what it did",
    "scaleout": "says on stderr what it did",
    "serve scale": "says on stderr what it did",
    "bundle": "files go to a file",
    "history prune": "says on stderr what it did",
    "wait": "says states on stderr, the result is the exit code",
    "serve wait": "says states on stderr, the result is the exit code",
    "cron": "opens into others",
    "cron suspend": "says on stderr what it did",
    "cron resume": "says on stderr what it did",
    "model ls": "the old name of model list",
    "local up": "says on stderr what it did",
    "local down": "says on stderr what it did",
    "local reset": "says on stderr what it did",
    "local kubeconfig": "a path, or a kubeconfig",
    "local logs": "what the cluster wrote",
}
#: Commands that need more than a cluster, and where they are held against their schemas.
ELSEWHERE = {
    **dict.fromkeys([f"model {word}" for word in ("list", "get", "create", "update", "delete")], "plugins/model/tests/test_model.py"),
    "serve traffic-split": "plugins/serve/tests/test_traffic.py",
    "watchdog": "tests/history/test_notify.py",
    **dict.fromkeys([f"{group} {word}" for group in ("model analyze", "evaluate") for word in ("list", "get", "delete")], "…/test_jobs.py"),
}
ALL = {command.path: command for command in commands()}
PRINTING = {path: command for path, command in ALL.items() if command.prints}
SUBMIT = ("pytorchjob", "--image", "x", "--gpus", "1", "--kueue-queue", "default-queue")
#: What to type for each of them, so that there is something to print: several lines are tried one after the other.
TYPED: dict[str, tuple[tuple[str, ...], ...]] = {
    "submit": (
        ("submit", *SUBMIT, "--name", "NEW", "-o", "FORM", "echo done"),
        ("submit", *SUBMIT, "--name", "x", "--dry-run", "client", "-o", "FORM", "echo done"),
    ),
    "list": (("list",), ("list", "-A")),
    "get": (("get", "works"), ("get", "waits"), ("get", "failed"), ("get", "web-v1-custom-serving"), ("get", "nightly")),
    "logs": (("logs", "works"), ("logs", "works", "--all-instances"), ("logs", "failed", "--first-error")),
    "why": (("why", "works"), ("why", "waits"), ("why", "failed")),
    "stacks": (("stacks", "works"), ("stacks", "web-v1-custom-serving")),
    "what-if": (("what-if", "works"), ("what-if", "waits")),
    "top node": (("top", "node"),),
    "top job": (("top", "job"), ("top", "job", "works")),
    "queue": (("queue",), ("queue", "default-queue")),
    "events": (("events", "works"),),
    "open": (("open", "web-v1-custom-serving", "--no-browser"),),
    "port-forward": (("port-forward", "works", "0:8080"), ("port-forward", "web-v1-custom-serving")),
    "clone": (("clone", "works", "--dry-run", "client"),),
    "retry": (("retry", "failed", "--dry-run", "client"),),
    "history logs": (("history", "logs", "failed"),),
    "cron run-now": (("cron", "run-now", "NEW"),),
    "delete": (("delete", "NEW", "no-such-job"),),
    "prune": (("prune", "--since", "0s", "--dry-run"),),
    "data list": (("data", "list"),),
    "config": (("config",),),
    "config view": (("config", "view"),),
    "schema": (("schema", "pytorchjob"), ("schema", "--output", "top", "job")),
    "plugins": (("plugins", "list"), ("plugins", "check"), ("plugins", "new", "NEW", "--dir", "FOLDER")),
    "check": (("check",), ("check", "monitoring"), ("check", "-T", "tfjob")),
    "whoami": (("whoami",),),
    "version": (("version",), ("version", "-v")),
    "exit-codes": (("exit-codes",),),
    "cron delete": (("cron", "delete", "NEW", "no-such-cron"),),
    "serve delete": (("serve", "delete", "NEW", "no-such-server"),),
    "serve list": (("serve", "list"),),
    "serve get": (("serve", "get", "web"),),
    "serve logs": (("serve", "logs", "web"),),
    "serve why": (("serve", "why", "web"),),
    "serve open": (("serve", "open", "web", "--no-browser"),),
    "serve update": (("serve", "update", "custom", "web", "-e", "A=b", "--dry-run", "client"),),
    "sweep": (("sweep", "swept"),),
    "diff": (("diff", "works", "failed"),),
    "history": (("history",), ("history", "w*")),
    "history show": (("history", "show", "works"), ("history", "show", "failed")),
    "history export": (("history", "export"),),
    "cron list": (("cron", "list"),),
    "cron get": (("cron", "get", "nightly"),),
    "local status": (("local", "status"),),
}


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": 4}, quota={"nvidia.com/gpu": "2"})) as running:
        yield running


@pytest.fixture
def local(arena, cluster, monkeypatch, tmp_path):
    (tmp_path / "site.yaml").write_text("profiles: {big: {gpus: 8}}\n", encoding="utf-8")
    monkeypatch.setenv("ARENA_SITE_CONFIG", str(tmp_path / "site.yaml"))
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    monkeypatch.setenv("ARENA_HOME", str(cluster.state.folder.parent))
    return arena


@pytest.fixture
def something(local, cluster):
    """One of each: a job that runs, one that waits, one that failed, a server, a volume."""
    if local("get", "works").code == 0:
        return
    for name, command in (
        ("works", "echo 'epoch 1/3 loss 0.5'; sleep 600"),
        ("failed", "echo 'Traceback (most recent call last):'; echo 'ValueError: no'; exit 3"),
    ):
        local("submit", "pytorchjob", "--name", name, "--image", "x", *(("--gpus", "1") if name == "works" else ()), command)
    local("submit", "job", "--name", "swept", "--image", "x", "--sweep", "lr=0.1", "echo epoch 1/1 loss 0.5")
    many = ("--workers", "8", "--gpus", "1", "--kueue-queue", "default-queue")
    local("submit", "pytorchjob", "--name", "waits", "--image", "x", *many, "sleep 600")
    start = ("serve", "custom", "--name", "web", "--version", "v1", "--image", "x", "--restful-port", "18571", "--debug-stacks")
    made = local(*start, "--wait", "--timeout", "90s", "--command", f"echo serving; exec {sys.executable} {SERVER} 18571")
    assert made.code == 0, made.err
    cron = ("cron", "job", "--name", "nightly", "--image", "x", "--schedule", "@daily", "true")
    assert local(*cron).code == 0 and local("cron", "run-now", "nightly").code == 0
    claim = {"metadata": {"name": "data", "namespace": "default"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    claim["spec"]["resources"] = {"requests": {"storage": "1Gi"}}
    cluster.create({"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim})
    assert local("wait", "works", "--for", "running", "--timeout", "60s").code == 0
    assert local("wait", "failed", "--for", "failed", "--timeout", "60s").code == 0


def read(form: str, text: str) -> list:
    """Return the documents of an output."""
    if form == "json":
        try:
            return [json.loads(text)]
        except json.JSONDecodeError:  # a log: a line each
            form = "jsonl"
    if form == "yaml":
        return [document for document in yaml.load_all(text, LOADER) if document is not None]
    return [json.loads(line) for line in text.splitlines()]


def of_a_line(schema: dict) -> dict:
    """Return the schema of one line of ``-o jsonl``: one of a list, where the document is one."""
    return {"$defs": schema.get("$defs", {}), "anyOf": [one.get("items", one) for one in schema.get("anyOf", [schema])]}


def test_every_command_that_prints_data_is_tried_here():
    assert {*PRINTING, *of_plugins()} == {*TYPED, *ELSEWHERE}, "add a line to TYPED that makes the command print something"


@pytest.mark.parametrize("path", TYPED)
def test_the_output_fits_the_schema(path, local, something, monkeypatch, tmp_path):
    monkeypatch.setattr(forwarding, "stay", lambda forwards: [one.close() for one in forwards] and 0)
    schema = schema_of_command(path.split())
    Draft202012Validator.check_schema(schema)
    whole, line = Draft202012Validator(schema), Draft202012Validator(of_a_line(schema))
    if path.startswith("config"):
        assert local("config", "set", "profiles.tried.memory", "1Gi").code == 0
    for n, words in enumerate(TYPED[path]):
        for form in FORMATS:
            if path == "delete":
                local("submit", *SUBMIT, "--name", f"new-{path}-{form}", "echo done")
            if path == "cron run-now":  # once a minute of one cron
                local("cron", "job", "--name", f"new-cron-{form}", "--image", "x", "--schedule", "@daily", "true")
            if path in ("cron delete", "serve delete"):
                local("cron", "job", "--name", f"new-cron-{form}", "--image", "x", "--schedule", "@daily", "true")
                local("serve", "custom", "--name", f"new-serve-{form}", "--image", "x", "--restful-port", "18572", "true")
            given = {"NEW": f"new-{path.split()[0]}-{form}", "FOLDER": str(tmp_path), "FORM": form}
            typed = [given.get(word, word) for word in (words if "FORM" in words else (*words, "-o", "FORM"))]
            done = local(*typed)
            assert done.out.strip(), (typed, done)
            found = read(form, done.out)
            assert found, typed
            for data in found:
                (line if form == "jsonl" else whole).validate(data)
            if n == 0 and form == "jsonl" and path != "logs":
                assert len(found) == len(done.out.splitlines())


@pytest.mark.parametrize("path", [path for path in PRINTING if path not in ("schema", "plugins")])
def test_a_schema_of_ours_is_closed(path):
    """A key that is not written down is noticed."""
    for name, record in schema_of_command(path.split()).get("$defs", {}).items():
        assert record["additionalProperties"] is False and record["properties"], name


def test_a_command_that_prints_has_its_formats_and_a_schema():
    """The whole tree of commands is walked, plugins' groups, too: a new command is in, or says why not."""
    for path, command in ALL.items():
        formats = {flag.name: flag.choices for flag in command.flags}.get("output", ())
        if command.prints and path != "schema":
            assert set(FORMATS) <= set(formats), f"arena {path}: use output_flag() of arena_core.cli.output"
        if path not in SILENT:
            assert command.prints, f"arena {path}: name what it prints (Command.prints), or say in SILENT why it prints no data"
        elif path != "submit":
            assert not command.prints and not formats, f"arena {path} prints data: it is not SILENT"
    printing, everything = of_plugins(), set(names_of_plugins())
    assert everything > {"model list", "local up"} and set(printing) <= everything
    missing = everything - set(printing) - set(SILENT)
    assert not missing, f"{sorted(missing)}: say what they print (prints() of arena_core.cli.output), or in SILENT why they print no data"
    assert set(SILENT) <= {*ALL, *everything}, "a command that is gone"
    assert not set(SILENT) & set(printing)


def test_of_every_type_too():
    from arena_core.cli.commands.submit import for_type
    from arena_core.cli.discover import type_names

    for name in type_names():
        command: Command = for_type(name)
        assert command.prints == "small.Object" and set(FORMATS) <= set(next(f for f in command.flags if f.name == "output").choices)


def test_what_is_watched_is_lines(local, something):
    for words in (("list", "-w"), ("top", "node", "-w"), ("queue", "-w"), ("get", "works", "-w"), ("events", "works", "-w")):
        for form in ("json", "yaml"):
            done = local(*words, "-o", form)
            assert done.code == 2 and f"-o {form} is one document: it cannot be watched" in done.err and "-o jsonl" in done.err


def test_a_schema_of_what_prints_nothing_is_refused(arena):
    done = arena("schema", "--output", "attach")
    assert done.code == 2 and "'attach' is not a command that prints data" in done.err and "top node" in done.err
    assert arena("schema", "--output", "list", "-o", "yaml").out.startswith("$schema: https://json-schema.org/draft/2020-12/schema")
    assert arena("schema", "-o", "yaml", "pytorchjob").code == 0
    assert arena("schema", "-o", "json", "-o", "yaml", "tfjob").code == 2
