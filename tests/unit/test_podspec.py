"""The builders of pod parts: what each argument becomes, and that nothing a person typed is changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_core.args import CpuMemoryArgs, SharedMemoryArgs, parse
from arena_core.families.args import SubmitArgs
from arena_core.families.companions import companions
from arena_core.podspec import JobFacts, Role, job_metadata, literal, pod_template
from arena_core.testing.texts import environment, expand

FACTS = JobFacts("pytorchjob", "PyTorchJob", "pytorchjob-0.5.2", workers=2, total_gpus=4)
MINIMAL: dict[str, Any] = {"name": "x", "image": "i", "command": "true"}
ALL_LABELS = {"app": "pytorchjob", "chart": "pytorchjob-0.5.2", "release": "x", "heritage": "Helm", "createdBy": "PyTorchJob"}


class Args(CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    pass


def read(**more: Any) -> Args:
    return parse(Args, {**MINIMAL, **more})


def pod(role: Role | None = None, **more: Any) -> dict[str, Any]:
    args = read(**more)
    return pod_template(args, FACTS, role or Role("pytorch", cpu=args.cpu, memory=args.memory), min_member=2)


def test_the_least_pod() -> None:
    assert pod() == {
        "metadata": {"labels": ALL_LABELS, "annotations": {"requestGPUsOfJobOwner": "4"}},
        "spec": {
            "volumes": [{"name": "dshm", "emptyDir": {"medium": "Memory", "sizeLimit": "2Gi"}}],
            "containers": [
                {
                    "name": "pytorch",
                    "image": "i",
                    "imagePullPolicy": "Always",
                    "workingDir": "/root",
                    "command": ["sh", "-c", "true"],
                    "env": [
                        {"name": "NVIDIA_VISIBLE_DEVICES", "value": "void"},
                        {"name": "gpus", "value": "0"},
                        {"name": "workers", "value": "2"},
                    ],
                    "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}],
                }
            ],
        },
    }


def test_resources() -> None:
    main = pod(gpus=2, devices=["amd.com/npu=1"], rdma=True, cpu="2", memory="4Gi")["spec"]["containers"][0]
    wanted = {"nvidia.com/gpu": "2", "amd.com/npu": "1", "rdma/hca": "1", "cpu": "2", "memory": "4Gi"}
    assert main["resources"] == {"requests": wanted, "limits": wanted}
    assert main["securityContext"] == {"capabilities": {"add": ["IPC_LOCK"]}}
    assert "NVIDIA_VISIBLE_DEVICES" not in environment(main)
    role = Role("c", gpus=0, cpu="1", cpu_limit="2", memory_limit="1Gi", devices=False, rdma=False)
    main = pod(role, gpus=2, devices=["amd.com/npu=1"], rdma=True)["spec"]["containers"][0]
    assert main["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}}
    assert environment(main)["NVIDIA_VISIBLE_DEVICES"] == "void"


@pytest.mark.parametrize("more", [{"labels": ["aliyun.com/gpu-count=1"]}, {"devices": ["aliyun.com/gpu-mem=3"]}])
def test_a_shared_gpu_is_not_hidden(more: dict[str, Any]) -> None:
    assert "NVIDIA_VISIBLE_DEVICES" not in environment(pod(**more)["spec"]["containers"][0])


def test_placement_and_namespaces() -> None:
    spec = pod(
        selectors=["a=b"], tolerations=["k=v:NoSchedule,Equal", "z"], priority="high", scheduler="volcano", host_network=True,
        host_ipc=True, host_pid=True, image_pull_secrets=["s1", "s2"],
    )["spec"]  # fmt: skip
    assert spec["nodeSelector"] == {"a": "b"}
    assert spec["tolerations"] == [
        {"key": "k", "operator": "Equal", "value": "v", "effect": "NoSchedule"},
        {"key": "z", "operator": "Exists"},
    ]
    assert (spec["priorityClassName"], spec["schedulerName"]) == ("high", "volcano")
    assert (spec["hostNetwork"], spec["dnsPolicy"], spec["hostIPC"], spec["hostPID"]) == (True, "ClusterFirstWithHostNet", True, True)
    assert spec["imagePullSecrets"] == [{"name": "s1"}, {"name": "s2"}]


def test_an_elastic_interface_excludes_the_host_network() -> None:
    assert "hostNetwork" not in pod(host_network=True, annotations=["k8s.aliyun.com/eni=true"])["spec"]


def test_volumes() -> None:
    spec = pod(
        data=["claim:/a", "with.dots:/b", "claim:/c"], data_dirs=["/mnt:/m"], sync_mode="rsync", sync_source="h::m/p", share_memory=""
    )["spec"]
    names = [v["name"] for v in spec["volumes"]]
    assert names == ["claim", names[1], "training-data-0", "code-sync"]
    assert "." not in names[1]
    mounts = [(m["name"], m["mountPath"]) for m in spec["containers"][0]["volumeMounts"]]
    assert mounts == [("claim", "/a"), (names[1], "/b"), ("claim", "/c"), ("training-data-0", "/m"), ("code-sync", "/root/code")]


def test_code_from_git() -> None:
    spec = pod(sync_mode="git", sync_source="https://h/t/y.git", env=["GIT_SYNC_BRANCH=main", "GIT_SYNC_DEST=elsewhere"], cpu="1", gpus=1)[
        "spec"
    ]
    (init,) = spec["initContainers"]
    env = environment(init)
    assert (init["name"], init["image"].rpartition("/")[2]) == ("init-code", "git-sync:v3.3.5")
    assert {k: v for k, v in env.items() if k.startswith("GIT")} == {
        "GIT_SYNC_BRANCH": "main", "GIT_SYNC_REPO": "https://h/t/y.git", "GIT_SYNC_DEST": "y", "GIT_SYNC_ROOT": "/code", "GIT_SYNC_ONE_TIME": "true",
    }  # fmt: skip
    assert init["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    assert init["volumeMounts"] == [{"name": "code-sync", "mountPath": "/code"}]


def test_code_from_rsync_is_a_list_of_words() -> None:
    (init,) = pod(sync_mode="rsync", sync_source="h::m/a b; rm -rf /", sync_image="r:1")["spec"]["initContainers"]
    assert init["command"] == ["rsync", "-avP", "h::m/a b; rm -rf /", "/code"]
    assert init["image"] == "r:1"


def test_config_files_become_config_maps() -> None:
    files = [
        {"content": 'a: "x"\n', "path": "/etc/app/app.conf"},
        {"content": "b", "path": "/etc/app/b"},
        {"content": "c", "path": "/root/c"},
        {"content": "d", "path": "/etc/d"},
    ]
    maps = companions(read(config_files=files), FACTS)
    assert [(m["metadata"]["name"], m["data"]) for m in maps] == [
        ("x-1b54ecc04896c8f", {"app.conf": 'a: "x"\n', "b": "b"}),
        (maps[1]["metadata"]["name"], {"c": "c"}),
        (maps[2]["metadata"]["name"], {"d": "d"}),
    ]
    assert maps[0]["metadata"]["labels"] == ALL_LABELS
    spec = pod(config_files=files)["spec"]
    mounts = {m["mountPath"]: m.get("subPath", "") for m in spec["containers"][0]["volumeMounts"]}
    assert mounts == {"/dev/shm": "", "/etc/app": "", "/root/c": "c", "/etc/d": "d"}
    assert {"name": "1b54ecc04896c8f", "configMap": {"name": "x-1b54ecc04896c8f"}} in spec["volumes"]


def test_labels_and_annotations() -> None:
    args = read(
        labels=["team=nlp"],
        annotations=["note=a: b"],
        model_name="m",
        model_source="s",
        queue=True,
        kueue_queue="q",
        kueue_priority_class="p",
    )
    job = job_metadata(args, FACTS)
    ours = {**ALL_LABELS, "team": "nlp", "modelName": "m"}
    assert job["labels"] == {**ours, "kueue.x-k8s.io/queue-name": "q", "kueue.x-k8s.io/priority-class": "p"}
    assert job["annotations"] == {"note": "a: b", "requestGPUsOfJobOwner": "4", "scheduling.x-k8s.io/suspend": "true"}
    assert pod_template(args, FACTS, Role("c", labels={"r": "1"}))["metadata"]["labels"] == {**ours, "r": "1"}
    labelled = pod(labels=["kueue.x-k8s.io/queue-name=q"])
    assert "kueue.x-k8s.io/queue-name" not in labelled["metadata"]["labels"]


@pytest.mark.parametrize(("scheduler", "version"), [("volcano", "scheduling.volcano.sh/v1beta1"), ("", "scheduling.x-k8s.io/v1alpha1")])
def test_a_gang_is_a_pod_group_that_the_pods_name(scheduler: str, version: str) -> None:
    args = read(gang=True, scheduler=scheduler, priority="high")
    (group,) = companions(args, FACTS, min_member=3)
    template = pod_template(args, FACTS, Role("c"), min_member=3)
    assert (group["apiVersion"], group["kind"], group["metadata"]["name"]) == (version, "PodGroup", "pytorchjob-x")
    assert group["spec"] == {"minMember": 3, **({"priorityClassName": "high"} if scheduler else {})}
    named = {**template["metadata"]["labels"], **template["metadata"]["annotations"]}
    assert named["scheduling.k8s.io/group-name" if scheduler else "scheduling.x-k8s.io/pod-group"] == "pytorchjob-x"
    assert named["pod-group.scheduling.sigs.k8s.io/min-available"] == "3"


def test_tensorboard_can_be_scheduled_without_the_chief() -> None:
    args = read(tensorboard=True, logdir="/output/logs", selectors=["a=b"], tolerations=["all"], priority="high")
    service, deployment = companions(args, FACTS, chief_labels={"role": "master"})
    assert (service["kind"], service["spec"]["type"], service["spec"]["ports"][0]["port"]) == ("Service", "NodePort", 6006)
    template = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    assert deployment["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    affinity = template["spec"]["affinity"]["podAffinity"]
    assert list(affinity) == ["preferredDuringSchedulingIgnoredDuringExecution"]
    assert template["spec"]["nodeSelector"] == {"a": "b"}
    assert template["spec"]["containers"][0]["command"] == ["tensorboard", "--logdir", "/output/training_logs", "--host", "0.0.0.0"]
    host = template["spec"]["volumes"][0]["hostPath"]
    job = pod(tensorboard=True, logdir="/output/logs")["spec"]
    assert {"name": "training-logs-volume", "hostPath": host} in job["volumes"]
    assert {"name": "training-logs-volume", "mountPath": "/output/logs"} in job["containers"][0]["volumeMounts"]


def test_tensorboard_reads_from_the_claim_that_holds_the_logs() -> None:
    _, deployment = companions(read(tensorboard=True, logdir="/data/logs", data=["c:/data"]), FACTS)
    spec = deployment["spec"]["template"]["spec"]
    assert spec["containers"][0]["command"][2] == "/data/logs"
    assert spec["volumes"] == [{"name": "c", "persistentVolumeClaim": {"claimName": "c"}}]


TEXT = st.text(st.sampled_from("$()aA_x-. \n\"'{}#:\\ü")) | st.text().filter(lambda t: "\0" not in t)


@given(text=TEXT, env=st.dictionaries(st.sampled_from(["a", "A", "aA", "x", "_x"]), st.just("CHANGED")))
@settings(max_examples=300, deadline=None)
def test_kubernetes_gives_the_container_what_was_typed(text: str, env: dict[str, str]) -> None:
    assert expand(literal(text), env) == text


@given(values=st.dictionaries(st.sampled_from(["a", "A", "aA", "x", "_x"]), TEXT), command=TEXT.filter(str.strip))
@settings(max_examples=100, deadline=None)
def test_command_and_env_arrive_unchanged(values: dict[str, str], command: str) -> None:
    main = pod(env=values, command=command)["spec"]["containers"][0]
    env = environment(main)
    assert {k: v for k, v in env.items() if k in values} == values
    assert [expand(word, env) for word in main["command"]] == ["sh", "-c", command]
