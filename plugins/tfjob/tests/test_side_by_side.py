"""Our objects beside those that Arena (Go) 0.15.5 makes of the same command lines: the same, but for differences that have a name."""

from __future__ import annotations

import json
import re

import pytest

from arena_core.args import field_for_path, flag_name
from arena_core.contract.errors import InvalidArguments
from arena_core.testing.comparing import differences
from arena_tfjob.args import TFJobArgs
from arena_tfjob.manifests import build

#: Differences that are meant: pattern of the path, and why.
MEANT = {
    r"metadata\.namespace": "the namespace is set on submission",
    r".*arena\.kubeflow\.org/(uid|username)": "who submits is added on submission",
    r"spec\.runPolicy\.suspend": "written by the API server",
    r".*\.resources": "an empty object says nothing",
    r".*\.ports\[tfjob-port\]\.(name|containerPort|protocol)": "where the user names no port, the operator's own (2222) is taken, not one of 20000…",
}
DEVICES = {r".*amd\.com/gpu": "a quantity is text"}
SAME = {
    "tf01-standalone": {},
    "tf02-ps-workers": {},
    "tf05-limits": {},
    "tf06-chief-eval": {},
    "tf08-role-sequence": {},
    "tf10-success-policy": {},
    "tf14-rsync": {},
    "tf17-toleration": {},
    "tf18-host": {},
}
#: Cases that Arena gets wrong in one place: everything else is the same.
BUT_FOR = {
    "tf03-ports": {},
    "tf09-affinity": {r".*\.affinity\..*": "by labels that today's operator sets"},
    "tf11-timeouts": {r"spec\.(runPolicy\.backoffLimit|tfReplicaSpecs\.Worker\.restartPolicy)": "--retry is not dropped (F1)"},
    "tf12-tensorboard": {
        r".*hostPath\.path": "the folder's number follows from the job's name",
        r"metadata\.annotations\.arena\.kubeflow\.org/tensorboard": "that a job has one is known without looking for it",
    },
    "tf16-gang": {r".*template\.metadata\.labels\.scheduling\.x-k8s\.io/pod-group": "the pods name the PodGroup"},
    "tf21-ps-gpus": {**DEVICES, r".*requestGPUsOfJobOwner": "the GPUs of parameter servers count"},
}


def argv_of(shared, case):
    recorded = json.loads((shared / "arena-go/objects" / f"{case}.json").read_text())
    skip = ("--namespace", "--helm-binary", "--starting-timeout")
    return recorded, [word for word in recorded["argv"][2:] if not word.startswith(skip)]


@pytest.mark.parametrize("case", [*SAME, *BUT_FOR])
def test_means_the_same(case, shared, read_argv):
    recorded, argv = argv_of(shared, case)
    theirs = next(o for o in recorded["objects"] if o["kind"] == "TFJob")
    ours = build(read_argv(TFJobArgs, argv))[0]
    meant = {**MEANT, **SAME.get(case, {}), **BUT_FOR.get(case, {})}
    if case == "tf03-ports":
        meant = {p: why for p, why in MEANT.items() if "ports" not in p}
    found = differences(theirs, ours)
    assert not {p: d for p, d in found.items() if not any(re.fullmatch(m, p) for m in meant)}
    named = {**SAME.get(case, {}), **BUT_FOR.get(case, {})}
    assert all(any(re.fullmatch(m, p) for p in found) for m in named), "a difference that is named is there"


def roles(read_argv, *argv):
    return build(read_argv(TFJobArgs, ["--name=x", "--image=i", *argv, "python main.py"]))[0]["spec"]["tfReplicaSpecs"]


