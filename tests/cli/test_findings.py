"""Command lines that were believed, dropped or misread; each was met by somebody (the letters are those of the findings)."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BASE = ("submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client")
JOBS = "/apis/kubeflow.org/v1/namespaces/default/pytorchjobs"
FILE = """\
type: pytorchjob
name: x
image: i
command: python t.py
env: {A: 1, B: two}
label: [team=ml]
data: [old:/data]
"""


def jobfile(done):
    assert done.code == 0, done.err
    return yaml.safe_load(done.out)


@pytest.mark.parametrize("command", ["get", "logs", "wait", "delete", "why", "attach"])
@pytest.mark.parametrize("name", ["", " ", "..", ".", "a/../b?", "x#y", "ü", "a" * 300, "%2e%2e", "A"])
def test_s1_a_name_that_no_job_can_have_is_refused_before_anything_is_sent(arena, api, command, name):
    api.put(JOBS, {"metadata": {"name": "precious", "namespace": "default", "uid": "u"}})
    done = arena(command, name, "-T", "py")
    assert done.code == 2, done
    assert "this is a bug" not in done.err
    assert not [r for r in api.requests if r.startswith("DELETE")]
    assert api.requests == []


@pytest.mark.parametrize("command", ["delete", "list"])
@pytest.mark.parametrize("selector", ["", " ", ",", " , ,"])
def test_s1_a_selector_that_selects_everything_is_refused(arena, api, command, selector):
    done = arena(command, "-l", selector)
    assert done.code == 2
    assert "selects every job" in done.err
    assert api.requests == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(name=st.text(max_size=300))
def test_s1_no_name_at_all_deletes_a_collection(arena, api, name):
    arena("delete", "-T", "py", "--", name)
    assert not [r for r in api.requests if r.startswith("DELETE") and r.rstrip("/").endswith("pytorchjobs")]


def test_f2_maps_of_file_and_flags_are_merged_and_a_replaced_list_is_named(arena, home):
    (home / "j.yaml").write_text(FILE)
    done = arena("submit", "-f", "j.yaml", "-e", "B=2", "-e", "C=3", "-l", "x=y", "--data", "new:/data", "-o", "jobfile")
    found = jobfile(done)
    assert found["env"] == {"A": "1", "B": "2", "C": "3"}
    assert found["label"] == {"team": "ml", "x": "y"}
    assert found["data"] == ["new:/data"]
    assert "--data replaces what the job file says" in done.err
    assert "--env" not in done.err


def test_f2_what_is_wrong_in_either_half_is_said(arena, home):
    (home / "j.yaml").write_text(FILE.replace("two", "yes"))
    assert "True is not text" in arena("submit", "-f", "j.yaml", "-e", "C=3", "-o", "jobfile").err
    (home / "j.yaml").write_text(FILE)
    assert "'NOEQ' is not of the form" in arena("submit", "-f", "j.yaml", "-e", "NOEQ", "-o", "jobfile").err


def test_f4_what_can_be_given_once_is_not_dropped(arena, home):
    (home / "j.yaml").write_text(FILE)
    (home / "k.yaml").write_text(FILE)
    done = arena("submit", "-f", "j.yaml", "-f", "k.yaml", "-o", "jobfile")
    assert (done.code, "given twice" in done.err) == (2, True)
    done = arena("logs", "x", "-i", "worker-0", "-i", "worker-1")
    assert (done.code, "-i is given twice" in done.err) == (2, True)


def test_f4_of_other_flags_the_last_one_counts_and_that_is_said(arena):
    done = arena(*BASE, "--gpus", "1", "--gpus", "2", "-o", "jobfile", "true")
    assert jobfile(done)["gpus"] == 2
    assert "--gpus is given twice; the last one counts" in done.err
    assert "given twice" not in arena(*BASE, "--gpus", "2", "--gpus", "2", "true").err


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FILE + "---\n" + FILE, "holds 2 documents; a job file describes one job"),
        ("kind: Job\napiVersion: v1\n---\nkind: Service\napiVersion: v1\n", "is a Kubernetes manifest"),
        ("a: 1\na: 2\n", "line 2, column 1: duplicate key 'a'"),
        ("a: [", "line 1"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed here"),
        ("\x00", "is not allowed"),
        ("a: !!python/object:os.system x", "line 1, column 4"),
        ("- a", "is not a job file"),
        ("", "is not a job file"),
        ("a: 2024-13-45", "month"),
    ],
)
def test_f4_s19_a_file_that_is_none_is_refused_in_one_line(arena, home, text, says):
    (home / "j.yaml").write_text(text)
    done = arena("submit", "-f", "j.yaml")
    assert done.code == 2
    assert says in done.err
    assert "<" not in done.err.replace("<unknown", "")
    assert len([line for line in done.err.splitlines() if line.startswith("error:")]) == 1


def test_f4_empty_documents_around_the_job_do_not_count(arena, home):
    (home / "j.yaml").write_text("---\n" + FILE + "---\n")
    assert jobfile(arena("submit", "-f", "j.yaml", "-o", "jobfile"))["name"] == "x"


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{c}: &{c} [{','.join(['*' + p] * 10)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text",
    [BOMB, "env: " + BOMB.replace("\n", "\n  "), "a: " + "[" * 2000, "a: &a [*a]", "x: " + "y" * 2**20, "a: " + "[1," * 60 + "]" * 60],
)
def test_s19_a_file_is_bounded_and_so_is_its_error(arena, home, text):
    (home / "j.yaml").write_text("type: pytorchjob\nname: x\n" + text)
    done = arena("submit", "-f", "j.yaml")
    assert done.code == 2
    assert "bug" not in done.err
    assert len(done.err) < 1000


def test_s19_a_long_value_makes_no_long_error(arena):
    done = arena(*BASE[:2], "--name", "y" * 100_000, "--image", "i", "true")
    assert done.code == 2
    assert len(done.err) < 3000


@pytest.mark.parametrize("flags", [("-f", "/dev/zero"), (*BASE[1:], "--config-file", "/dev/zero:/etc/x/y", "true")])
def test_s19_a_device_without_an_end_is_refused(arena, flags):
    done = arena("submit", *flags)
    assert done.code == 2
    assert "larger than" in done.err


def test_f5_a_flag_without_an_effect_is_refused(arena):
    done = arena(*BASE, "--timeout", "5s", "true")
    assert (done.code, "--timeout has no effect without --wait or --follow" in done.err) == (2, True)
    done = arena("delete", "x", "--wait=false", "--timeout", "5s")
    assert (done.code, "no effect" in done.err) == (2, True)


@pytest.mark.parametrize("text", ["", "abc", "-5s", "9999999999h", "1e400s"])
def test_f5_s21_a_time_that_is_none_is_refused(arena, api, text):
    for words in (("wait", "x", "--timeout", text), ("logs", "x", "--since", text), (*BASE[:-2], "--wait", f"--timeout={text}", "true")):
        done = arena(*words)
        assert done.code == 2, words
        assert "bug" not in done.err
    assert api.requests == []


@pytest.mark.parametrize("path", ["~nosuchuser/x", "~nosuchuser"])
def test_f8_a_home_that_does_not_exist_is_named(arena, path, monkeypatch):
    done = arena("submit", "-f", path)
    assert (done.code, "~nosuchuser is not the home of a user" in done.err) == (2, True)
    done = arena(*BASE, "--config-file", f"{path}:/etc/x/y", "true")
    assert (done.code, "~nosuchuser is not the home of a user" in done.err) == (2, True)
    monkeypatch.setenv("ARENA_HOME", path)
    done = arena("list")
    assert (done.code, "~nosuchuser is not the home of a user" in done.err) == (2, True)


NO_HOME = """
import os, pwd, sys
os.environ.pop("HOME", None); os.environ.pop("ARENA_HOME", None)
def nobody(*_): raise KeyError("getpwuid")
pwd.getpwuid = nobody
from arena_core.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(("words", "code", "says"), [(BASE, 0, "created (dry run)"), (("list",), 2, "HOME"), (("version",), 0, "arena")])
def test_f8_without_a_home_it_says_so_or_does_without(home, words, code, says):
    words = (*words, "true") if words == BASE else words
    done = subprocess.run([sys.executable, "-c", NO_HOME, *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert "bug" not in done.stderr


def test_f9_a_config_file_without_a_target_is_asked_for_it(arena, home):
    (home / "conf.yaml").write_text("x")
    done = arena(*BASE, "--config-file", "conf.yaml", "true")
    assert done.code == 2
    assert "--config-file: 'conf.yaml': where in the containers? for example conf.yaml:/etc/conf.yaml" in done.err


@pytest.mark.parametrize(
    ("words", "by"),
    [
        (("pytorchjob", "-e", "RANK=1", "-e", "MINE=1"), "the Training Operator"),
        (("aw", "-e", "RANK=1"), "the Training Operator"),
        (("volcanojob", "-e", "RANK=1", "--plugin", "pytorch=--master=task"), "Volcano's plugin pytorch"),
    ],
)
def test_f18_a_variable_that_is_overridden_is_named(arena, words, by):
    done = arena("submit", *words, "--name", "x", "--image", "i", "--dry-run", "client", "true")
    assert done.code == 0, done.err
    assert f"note: --env RANK: {by} sets this variable itself, so your value has no effect" in done.err
    assert "MINE" not in done.err


def test_y1_a_number_of_a_job_file_stays_as_it_was_written(arena, home):
    (home / "j.yaml").write_text(FILE.replace("{A: 1, B: two}", "{A: 0.10, B: 1.5e3, C: 7}"))
    found = jobfile(arena("submit", "-f", "j.yaml", "-o", "jobfile"))
    assert found["env"] == {"A": "0.10", "B": "1.5e3", "C": "7"}


@pytest.mark.parametrize(("words", "type_"), [(("tf",), "tfjob"), (("tfjob",), "tfjob"), (("py",), "pytorchjob")])
def test_f16_a_type_that_is_switched_off_is_not_unknown(arena, monkeypatch, words, type_):
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", f"{type_}, other")
    done = arena("submit", *words, "--name", "x", "true")
    assert done.code == 9
    assert f"job type {type_!r} is switched off (blocked by ARENA_BLOCK_PLUGINS)" in done.err


def test_p7_the_names_that_arena_submit_uses_are_kept_from_job_types():
    from arena_core.args import reserved
    from arena_core.cli.commands.submit import FLAGS
    from arena_core.cli.flags import GLOBAL_FLAGS

    ours = [*FLAGS, *GLOBAL_FLAGS]
    words = {word for flag in ours for word in (flag.spelling, *flag.aliases, *flag.old)}
    assert words | {"help"} == reserved.FLAGS
    assert {flag.short for flag in ours if flag.short} | {"h"} == reserved.SHORTS
    assert {flag.name for flag in ours} <= reserved.FLAGS | reserved.FIELDS


def test_f3_a_queue_given_to_the_switch_is_no_program(arena):
    done = arena(*BASE, "--queue", "default-queue", "python", "t.py")
    assert done.code == 2
    assert "--queue is a switch here and takes no name; write --kueue-queue default-queue" in done.err
    assert arena(*BASE, "--queue", "python", "t.py").code == 0
    assert arena(*BASE, "--queue", "python t.py").code == 0
    assert jobfile(arena(*BASE, "--queue", "-o", "jobfile", "--", "default-queue", "x"))["command"] == ["default-queue", "x"]


@pytest.mark.parametrize(
    "words", [("submit", "py"), ("submit", "tf"), ("submit", "vj"), ("submit", "aw"), ("logs",), ("list",), ("submit",), ()]
)
@pytest.mark.parametrize("columns", ["60", "80", "100"])
@pytest.mark.parametrize("help_flag", ["--help", "--help=all"])
def test_f10_help_fits_and_no_word_is_cut(arena, monkeypatch, words, columns, help_flag):
    if not words and help_flag == "--help=all":
        words = ("get",)
    monkeypatch.setenv("COLUMNS", columns)
    narrow = arena(*words, help_flag)
    assert narrow.code == 0, narrow.err
    for line in narrow.out.splitlines():
        assert len(line) <= int(columns) or len(line.split()) <= 3, line
    monkeypatch.setenv("COLUMNS", "110")
    assert sorted(narrow.out.split()) == sorted(arena(*words, help_flag).out.split())


@pytest.mark.parametrize("kind", ["py", "tf", "vj", "aw"])
def test_f10_the_short_help_is_short_and_says_where_the_rest_is(arena, kind, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    short, full = arena("submit", kind, "--help").out, arena("submit", kind, "--help=all").out
    assert len(short.splitlines()) <= 48
    assert f"`arena submit {kind} --help=all` shows every flag" in " ".join(short.split())
    assert "--toleration" not in short
    assert "--toleration" in full
    assert short.index("Required:") < short.index("--gpus")
    assert short.index("--name") < short.index("--gpus")
    flags = {word for word in short.split() if word.startswith("--") and word[2:3].isalpha()}
    assert all(flag.strip("`,;.)") in full for flag in flags if "=all" not in flag)


def test_f10_image_is_required_where_it_is_and_workers_count_the_master(arena):
    text = arena("submit", "py", "--help").out
    assert "--image IMAGE" in text[text.index("Required:") : text.index("Flags:")]
    assert "the master included" in text
    assert "default 60s" in arena("submit", "aw", "--help=all").out


def test_f10_only_the_flags_of_the_type_inside(arena):
    volcano = arena("submit", "aw", "--inner-type", "volcano", "--help=all").out
    pytorch = arena("submit", "aw", "--help=all").out
    assert "--volcano-queue" in volcano and "--ps-cpu" not in volcano and "--workers" not in volcano
    assert "--workers" in pytorch and "--volcano-queue" not in pytorch and "--ps-cpu" not in pytorch
    assert "--ps-cpu" in arena("submit", "aw", "--inner-type=tf", "--help=all").out
    assert arena("submit", "aw", "--inner-type", "nosuch", "--help").code == 2


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("cancel", "arena delete"), ("rm", "arena delete"), ("ps", "arena list"), ("describe", "arena get"),
        ("exec", "arena attach"), ("watch", "arena logs -f"), ("log-view", "arena logview"), ("run", "arena submit"),
    ],
)  # fmt: skip
def test_f12_a_command_of_another_tool_is_answered_with_ours(arena, word, answer):
    done = arena(word, "job")
    assert done.code == 2
    assert f"unknown command '{word}'" in done.err
    assert answer in done.err


def test_f13_choices_are_completed(arena):
    found = arena("__complete", "zsh", "submit", "py", "--image-pull-policy", "").out.split()
    assert found == ["Always", "IfNotPresent", "Never"]
    assert "volcanojob" in arena("__complete", "zsh", "submit", "aw", "--inner-type", "").out


def test_f13_what_the_cluster_knows_is_completed(arena, api):
    api.put("/apis/kueue.x-k8s.io/v1beta2/namespaces/default/localqueues", {"metadata": {"name": "team-a"}})
    assert arena("__complete", "zsh", "submit", "py", "--kueue-queue", "").out.split() == ["team-a"]


@pytest.mark.parametrize("amount", ["1Gi", "512Mi"])
def test_f17_huge_pages_are_a_resource(arena, amount):
    done = arena(*BASE, "--device", f"hugepages-2Mi={amount}", "--memory", "2Gi", "-o", "yaml", "true")
    container = yaml.safe_load(done.out)["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["containers"][0]
    assert container["resources"]["limits"]["hugepages-2Mi"] == amount
    assert arena(*BASE, "--device", "hugepages-2Mi=x", "true").code == 2


def test_n15_a_wrong_image_is_refused_by_every_type(arena):
    for words in (("py",), ("tf",), ("aw",), ("vj",), ("aw", "--inner-type", "volcano")):
        done = arena("submit", *words, "--name", "x", "--image", "UPPER/Bad:::x", "--dry-run", "client", "true")
        assert (done.code, "--image: 'UPPER/Bad:::x' is not the name of an image" in done.err) == (2, True), words
    for words in (("tf", "--worker-image"), ("tf", "--ps", "1", "--ps-image"), ("vj", "--task-images")):
        done = arena("submit", *words, "A B", "--name", "x", "--image", "i", "--dry-run", "client", "true")
        assert (done.code, "is not the name of an image" in done.err) == (2, True), words
    assert arena("submit", "vj", "--task", "w=1,image=X", "--name", "x", "--dry-run", "client", "true").code == 2


def test_s16_a_profile_follows_no_link_and_is_private(arena, tmp_path, monkeypatch):
    import os
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    target = tmp_path / "precious"
    target.write_text("x")
    (tmp_path / f"arena_cpu_profile.{os.getpid()}").symlink_to(target)
    done = arena("--pprof", "version")
    assert done.code == 0
    assert target.read_text() == "x"
    (made,) = list(tmp_path.glob("arena_cpu_profile.*.*"))
    assert made.stat().st_mode & 0o777 == 0o600
