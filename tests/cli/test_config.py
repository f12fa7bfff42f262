"""Configuration: whose file goes first, what a folder's file may not say, strict keys, and where each value comes from."""

from __future__ import annotations

import json
import os

import pytest
import yaml

from arena_core.cli import configfiles

BASE = ("submit", "pytorchjob", "--name", "x", "--image", "i")


@pytest.fixture
def repo(home, monkeypatch):
    """A folder inside a repository, with files of site, user and repository."""
    monkeypatch.setenv("ARENA_SITE_CONFIG", str(home / "site.yaml"))
    (home / "site.yaml").write_text(
        "defaults: {gpus: 1, label: {site: here}, priority: low}\nnotify: https://site/hook\n", encoding="utf-8"
    )
    (home / ".arena").mkdir()
    (home / ".arena/config.yaml").write_text(
        "namespace: mine\ndefaults: {gpus: 2, label: {user: me}}\ntypes: {py: {workers: 2}}\nprofiles: {big: {gpus: 8}}\n", encoding="utf-8"
    )
    (home / "repo/.git").mkdir(parents=True)
    (home / "repo/sub").mkdir()
    monkeypatch.chdir(home / "repo/sub")
    return home / "repo"


def folder(repo, text):
    (repo / ".arena.yaml").write_text(text, encoding="utf-8")


def built(done):
    assert done.code == 0, done.err
    return yaml.safe_load(done.out)


def test_the_nearest_file_goes_first_and_maps_are_merged(arena, repo):
    folder(repo, "namespace: project\ndefaults: {gpus: 4, label: {project: p}}\n")
    file = built(arena(*BASE, "--label", "typed=1", "-o", "jobfile", "true"))
    assert (file["gpus"], file["workers"], file["priority"]) == (4, 2, "low")
    assert file["label"] == {"site": "here", "user": "me", "project": "p", "typed": "1"}
    assert built(arena(*BASE, "--profile", "big", "-o", "jobfile", "true"))["gpus"] == 8
    assert built(arena(*BASE, "--profile", "big", "--gpus", "0", "-o", "jobfile", "true"))["gpus"] == 0
    assert built(arena(*BASE, "--dry-run", "client", "-o", "yaml", "true"))["metadata"]["namespace"] == "project"
    assert arena("submit", "job", "--name", "x", "--image", "i", "-o", "jobfile", "true").code == 0, "workers of py are no other type's"


def test_each_value_says_where_it_comes_from_and_nothing_is_submitted(arena, repo):
    folder(repo, "namespace: project\n")
    (repo / "sub/j.yaml").write_text("cpu: 2\n", encoding="utf-8")
    done = arena(*BASE, "-f", "j.yaml", "--env", "HF_TOKEN=hunter2", "--explain-config", "--profile", "big", "true")
    rows = {line.split()[0]: line for line in done.out.splitlines()}
    assert done.code == 0 and not (repo.parent / ".arena/local").exists()
    for key, value, source in (
        ("namespace", "project", "folder (~/repo/.arena.yaml)"),
        ("--image", "i", "command line"),
        ("--cpu", "2", "job file"),
        ("--gpus", "8", "profiles.big in ~/.arena/config.yaml"),
        ("--workers", "2", "types.py in ~/.arena/config.yaml"),
        ("--priority", "low", f"defaults in {configfiles.short(str(repo.parent / 'site.yaml'))}"),
        ("--shell", "sh", "default"),
        ("command", '["true"]', "command line"),
    ):
        assert value in rows[key] and rows[key].endswith(source), rows.get(key)
    assert "hunter2" not in done.out
    listed = arena("list", "-n", "other", "--explain-config")
    assert "folder (~/repo/.arena.yaml)" in arena("local", "status", "--explain-config").out, "also on the commands of plugins"
    cron = arena("cron", "job", "--name", "x", "--image", "i", "--schedule", "@daily", "--explain-config", "--", "true")
    assert cron.code == 0, cron
    assert "--schedule " in cron.out, "and on one that chooses by what the cluster has: no cluster is asked, or started"
    assert listed.code == 0 and "command line (--namespace)" in listed.out and "--output" in listed.out


@pytest.mark.parametrize(
    "text",
    [
        "notify: 'touch /tmp/x'",
        "kubeconfig: ./evil",
        "prometheus_address: https://evil",
        "history: off",
        "defaults: {config-file: ['/etc/passwd:/x/y']}",
        "defaults: {patch: [p.yaml]}",
        "types: {pytorchjob: {env-from-secret: [hub]}}",
        "profiles: {evil: {data-dir: ['/:/host']}}\nprofile: evil",
        "defaults: {hostNetwork: true}",
    ],
)
def test_a_folders_file_runs_and_reveals_nothing(arena, repo, text):
    before = built(arena(*BASE, "-o", "jobfile", "true"))
    folder(repo, text + "\n")
    done = arena(*BASE, "-o", "jobfile", "true")
    assert built(done) == before
    assert done.err.count("is not taken from a folder's file: put it into your own configuration") == 1
    key = text.partition(":")[0]
    if key not in ("defaults", "types", "profiles"):
        assert not any(row["file"].endswith(".arena.yaml") for row in json.loads(arena("config", "view", "-o", "json").out))
        assert arena("config", "set", "--scope", "folder", key, "1").code == 2


