"""From words and files to the argument model; nothing here needs a cluster."""

from __future__ import annotations

import json

import pytest
import yaml

BASE = ("submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client")


def jobfile(done):
    assert done.code == 0, done.err
    return yaml.safe_load(done.out)


def test_the_objects_are_printed_and_no_cluster_is_needed(arena, home):
    done = arena(*BASE, "-o", "yaml", "-n", "team", "python", "train.py", "--lr", "0.1")
    assert done.code == 0
    (job,) = yaml.safe_load_all(done.out)
    assert job["metadata"]["namespace"] == "team"
    template = job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]
    assert template["spec"]["containers"][0]["command"] == ["sh", "-c", "python train.py --lr 0.1"]
    assert not (home / ".arena" / "local").exists()


def test_outputs(arena):
    assert arena(*BASE, "true").out == "pytorchjob.kubeflow.org/x created (dry run)\n"
    assert arena(*BASE, "-o", "name", "true").out == "pytorchjob.kubeflow.org/x\n"
    assert json.loads(arena(*BASE, "-o", "json", "true").out)["kind"] == "PyTorchJob"
    several = json.loads(arena(*BASE, "-o", "json", "--gang", "sleep", "1").out)
    assert several["kind"] == "List"
    assert len(list(yaml.safe_load_all(arena(*BASE, "-o", "yaml", "--gang", "sleep", "1").out))) == len(several["items"]) > 1


@pytest.mark.parametrize("alias", ["pytorch", "py", "PY", "PyTorchJob", "Pytorch"])
def test_aliases_in_any_case(arena, alias):
    assert arena("submit", alias, *BASE[2:], "-o", "name", "true").out == "pytorchjob.kubeflow.org/x\n"


def test_an_unknown_type_gets_the_nearest_one(arena):
    done = arena("submit", "pytrochjob", "--name", "x")
    assert done.code == 2
    assert "unknown job type 'pytrochjob'" in done.err
    assert "did you mean 'pytorchjob'" in done.err


def test_everything_that_is_wrong_is_said_at_once_with_its_flag(arena):
    done = arena(
        "submit", "pytorchjob", "--name", "Bad_Name", "--gpus", "two", "--env", "NOEQ", "--toleration", "a=b:Never", "--data", "x", "--wrokers", "2", "t.py"
    )  # fmt: skip
    assert done.code == 2
    starts = ["--gpus:", "unknown flag --wrokers; did you mean --workers?", "--name:", "--env:", "--data:", "--toleration:", "--image:"]
    lines = done.err.splitlines()
    assert lines[-1] == "hint: `arena submit pytorchjob --help` lists the flags"
    assert len(lines) == len(starts) + 1
    for start in starts:
        assert any(line.startswith(f"error: {start}") for line in lines), start


def test_what_is_missing_is_named(arena):
    err = arena("submit", "pytorchjob").err
    for text in ("--name is required", "--image: ", "the command is missing"):
        assert text in err


def test_one_quoted_command_is_shell_text_and_flags_behind_it_are_ours(arena):
    found = jobfile(arena(*BASE, "python train.py --lr 1 && echo ok", "--gpus", "2", "-o", "jobfile"))
    assert found["command"] == "python train.py --lr 1 && echo ok"
    assert found["gpus"] == 2


def test_a_quoted_command_with_more_words_is_refused(arena):
    done = arena(*BASE, "python train.py", "more")
    assert done.code == 2
    assert "quote the whole command, or none of it" in done.err


def test_words_keep_their_quotes(arena):
    assert jobfile(arena(*BASE, "-o", "jobfile", "--", "python", "t.py", "a b", "$X"))["command"] == ["python", "t.py", "a b", "$X"]


def test_the_job_file_says_what_the_flags_say(arena, home):
    flags = ("-e", "A=1", "-e", "B=x y: #z", "--gang", "--workers=3", "-l", "team=ml", "--data", "claim:/data", "--toleration", "all")
    text = arena(*BASE, *flags, "-o", "jobfile", "python", "t.py").out
    (home / "job.yaml").write_text(text)
    again = arena("submit", "-f", "job.yaml", "--dry-run", "client", "-o", "jobfile")
    assert again.out == text
    by_flags = arena(*BASE, *flags, "-o", "yaml", "python", "t.py").out
    assert arena("submit", "-f", "job.yaml", "--dry-run", "client", "-o", "yaml").out == by_flags
    assert arena("submit", "py", "-f", "job.yaml", "--dry-run", "client", "-o", "yaml").out == by_flags


JOB = """\
type: py
name: x
image: i
env: {A: "1"}
workingDir: /w
data: [claim:/data]
command: python t.py
"""


@pytest.fixture
def job(home):
    path = home / "job.yaml"
    path.write_text(JOB)
    return path


def test_a_job_file_is_changed_by_set_and_by_flags(arena, job):
    done = arena(
        "submit", "-f", "job.yaml", "--set", "env.B=2,workers=3,data[1]=more:/more", "--gpus", "4", "--dry-run=client", "-o=jobfile"
    )
    found = jobfile(done)
    assert found["env"] == {"A": "1", "B": "2"}
    assert (found["workers"], found["gpus"], found["working-dir"]) == (3, 4, "/w")
    assert found["data"] == ["claim:/data", "more:/more"]


