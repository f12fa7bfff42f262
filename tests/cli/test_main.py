"""Finding the command, persistent flags, the error boundary."""

from __future__ import annotations

import re

import pytest

from arena_core.cli import catalog
from arena_core.cli import main as entry
from arena_core.cli.commands import exit_codes, version
from arena_core.contract.errors import EXIT_CODES, PluginError


def test_help_names_commands_job_types_and_groups_of_plugins(arena):
    done = arena("--help")
    assert done.code == 0
    assert not done.err
    for word in ("submit", "list, ls", "delete, del", "pytorchjob, py, pytorch", "distributed PyTorch training", "From plugins:", "local "):
        assert word in " ".join(done.out.split()) + " "
    assert arena().out == done.out
    assert arena("help").out == done.out


def test_a_blocked_plugin_is_not_in_the_help(arena, monkeypatch):
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", "pytorchjob,local,model,evaluate")
    out = arena("--help").out
    assert "pytorchjob" not in out
    assert "From plugins:" not in out


@pytest.mark.parametrize("entry_", [e for e in catalog.ENTRIES if e.name != "demo"], ids=lambda e: e.name)
def test_every_command_has_a_help_under_each_of_its_names(arena, entry_):
    for name in (entry_.name, *entry_.aliases):
        done = arena(name, "--help")
        assert done.code == 0, done.err
        assert f"arena {entry_.name}" in done.out
        assert "--namespace" in done.out
        assert arena("help", name).out == done.out


def test_an_unknown_command_gets_the_nearest_one(arena):
    assert arena("lst") == (2, "", "error: unknown command 'lst'\nhint: did you mean `arena list`?\n")


@pytest.mark.parametrize("command", ["llm"])
def test_commands_of_arena_that_are_not_here_are_said_to_be_so(arena, command):
    done = arena(command, "list", "-n", "x")
    assert (done.code, done.out) == (2, "")
    assert f"arena {command}: Arena (Go) has this command, this program does not" in done.err


def test_wrong_flags_are_all_named(arena):
    done = arena("--nmaespace", "x", "get", "a", "--evnts", "-o", "table")
    assert done.code == 2
    assert done.err.splitlines()[:3] == [
        "error: unknown flag --nmaespace; did you mean --namespace?",
        "error: unknown flag --evnts; did you mean --events?",
        "error: -o: 'table' is not one of wide, json, yaml, jsonl, name",
    ]


@pytest.fixture
def seen(monkeypatch):
    """What `arena version` is called with."""
    calls = []

    def record(context, parsed):
        calls.append((context, parsed))
        return 0

    command = version.COMMAND.__class__(**{**version.COMMAND.__dict__, "run": record})
    monkeypatch.setattr(version, "COMMAND", command)
    return calls


@pytest.mark.parametrize(
    "words",
    [
        ("-n", "ns", "--config=c", "version", "--as", "me"),
        ("version", "-n", "ns", "--config", "c", "--as=me"),
        ("--as", "me", "version", "--config", "c", "-nns"),
    ],
)
def test_persistent_flags_stand_before_or_behind_the_command(arena, seen, words):
    assert arena(*words).code == 0
    settings = seen[0][0].settings
    assert [settings.text(n) for n in ("namespace", "config", "as_user")] == ["ns", "c", "me"]


def test_flags_of_arena_without_a_meaning_here_are_accepted(arena):
    done = arena("version", "--helm-binary", "--trace", "--arena-namespace", "x", "--loglevel", "warn", "--short")
    assert done.code == 0
    assert "--trace writes nothing" in done.err
    assert arena("version", "--loglevel", "loud").code == 2


def test_the_configuration_file_gives_the_namespace_that_no_flag_gives(arena, seen, home, monkeypatch):
    (home / ".arena").mkdir()
    (home / ".arena" / "config").write_text("# mine\nnamespace = team-a\nimagePullSecrets=one, two\n")
    arena("version")
    assert seen[-1][0].namespace == "team-a"
    assert seen[-1][0].config.image_pull_secrets == ("one", "two")
    arena("version", "-n", "b")
    assert seen[-1][0].namespace == "b"
    other = home / "other"
    other.write_text("namespace=c\n")
    monkeypatch.setenv("ARENA_CONFIG", str(other))
    arena("version")
    assert seen[-1][0].namespace == "c"
    monkeypatch.setenv("ARENA_CONFIG", str(home / "missing"))
    arena("version")
    assert seen[-1][0].namespace == "team-a"


def test_a_broken_configuration_file_is_named_with_its_line(arena, home):
    (home / ".arena").mkdir()
    (home / ".arena" / "config").write_text("namespace=a\nrubbish\n")
    done = arena("submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client", "true")
    assert done.code == 2
    assert "config, line 2: expected key=value, found 'rubbish'" in done.err


def raising(monkeypatch, error):
    def run(words):
        raise error

    monkeypatch.setattr(entry, "dispatch", run)