def test_files_above_the_repository_and_of_others_are_no_configuration(arena, repo, monkeypatch):
    (repo.parent / ".arena.yaml").write_text("namespace: above\n", encoding="utf-8")
    assert "above" not in arena("config", "view").out
    folder(repo, "namespace: other\n")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    monkeypatch.setattr(configfiles.os, "stat", lambda path, real=os.stat: os.stat_result((*real(path)[:4], 4712, *real(path)[5:])))
    assert "other" not in arena("config", "view").out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("defalts: {}", "~/repo/.arena.yaml: unknown key 'defalts'; did you mean 'defaults'?"),
        ("defaults: {gpsu: 1}", "~/repo/.arena.yaml: defaults.gpsu: no job type has a flag --gpsu"),
        ("types: {py: {wrokers: 1}}", "~/repo/.arena.yaml: types.py.wrokers: py has no flag --wrokers"),
        ("profile: bog", "there is no profile 'bog' in the configuration"),
        ("defaults: 7", "~/repo/.arena.yaml: defaults: expected flags and their values, found 7"),
        ("namespace: a\nnamespace: b", "line 2, column 1: duplicate key 'namespace'"),
        ("[1]", "expected one mapping"),
    ],
)
def test_what_is_wrong_is_refused_with_file_and_the_nearest(arena, repo, text, said):
    folder(repo, text + "\n")
    done = arena(*BASE, "--dry-run", "client", "true")
    assert done.code == 2 and said in done.err and len(done.err.splitlines()) <= 2, done.err


def test_flags_of_other_types_are_theirs(arena, repo):
    folder(repo, "defaults: {driver-memory: 2Gi}\n")
    assert built(arena(*BASE, "-o", "jobfile", "true")).get("driver-memory") is None


def test_set_get_view_unset(arena, home):
    file = home / ".arena/config.yaml"
    assert arena("config", "set", "defaults.gpus", "2").err == "~/.arena/config.yaml was changed\n"
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text("# mine\n" + file.read_text(encoding="utf-8"), encoding="utf-8")
    done = arena("config", "set", "profiles.big.gpus", "8")
    assert done.err == "~/.arena/config.yaml was changed; its comments are in ~/.arena/config.yaml.before\n"
    assert "# mine" in (home / ".arena/config.yaml.before").read_text(encoding="utf-8")
    assert arena("config", "get", "defaults.gpus").out == "2\n" and arena("config", "get", "profiles").out == "profiles.big.gpus=8\n"
    arena("config", "set", "prometheus_token", "hunter2")
    rows = json.loads(arena("config", "view", "-o", "json").out)
    assert {row["key"]: row["value"] for row in rows} == {"defaults.gpus": "2", "profiles.big.gpus": "8", "prometheus_token": "***"}
    assert arena("config", "unset", "defaults.gpus").code == 0 and arena("config", "get", "defaults.gpus").code != 0
    assert "is not set in ~/.arena/config.yaml" in arena("config", "unset", "defaults.gpus").err
    assert arena("config", "get", "notfiy").err.startswith("error: unknown key 'notfiy'\nhint: did you mean notify?")
    assert "notify is not set" in arena("config", "get", "notify").err
    for words, said in (
        (("set", "defaults.gpsu", "1"), "did you mean gpus?"),
        (("set", "nmaespace", "1"), "did you mean namespace?"),
        (("set", "defaults", "1"), "set one of them: defaults.FLAG"),
        (("set", "history", "maybe"), "expected on or off"),
        (("set", "namespace"), "expected KEY and VALUE"),
        (("vew",), "did you mean `arena config view`?"),
    ):
        done = arena("config", *words)
        assert done.code == 2 and said in done.err, done.err


def test_old_files_go_on_and_the_new_one_goes_first(arena, home):
    (home / ".arena").mkdir()
    (home / ".arena/config").write_text("namespace=old\npytorchjob_gpus=3\nimagePullPolicy=Never\n", encoding="utf-8")
    file = built(arena(*BASE, "-o", "jobfile", "true"))
    assert (file["gpus"], file["image-pull-policy"]) == (3, "Never")
    arena("config", "set", "namespace", "new")
    arena("config", "set", "types.pytorchjob.gpus", "5")
    assert built(arena(*BASE, "-o", "jobfile", "true"))["gpus"] == 5
    assert built(arena(*BASE, "--dry-run", "client", "-o", "yaml", "true"))["metadata"]["namespace"] == "new"


def test_kubeconfig_and_context_come_from_the_users_file(arena, home, api, monkeypatch):
    path = os.environ["KUBECONFIG"]
    monkeypatch.delenv("KUBECONFIG")
    arena("config", "set", "kubeconfig", path)
    assert arena("list").code == 0 and api.requests, "the cluster of the kubeconfig was asked"
    arena("config", "set", "context", "nowhere")
    assert "nowhere" in arena("list").err