def test_a_program_on_the_command_line_replaces_that_of_the_file(arena, job):
    assert jobfile(arena("submit", "-f", "job.yaml", "-o", "jobfile", "python", "other.py", "--lr", "1"))["command"][1:] == [
        "other.py",
        "--lr",
        "1",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- a\n", "is not a job file"),
        ("a: [\n", "is not a readable YAML file"),
        ("name: x\nname: y\n", "duplicate key"),
        ("apiVersion: v1\nkind: Pod\n", "is a Kubernetes manifest"),
        ("name: x\n", "names no job type"),
        ("type: pytorchjob\nworkingDir: /a\nworking-dir: /b\n", "twice, in two spellings"),
        ("type: pytorchjob\nname: x\nimage: i\ncommand: c\nwrokers: 2\n", "unknown option 'wrokers'"),
        ("type: nope\n", "unknown job type 'nope'"),
    ],
)
def test_wrong_job_files(arena, home, text, expected):
    (home / "bad.yaml").write_text(text)
    done = arena("submit", "-f", "bad.yaml", "--dry-run", "client")
    assert done.code == 2
    assert expected in done.err


def test_a_job_file_that_is_not_there(arena):
    assert "cannot read nope.yaml" in arena("submit", "-f", "nope.yaml").err


def test_the_type_on_the_command_line_must_fit_the_file(arena, job):
    assert "is of type py, the command says tfjob" in arena("submit", "tfjob", "-f", "job.yaml").err


def test_set_needs_no_file(arena):
    assert jobfile(arena(*BASE, "--set", "workers=2", "-o", "jobfile", "true"))["workers"] == 2


def test_defaults_of_the_site_hold_where_no_flag_says_otherwise(arena, home):
    (home / ".arena").mkdir()
    (home / ".arena" / "config").write_text("imagePullSecrets=a,b\nimagePullPolicy=IfNotPresent\ntfjob_role_sequence=Worker,PS\n")
    found = jobfile(arena(*BASE, "-o", "jobfile", "true"))
    assert (found["image-pull-secret"], found["image-pull-policy"]) == (["a", "b"], "IfNotPresent")
    found = jobfile(arena(*BASE, "-o", "jobfile", "--image-pull-secret", "c", "--image-pull-policy", "Never", "true"))
    assert (found["image-pull-secret"], found["image-pull-policy"]) == (["c"], "Never")
    tf = jobfile(arena("submit", "tf", *BASE[2:], "-o", "jobfile", "true"))
    assert tf["role-sequence"] == "Worker,PS"


def test_waiting_for_a_dry_run_is_refused(arena):
    assert arena(*BASE, "--wait", "true").code == 2


def test_help_of_a_type_lists_its_flags_and_not_the_old_spellings(arena):
    out = arena("submit", "pytorchjob", "--help").out
    assert "--nproc-per-node" in out
    assert "-e, --env NAME=VALUE" in out
    assert "--workingDir" not in out


def test_schema_accepts_what_the_job_file_says(arena):
    import jsonschema

    schema = json.loads(arena("schema", "pytorchjob").out)
    jsonschema.validate(yaml.safe_load(JOB.replace("type: py\n", "type: pytorchjob\n")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"type": "pytorchjob", "name": "x", "wrokers": 2}, schema)


def test_a_command_from_old_notes_with_the_old_spellings(arena):
    words = [
        "submit",
        "tf",
        "--name=style-transfer",
        "--gpus=2",
        "--tensorboard",
        "--workers=2",
        "--workerImage=neural-style:gpu",
        "--workingDir=/neural-style",
        "--ps=1",
        "--psImage=style-transfer:ps",
    ]
    done = arena(*words, "--dry-run=client", "-o", "yaml", "python neural_style.py --styles /neural-style/1.jpg --iterations 1000000")
    assert done.code == 0, done.err
    job = next(yaml.safe_load_all(done.out))
    images = {role: spec["template"]["spec"]["containers"][0]["image"] for role, spec in job["spec"]["tfReplicaSpecs"].items()}
    assert images == {"PS": "style-transfer:ps", "Worker": "neural-style:gpu"}
    assert done.err.count("is the old name of") == 3


def test_patches_stay_in_the_job_file_and_reach_every_job_of_a_sweep(arena, home):
    (home / "p.yaml").write_text("spec: {runPolicy: {backoffLimit: 7}}\n", encoding="utf-8")
    typed = ("--patch", "p.yaml", "--patch", '[{"op": "add", "path": "/metadata/annotations/note", "value": "n"}]')
    file = jobfile(arena(*BASE, *typed, "-o", "jobfile", "true"))
    assert file["patch"] == [
        {"spec": {"runPolicy": {"backoffLimit": 7}}},
        [{"op": "add", "path": "/metadata/annotations/note", "value": "n"}],
    ]
    (home / "j.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    (home / "p.yaml").unlink()
    jobs = [*yaml.safe_load_all(arena("submit", "-f", "j.yaml", "--dry-run", "client", "-o", "yaml").out)]
    swept = arena("submit", "-f", "j.yaml", "--dry-run", "client", "-o", "jsonl", "--sweep", "lr=1,2")
    jobs += [json.loads(line) for line in swept.out.splitlines()]
    assert [job["spec"]["runPolicy"]["backoffLimit"] for job in jobs] == [7, 7, 7], swept.err
    assert {job["metadata"]["annotations"]["note"] for job in jobs} == {"n"}


def test_a_patch_that_breaks_the_job_names_path_and_reason(arena):
    done = arena(*BASE, "--patch", '{"metadata": {"name": "y"}}', "true")
    assert done.code == 2
    assert done.err == "error: --patch: metadata.name cannot be changed: the job is found by it\nhint: give another --name\n"