def test_affinity_by_the_labels_of_today(shared, read_argv):
    specs = build(read_argv(TFJobArgs, argv_of(shared, "tf09-affinity")[1]))[0]["spec"]["tfReplicaSpecs"]
    job = {"training.kubeflow.org/job-name": "tf09-affinity", "training.kubeflow.org/operator-name": "tfjob-controller"}
    worker = specs["Worker"]["template"]["spec"]["affinity"]
    assert worker == {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {
                    "labelSelector": {"matchLabels": {**job, "training.kubeflow.org/replica-type": "worker"}},
                    "topologyKey": "kubernetes.io/hostname",
                }
            ]
        }
    }
    soft = specs["PS"]["template"]["spec"]["affinity"]["podAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    types = [t["podAffinityTerm"]["labelSelector"]["matchLabels"].get("training.kubeflow.org/replica-type") for t in soft]
    assert [(t["weight"], kind) for t, kind in zip(soft, types, strict=True)] == [(100, None), (60, "worker"), (30, "ps")]


def test_gang_of_all_roles(shared, read_argv):
    group = build(read_argv(TFJobArgs, argv_of(shared, "tf16-gang")[1]))[1]
    assert group["kind"] == "PodGroup" and group["spec"] == {"minMember": 3}


def test_limit_for_starting(read_argv):
    argv = ["--name=x", "--image=i", "--workers=2", "--starting-timeout=5m", "x y"]
    with pytest.raises(InvalidArguments, match="no limit for starting"):
        read_argv(TFJobArgs, argv)
    group = build(read_argv(TFJobArgs, ["--gang", *argv]))[1]
    assert group["spec"] == {"minMember": 2, "scheduleTimeoutSeconds": 300}


@pytest.mark.parametrize(
    ("case", "text"), [("tf23-cmd-json", "export X='{\"a\": [1, 2]}'; python main.py"), ("tf24-env-quote", "python main.py")]
)
def test_text_that_arena_gets_wrong(case, text, shared, read_argv):
    container = build(read_argv(TFJobArgs, argv_of(shared, case)[1]))[0]["spec"]["tfReplicaSpecs"]["Worker"]["template"]["spec"][
        "containers"
    ][0]
    assert container["command"] == ["sh", "-c", text]
    if case == "tf24-env-quote":
        assert {"name": "Q", "value": 'say "hi"'} in container["env"]


def test_config_file_with_its_last_newline(shared, read_argv, tmp_path):
    recorded = argv_of(shared, "tf25-config-file-helm")[0]
    theirs = next(o for o in recorded["objects"] if o["kind"] == "ConfigMap" and "app.conf" in o["data"])
    file = tmp_path / "app.conf"
    file.write_text(theirs["data"]["app.conf"] + "\n")
    argv = ["--name=tf25-config-file-helm", "--image=i", "--workers=2", f"--config-file={file}:/etc/app/app.conf", "x y"]
    config = build(read_argv(TFJobArgs, argv))[1]
    assert config["metadata"]["name"] == theirs["metadata"]["name"]
    assert config["data"] == {"app.conf": theirs["data"]["app.conf"] + "\n"}


def test_nobody_to_train(shared, read_argv):
    with pytest.raises(InvalidArguments, match="needs a worker"):
        read_argv(TFJobArgs, argv_of(shared, "tf22-workers0")[1])


def test_roles_and_their_numbers(read_argv):
    assert {r: s["replicas"] for r, s in roles(read_argv).items()} == {"Chief": 1}
    assert {r: s["replicas"] for r, s in roles(read_argv, "--ps=2").items()} == {"PS": 2, "Worker": 1}
    assert {r: s["replicas"] for r, s in roles(read_argv, "--chief", "--workers=0").items()} == {"Chief": 1}
    everything = roles(read_argv, "--ps=2", "--workers=3", "--chief", "--evaluator")
    assert {r: s["replicas"] for r, s in everything.items()} == {"PS": 2, "Worker": 3, "Chief": 1, "Evaluator": 1}
    assert {r: s["restartPolicy"] for r, s in everything.items()} == {
        "PS": "Never",
        "Worker": "OnFailure",
        "Chief": "Never",
        "Evaluator": "Never",
    }
    assert roles(read_argv, "--workers=2")["Worker"]["restartPolicy"] == "Never"


def test_roles_have_images_selectors_and_resources_of_their_own(read_argv):
    argv = (
        "--ps=1",
        "--workers=2",
        "--chief",
        "--evaluator",
        "--psImage=p",
        "--workerImage=w",
        "--selector=zone=a",
        "--ps-selector=zone=b",
    )
    argv += ("--workerCpu=1", "--worker-cpu-limit=2", "--ChiefMemory=1Gi", "--evaluator-cpu=500m", "--gpus=2", "--ps-gpus=1")
    specs = {role: s["template"]["spec"] for role, s in roles(read_argv, *argv).items()}
    assert {r: s["containers"][0]["image"] for r, s in specs.items()} == {"PS": "p", "Worker": "w", "Chief": "w", "Evaluator": "w"}
    assert {r: s["nodeSelector"]["zone"] for r, s in specs.items()} == {"PS": "b", "Worker": "a", "Chief": "a", "Evaluator": "a"}
    wanted = {r: s["containers"][0]["resources"] for r, s in specs.items()}
    assert wanted["Worker"] == {"requests": {"nvidia.com/gpu": "2", "cpu": "1"}, "limits": {"nvidia.com/gpu": "2", "cpu": "2"}}
    assert wanted["PS"] == {"requests": {"nvidia.com/gpu": "1"}, "limits": {"nvidia.com/gpu": "1"}}
    assert wanted["Chief"]["limits"]["memory"] == wanted["Chief"]["requests"]["memory"] == "1Gi"
    assert wanted["Evaluator"]["limits"]["cpu"] == "500m"


def test_on_the_nodes_network_each_role_has_a_port(read_argv):
    specs = roles(read_argv, "--ps=1", "--workers=2", "--chief", "--hostNetwork")
    ports = [s["template"]["spec"]["containers"][0]["ports"][0]["containerPort"] for s in specs.values()]
    assert len(set(ports)) == 3


def test_wrong_words_are_named(read_argv):
    argv = ["--name=x", "--image=i", "--workers=2", "--role-sequence=w,boss", "--success-policy=Some", "--ps-affinity-policy=near", "x y"]
    with pytest.raises(InvalidArguments) as refused:
        read_argv(TFJobArgs, argv)
    named = {flag_name(TFJobArgs, p.field) for p in refused.value.problems}
    assert named == {"--role-sequence", "--success-policy", "--ps-affinity-policy"}


@pytest.mark.parametrize(
    ("request_", "limit", "fine"),
    [("1", "1", True), ("1500m", "1", False), ("1500m", "2", True), ("1Gi", "1G", False), ("1G", "1Gi", True), ("1e3", "1k", True)],
)
def test_a_request_is_at_most_its_limit(request_, limit, fine, read_argv):
    argv = ["--name=x", "--image=i", "--workers=2", f"--worker-cpu={request_}", f"--worker-cpu-limit={limit}", "x y"]
    if fine:
        assert read_argv(TFJobArgs, argv).worker_cpu == request_
        return
    with pytest.raises(InvalidArguments) as refused:
        read_argv(TFJobArgs, argv)
    assert [flag_name(TFJobArgs, p.field) for p in refused.value.problems] == ["--worker-cpu"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("spec.tfReplicaSpecs.PS.replicas", "ps"),
        ("spec.tfReplicaSpecs.Worker.replicas", "workers"),
        ("spec.tfReplicaSpecs.PS.template.spec.containers[0].image", "ps_image"),
        ("spec.tfReplicaSpecs.Worker.template.spec.containers[0].resources.limits.cpu", "worker_cpu_limit"),
        ("spec.tfReplicaSpecs.Chief.template.spec.containers[0].ports[0].containerPort", "chief_port"),
        ("spec.runPolicy.ttlSecondsAfterFinished", "ttl_after_finished"),
    ],
)
def test_a_refusal_by_the_server_names_the_flag(path, field):
    assert field_for_path(TFJobArgs, path) == field