def test_a_bug_is_called_a_bug_and_the_traceback_is_only_for_debug(arena, monkeypatch):
    raising(monkeypatch, ValueError("boom"))
    done = arena("list")
    assert done.code == 1
    assert done.err.startswith("error: this is a bug: ValueError: boom\nhint: ")
    assert "Traceback" not in done.err
    assert "Traceback" in arena("list", "--loglevel", "debug").err


def test_ctrl_c_is_130_without_a_traceback(arena, monkeypatch):
    raising(monkeypatch, KeyboardInterrupt())
    assert arena("list") == (130, "", "stopped\n")


def test_pprof_writes_a_profile_and_says_where(arena, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("PROFILE_RATE", "500")
    done = arena("version", "--pprof", "--short")
    assert done.code == 0
    (written,) = tmp_path.glob("arena_cpu_profile.*")
    assert str(written) in done.err
    import pstats

    assert pstats.Stats(str(written)).total_calls > 10


def test_version(arena):
    done = arena("version", "--short")
    assert done.out.startswith("arena: v")
    assert arena("--version").out == done.out
    assert "arena-pytorchjob: " in arena("version", "-v").out


def test_exit_codes_are_documented(arena):
    out = arena("exit-codes").out
    assert all(meaning in out for meaning in EXIT_CODES.values())
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "exit-codes.md"
    assert page.read_text() == exit_codes.document(), "run `arena exit-codes --markdown > docs/exit-codes.md`"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("get",), "which job?"),
        (("get", "a", "b"), "one job at a time: what is 'b'?"),
        (("logs", "x", "--since", "soon"), "--since: 'soon' is not a duration"),
        (("logs", "x", "--since-time", "yesterday"), "--since-time: 'yesterday' is not a time in RFC 3339 with a zone"),
        (("logs", "x", "--since", "5s", "--since-time", "2026-01-01T00:00:00Z"), "exclude each other"),
        (("logs", "x", "-i", "worker-0", "--all-instances"), "exclude each other"),
        (("delete",), "which job?"),
        (("delete", "x", "-l", "a=b"), "either names or -l"),
        (("wait",), "which job?"),
        (("wait", "x", "--for", "ever"), "'ever' is not one of"),
        (("wait", "x", "--timeout", "soon"), "--timeout: 'soon' is not a duration"),
        (("list", "x"), "list takes no name"),
        (("attach",), "which job?"),
        (("completion",), "which shell?"),
        (("completion", "tcsh"), "which shell?"),
        (("plugins", "remove"), "expected `arena plugins list`"),
        (("submit",), "which job type?"),
        (("schema",), "hint: `arena submit --help` lists them"),
        (("version", "x"), "version takes no name: what is 'x'?"),
        (("whoami", "x"), "whoami takes no name"),
        (("exit-codes", "x"), "exit-codes takes no name"),
        (("demo", "x"), "demo takes no name"),
    ],
)
def test_wrong_usage_is_2_and_says_what_to_type(arena, words, expected):
    done = arena(*words)
    assert done.code == 2
    assert expected in done.err
    assert not done.out


def test_extensions_may_add_a_hint_to_an_error_that_has_none(arena, monkeypatch):
    from types import SimpleNamespace

    from arena_core.cli import jobtypes
    from arena_core.contract.errors import Refused

    monkeypatch.setattr(jobtypes, "registry", lambda: SimpleNamespace(extensions=SimpleNamespace(error_hints=lambda e: ["ask Ann"])))
    raising(monkeypatch, Refused("over quota"))
    assert main_without_cache(monkeypatch, "list") == "error: over quota\nhint: ask Ann\n"


def main_without_cache(monkeypatch, *words):
    import io

    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    assert entry.main(words) == 7
    return err.getvalue()


def test_a_group_of_a_plugin_runs_inside_our_error_boundary(arena):
    done = arena("local", "stauts")
    assert done.code == 2
    assert done.err.startswith("error: No such command 'stauts'")
    assert arena("local", "status", "--nope").code == 2
    assert arena("-n", "x", "local", "--help").code == 0


@pytest.mark.parametrize("words", [("local",), ("local", "--help"), ("local", "-h"), ("help", "local")])
def test_the_group_of_the_local_cluster_has_a_plain_help(arena, words):
    done = arena(*words)
    assert done.code == 0
    assert re.search(r"^  kubeconfig  Print a kubeconfig", done.out, re.M)
    assert "completion" not in done.out
    assert done.out.isascii()


def test_a_group_that_does_not_load_is_named_with_its_distribution(arena, monkeypatch):
    from arena_core.registry import Registry

    def broken(self, entry):
        raise PluginError(f"plugin {entry.name!r} of distribution {entry.distribution}: broken")

    monkeypatch.setattr(Registry, "load", broken)
    done = arena("local", "status")
    assert done.code == 9
    assert "'local' of distribution arena-local" in done.err


def test_without_a_cluster_and_with_the_local_one_switched_off_the_way_out_is_named(arena, home, monkeypatch):
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", "local")
    done = arena("list")
    assert done.code == 6
    assert "no cluster is configured" in done.err
    assert "--config" in done.err
    assert not (home / ".arena").exists()
