"""What a command may import: measured as sys.modules of a fresh interpreter, so that no budget depends on the machine."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

HEAVY = ("pydantic", "rich", "kubernetes", "structlog", "typer", "urllib3", "requests", "jsonschema", "aiohttp", "asyncio")
PLUGINS = ("arena_pytorchjob", "arena_tfjob", "arena_volcano", "arena_appwrapper", "arena_job", "arena_serve", "arena_cron", "arena_local")

PROBE = """
import sys
sys.argv = ["arena", *eval(sys.argv[1])]
from arena_core.cli.main import main
try:
    code = main()
except SystemExit as exc:
    code = exc.code
sys.stderr.write("\\nMODULES " + repr([code, sorted({m.partition(".")[0] for m in sys.modules})]))
"""


def modules(tmp_path, *words):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE"))}
    env |= {"ARENA_HOME": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", PROBE, repr(words)], capture_output=True, text=True, env=env, check=False, timeout=60)
    code, found = ast.literal_eval(done.stderr.rpartition("MODULES ")[2])
    return code, set(found), done


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--help",),
        ("help",),
        ("version",),
        ("version", "--short"),
        ("list", "--help"),
        ("get", "--help"),
        ("delete", "--help"),
        ("logs", "--help"),
        ("logview", "--help"),
        ("top", "--help"),
        ("queue", "--help"),
        ("top", "node", "--help"),
        ("wait", "--help"),
        ("submit", "--help"),
        ("serve", "--help"),
        ("cron", "--help"),
        ("completion", "bash"),
        ("exit-codes",),
        ("plugins", "list"),
        ("__complete", "bash", "submit", ""),
        ("__complete", "bash", "li"),
    ],
)
def test_start_imports_no_plugin_and_nothing_heavy(tmp_path, words):
    code, found, done = modules(tmp_path, *words)
    assert code == 0, done.stderr
    assert done.stdout.strip()
    assert not found & {*HEAVY, *PLUGINS}


def test_a_wrong_command_imports_nothing_either(tmp_path):
    code, found, _ = modules(tmp_path, "lst")
    assert code == 2
    assert not found & {*HEAVY, *PLUGINS, "yaml", "pluggy"}


@pytest.mark.parametrize("words", [("list", "--oops"), ("get",), ("logs", "a", "b"), ("delete",), ("wait", "x", "--timeout", "soon")])
def test_a_wrong_flag_is_found_before_anything_is_imported(tmp_path, words):
    code, found, done = modules(tmp_path, *words)
    assert code == 2, done.stderr
    assert not found & {*HEAVY, *PLUGINS}


def test_submit_loads_one_plugin_only(tmp_path):
    words = ("submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client", "python", "t.py")
    code, found, done = modules(tmp_path, *words)
    assert code == 0, done.stderr
    assert "arena_pytorchjob" in found
    assert not found & {*(set(PLUGINS) - {"arena_pytorchjob"}), "rich", "kubernetes", "structlog", "typer", "aiohttp"}


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("serve", "list"),
        ("serve", "get", "x"),
        ("cron", "list"),
        ("cron", "get", "x"),
        ("get", "x"),
        ("logs", "x"),
        ("logview", "x"),
        ("delete", "x"),
        ("top", "node"),
        ("top", "job"),
        ("queue",),
        ("events", "x"),
        ("port-forward", "x"),
        ("open", "x"),
    ],
)
def test_reading_commands_never_import_the_argument_models(tmp_path, words):
    """Nothing listens on the port of this kubeconfig: everything up to the first request has been imported then."""
    config = tmp_path / "kubeconfig"
    config.write_text(
        json.dumps(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:9"}}],
                "users": [{"name": "u", "user": {"token": "t"}}],
            }
        )
    )
    code, found, done = modules(tmp_path, *words, "--config", str(config))
    assert code == 6, done.stderr
    assert not found & set(HEAVY)


#: What a command that only reads a plain answer over plain HTTP can do without; each took from one to twenty milliseconds of a start.
UNNEEDED = {
    "pydantic", "pluggy", "yaml", "http", "email", "ssl", "logging", "traceback", "inspect", "dataclasses", "ast", "tokenize", "pathlib",
    "urllib", "ipaddress", "random", "base64", "stringprep", "tempfile", "typing", "json", "socket", "selectors", "contextlib", "copy", "importlib", "warnings", "heapq", "shutil", "subprocess", "asyncio", "hashlib", "uuid", "decimal",
}  # fmt: skip
JOB = {
    "apiVersion": "kubeflow.org/v1",
    "kind": "PyTorchJob",
    "spec": {
        "runPolicy": {"suspend": True},
        "pytorchReplicaSpecs": {
            "Master": {"replicas": 1, "template": {"spec": {"containers": [{"name": "pytorch", "image": "x", "command": ["true"]}]}}}
        },
    },
}


def test_a_command_that_reads_loads_what_it_needs_and_no_more(tmp_path, local_cluster):
    """Against a server that answers: from the first word to the last line."""
    namespace = local_cluster.namespace("budget")
    local_cluster.create({**JOB, "metadata": {"name": "one", "namespace": namespace}})
    for words in (("list",), ("get", "one"), ("get", "one", "-T", "pytorchjob"), ("delete", "one", "-T", "pytorchjob")):
        code, found, done = modules(tmp_path, *words, "-n", namespace, "--config", str(local_cluster.kubeconfig))
        assert code == 0, done.stderr
        assert sorted(found & UNNEEDED) == [], words


def test_a_list_loads_the_types_that_have_jobs(tmp_path, local_cluster):
    """Of all others it knows the kinds from the index, which the first list wrote."""
    namespace = local_cluster.namespace("indexed")
    local_cluster.create({**JOB, "metadata": {"name": "one", "namespace": namespace}})
    one = {"arena_pytorchjob"}
    # Which types share a kind with the one that is asked for, the index knows, too.
    for words, loaded in ((("list",), None), (("list",), one), (("get", "one"), one), (("list", "-T", "pytorchjob"), one)):
        code, found, done = modules(tmp_path, *words, "-n", namespace, "--config", str(local_cluster.kubeconfig))
        assert code == 0, done.stderr
        types = {name for name in found if name.startswith("arena_")} - {"arena_core", "arena_local"}
        assert types == loaded or (loaded is None and len(types) > 5)


def test_a_running_embedded_cluster_is_found_without_what_starts_one(tmp_path, local_cluster):
    """Nothing is configured: the command looks for the cluster of this machine, and it is at work."""
    (tmp_path / "local").symlink_to(local_cluster.state.folder)
    code, found, done = modules(tmp_path, "list")
    assert code == 0, done.stderr
    assert sorted(found & UNNEEDED) == ["json"]


def test_a_list_knows_of_open_jobs_without_the_history_s_store(tmp_path, local_cluster):
    """Jobs that were submitted here and still run: nothing is new of them, or one event is written; no database is opened."""
    namespace = local_cluster.namespace("recorded")
    where = ("-n", namespace, "--config", str(local_cluster.kubeconfig))
    code, _, done = modules(tmp_path, "submit", "job", "--name", "one", "--image", "x", *where, "sleep 60")
    assert code == 0, done.stderr
    assert [path.name[:32] for path in (tmp_path / "history" / "open").iterdir()], "its end is not noted yet"
    for words in (("list",), ("list",), ("get", "one")):
        code, found, done = modules(tmp_path, *words, *where)
        assert code == 0, done.stderr
        # What is new of a job is written down as JSON.
        assert sorted(found & {*UNNEEDED, "sqlite3", "_sqlite3"} - {"json"}) == [], words
    assert modules(tmp_path, "delete", "one", *where)[0] == 0


#: What makes objects of right flags can do without.
UNNEEDED_FOR_FLAGS = {
    "pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection", "dataclasses", "inspect", "ast", "dis", "decimal", "numbers", "random", "uuid", "zoneinfo",
    "yaml", "pluggy", "http", "email", "ssl", "logging", "asyncio", "subprocess", "threading", "socket", "tempfile", "traceback",
}  # fmt: skip


KINDS = ("pytorchjob", "aw --inner-type volcano", "aw", "job", "rayjob", "sparkjob", "jobset")


@pytest.mark.parametrize("words", [*(f"submit {kind}" for kind in KINDS), "cron job --schedule @daily", "serve custom --port 80"])
def test_right_flags_need_no_pydantic(tmp_path, words):
    """Of a submission from flags: neither pydantic nor what it imports; a wrong value asks it what is wrong."""
    given = (*words.split(), "--name", "x", "--image", "i", "--env", "A=b", "--dry-run", "client", "-o", "name", "python", "t.py")
    code, found, done = modules(tmp_path, *given)
    assert code == 0, done.stderr
    # The program of a cron's pod is read as a resource of its package; what waits with `arena serve` knows of threads.
    others = set() if words.startswith("submit") else {"random", "tempfile", "threading"}
    assert sorted(found & UNNEEDED_FOR_FLAGS - others) == []


def test_a_wrong_value_is_told_by_pydantic(tmp_path):
    code, found, done = modules(
        tmp_path, "submit", "pytorchjob", "--name", "x", "--image", "i", "--workers", "0", "--dry-run", "client", "x"
    )
    assert code == 2 and "--workers: must be greater than or equal to 1, not '0'" in done.stderr
    assert "pydantic" in found


def test_reading_a_log_needs_no_tools_of_the_compiler():
    code = "import sys, arena_core.usecases.logs, arena_core.usecases.follow, arena_core.cli.commands.logs; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not set(done.stdout.split()) & {"dataclasses", "inspect", "ast", "http", "email", "ssl", "pathlib", "urllib", "pydantic", "yaml"}


def test_tls_loads_what_it_needs_and_no_more():
    code = """
import sys, arena_core.kube.tls as t
from arena_core.kube.endpoint import Endpoint
t.context(Endpoint("https://127.0.0.1:9")), t._seconds("Jun 26 21:41:46 2031 GMT")
with t._as_file(b"x"):
    print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not set(done.stdout.split()) & {
        "ssl",
        "socket",
        "selectors",
        "base64",
        "contextlib",
        "tempfile",
        "shutil",
        "random",
        "calendar",
        "_strptime",
        "typing",
        "stringprep",
        "encodings.idna",
    }


def test_no_other_command_loads_the_page(tmp_path, local_cluster):
    namespace = local_cluster.namespace("pageless")
    local_cluster.create({**JOB, "metadata": {"name": "one", "namespace": namespace}})
    code, found, done = modules(tmp_path, "get", "one", "-n", namespace, "--config", str(local_cluster.kubeconfig))
    assert code == 0, done.stderr
    assert not found & {"webbrowser", "socketserver", "http"}
