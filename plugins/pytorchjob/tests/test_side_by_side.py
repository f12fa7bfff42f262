"""Our objects beside those that Arena (Go) 0.15.5 makes of the same command lines: the same, but for differences that have a name."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from arena_core.args import flag_name
from arena_core.contract.errors import InvalidArguments
from arena_core.testing.comparing import differences
from arena_pytorchjob.args import PyTorchJobArgs
from arena_pytorchjob.manifests import build

#: Differences that are meant: pattern of the path, and why.
MEANT = {
    r"metadata\.namespace": "the namespace is set on submission",
    r".*arena\.kubeflow\.org/(uid|username)": "who submits is added on submission",
    r"spec\.runPolicy\.suspend": "written by the API server",
    r".*\.resources": "an empty object says nothing",
    r".*\.template\.metadata\.name": "a pod's name is the operator's business",
}
TENSORBOARD = {
    r".*hostPath\.path": "the folder's number follows from the job's name: with a random one, dry run and submission differ",
    r"metadata\.annotations\.arena\.kubeflow\.org/tensorboard": "that a job has one is known without looking for it",
}
SAME = {
    "py01-minimal": {},
    "py02-gpus-workers": {},
    "py14-cmd-dashdash": {},
    "py16-git-sync": {},
    "py17-rsync": {},
    "py19-tensorboard-local": TENSORBOARD,
    "py21-toleration-all": {},
    "py24-priority": {},
    "py28-secrets-labels": {},
    "py30-policies": {
        r"spec\.(runPolicy\.backoffLimit|pytorchReplicaSpecs\.Master\.restartPolicy)": "F1: N restarts need OnFailure and a limit of N + 1"
    },
    "py32-queue": {r".*template.*kueue\.x-k8s\.io/queue-name": "on a pod Kueue's label would queue that pod by itself"},
    "py35-name-49": {},
    "py37-duplicate": {},
    "py40-model-name": {},
}


def argv_of(shared, case):
    recorded = json.loads((shared / "arena-go/objects" / f"{case}.json").read_text())
    return recorded, [word for word in recorded["argv"][2:] if not word.startswith("--namespace") and word != "--helm-binary"]


@pytest.mark.parametrize("case", SAME)
def test_means_the_same(case, shared, read_argv):
    recorded, argv = argv_of(shared, case)
    theirs = next(o for o in recorded["objects"] if o["kind"] == "PyTorchJob")
    ours = build(read_argv(PyTorchJobArgs, argv))[0]
    meant = {**MEANT, **SAME[case]}
    found = differences(theirs, ours)
    assert not {p: d for p, d in found.items() if not any(re.fullmatch(m, p) for m in meant)}
    assert all(any(re.fullmatch(m, p) for p in found) for m in SAME[case]), "a difference that is named is there"


def command_of(read_argv, argv):
    master = build(read_argv(PyTorchJobArgs, argv))[0]["spec"]["pytorchReplicaSpecs"]["Master"]
    return master["template"]["spec"]["containers"][0]["command"]


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("py07-cmd-colon", 'echo "lr: 0.1 steps: 5"'),
        ("py08-cmd-hash", "python train.py --tag run #42"),
        ("py09-cmd-leading-quote", '"/opt/my tools/run" --all'),
        ("py10-cmd-multiline", "set -e\npip list\npython train.py"),
        ("py11-cmd-true", "true"),
        ("py13-cmd-flag-unquoted", "python train.py --lr 0.1"),
        ("py45-cmd-colon-helm", 'echo "lr: 0.1"'),
        ("py46-cmd-json", '{"a":1}'),
        ("py47-cmd-star", "*/run.sh"),
        ("py50-cmd-trailing-colon", "echo ready:"),
        ("py51-cmd-number", "123"),
    ],
)
def test_commands_that_arena_gets_wrong(case, text, shared, read_argv):
    assert command_of(read_argv, argv_of(shared, case)[1]) == ["sh", "-c", text]


def test_words_keep_their_quoting(shared, read_argv):
    command = command_of(read_argv, argv_of(shared, "py12-cmd-words")[1])
    assert shlex.split(command[2]) == ["python", "train.py", "a b", "$HOME", "it's"]


def test_percent_and_dollar_reach_the_shell(shared, read_argv):
    # Kubernetes leaves "$((1+1))" alone: "(1+1" is no name of a variable.
    command = command_of(read_argv, argv_of(shared, "py49-cmd-percent-dollar")[1])
    assert command == ["sh", "-c", "echo 100% done $((1+1)) `date` & wait"]


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [
        ("py05-env-quote", "JSON", '{"a": "b"}'),
        ("py06-env-backslash", "PATTERN", "a\\nb\\d+"),
        ("py48-env-newline", "MULTI", "line one\nline two"),
    ],
)
def test_env_values_that_arena_gets_wrong(case, name, value, shared, read_argv):
    master = build(read_argv(PyTorchJobArgs, argv_of(shared, case)[1]))[0]["spec"]["pytorchReplicaSpecs"]["Master"]
    assert {"name": name, "value": value} in master["template"]["spec"]["containers"][0]["env"]


@pytest.mark.parametrize(
    ("case", "field"),
    [
        ("py04-env", "--env"),
        ("py33-name-digit", "--name"),
        ("py34-name-upper", "--name"),
        ("py36-name-50", "--name"),
        ("py38-bad-memory", "--memory"),
        ("py41-image-missing", "--image"),
        ("py42-workers0", "--workers"),
        ("py43-workers-neg", "--workers"),
        ("py44-label-bad", "--label"),
    ],
)
def test_refused_with_the_flag_named(case, field, shared, read_argv):
    with pytest.raises(InvalidArguments) as refused:
        read_argv(PyTorchJobArgs, argv_of(shared, case)[1])
    assert [flag_name(PyTorchJobArgs, p.field) for p in refused.value.problems] == [field]


def test_no_toleration_is_dropped(shared, read_argv):
    argv = argv_of(shared, "py20-select-tolerate")[1]
    pod = build(read_argv(PyTorchJobArgs, argv))[0]["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    assert pod["nodeSelector"] == {"gpu": "a100", "zone": "z1"}
    assert pod["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"},
        {"key": "nonsense", "operator": "Exists"},
    ]
    for bad in ("a=b:Never", "a=b:NoSchedule,Sometimes", "=b:NoSchedule"):
        with pytest.raises(InvalidArguments):
            read_argv(PyTorchJobArgs, ["--name=n", "--image=i", f"--toleration={bad}", "x y"])


def test_config_file_with_its_last_newline(shared, read_argv, tmp_path):
    recorded = argv_of(shared, "py23-config-file-helm")[0]
    theirs = next(o for o in recorded["objects"] if o["kind"] == "ConfigMap" and "app.conf" in o["data"])
    file = tmp_path / "app.conf"
    file.write_text(theirs["data"]["app.conf"] + "\n")
    argv = ["--name=py23-config-file-helm", "--image=i", f"--config-file={file}:/etc/app/app.conf", "python x.py"]
    job, config = build(read_argv(PyTorchJobArgs, argv))
    assert config["metadata"]["name"] == theirs["metadata"]["name"]
    assert config["data"] == {"app.conf": theirs["data"]["app.conf"] + "\n"}
    pod = job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]
    assert {"name": "1b54ecc04896c8f", "mountPath": "/etc/app"} in pod["containers"][0]["volumeMounts"]


@pytest.mark.parametrize("scheduler", ["volcano", ""])
def test_gang_is_a_gang(scheduler, read_argv):
    argv = ["--name=g", "--image=i", "--workers=4", "--gang", f"--scheduler={scheduler}", "x y"]
    job, group = build(read_argv(PyTorchJobArgs, argv))
    assert group["kind"] == "PodGroup" and group["spec"]["minMember"] == 4
    assert group["apiVersion"] == ("scheduling.volcano.sh/v1beta1" if scheduler else "scheduling.x-k8s.io/v1alpha1")
    for spec in job["spec"]["pytorchReplicaSpecs"].values():
        meta = spec["template"]["metadata"]
        named = meta["annotations"].get("scheduling.k8s.io/group-name") if scheduler else meta["labels"]["scheduling.x-k8s.io/pod-group"]
        assert named == group["metadata"]["name"]


def test_tensorboard_prefers_the_master_and_does_not_insist(read_argv):
    service, deployment = build(read_argv(PyTorchJobArgs, ["--name=t", "--image=i", "--tensorboard", "x y"]))[1:]
    affinity = deployment["spec"]["template"]["spec"]["affinity"]["podAffinity"]
    assert list(affinity) == ["preferredDuringSchedulingIgnoredDuringExecution"]
    labels = affinity["preferredDuringSchedulingIgnoredDuringExecution"][0]["podAffinityTerm"]["labelSelector"]["matchLabels"]
    assert labels == {
        "training.kubeflow.org/job-name": "t",
        "training.kubeflow.org/operator-name": "pytorchjob-controller",
        "training.kubeflow.org/job-role": "master",
    }
    assert service["metadata"]["labels"]["role"] == "tensorboard" and service["metadata"]["labels"]["release"] == "t"


def test_processes_per_node_is_a_field(read_argv):
    job = build(read_argv(PyTorchJobArgs, ["--name=n", "--image=i", "--nproc-per-node=2", "x y"]))[0]
    assert job["spec"]["nprocPerNode"] == "2"
    for bad in ("0", "-1", "many", "1.5"):
        with pytest.raises(InvalidArguments):
            read_argv(PyTorchJobArgs, ["--name=n", "--image=i", f"--nproc-per-node={bad}", "x y"])


def test_kueue_labels_the_job_alone(read_argv):
    argv = ["--name=k", "--image=i", "--kueue-queue=q", "--kueue-priority-class=high", "x y"]
    job = build(read_argv(PyTorchJobArgs, argv))[0]
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "q"
    assert job["metadata"]["labels"]["kueue.x-k8s.io/priority-class"] == "high"
    assert not [k for k in job["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["metadata"]["labels"] if "kueue" in k]
