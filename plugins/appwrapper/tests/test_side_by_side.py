"""Our objects beside those that the AppWrapper fork makes of the same command lines.

The same, but for differences that have a name: the number of the fork's defect, or what a cluster adds after submission.
"""

from __future__ import annotations

import json
import re

import pytest

from arena_core.testing.comparing import differences

INNER = r"spec\.components\[0\]\.template\."
POD = INNER + r"spec\..*template\."
PERIODS = [
    "admissionGracePeriodDuration",
    "failureGracePeriodDuration",
    "retryLimit",
    "retryPausePeriodDuration",
    "warmupGracePeriodDuration",
]

#: Added by the API server, webhooks and controllers after submission, or by our submission itself: not what is built.
CLUSTER = {
    r"metadata\.(namespace|finalizers)": "the server's",
    r".*arena\.kubeflow\.org/(uid|username)": "who submits is added on submission",
    r"metadata\.labels\.workload\.codeflare\.dev/user(id)?": "the webhook's",
    r"spec\.components\[0\]\.podSetInfos.*": "Kueue's",
    r"spec\.suspend": "Kueue flips it; a typed client leaves out false",
}
#: For every inner type: the fork copies the wrapper's annotations to the pods.
ALWAYS = {POD + r"metadata\.annotations\.workload\.codeflare\.dev\.appwrapper/(" + "|".join(PERIODS) + ")": "L8"}
PYTORCH = {
    INNER + r"spec\.(backoffLimit|cleanPodPolicy)": "L1",
    INNER + r"spec\.runPolicy\.(backoffLimit|cleanPodPolicy)": "L1",
    POD + r"spec\.schedulerName": "L2",
    POD + r"metadata\.name": "a pod's name is the operator's business",
}
VOLCANO = {
    INNER + r"spec\.queue": "L19",
    POD + r"metadata\.labels\.volcano-role": "the chief's label of Arena's own Volcano jobs",
    POD + r"spec\.containers\[main-con\]\.env\[PET_(MASTER_ADDR|MASTER_PORT|NNODES|NODE_RANK)\].*": "L15",
}
DEVICES = {POD + r"spec\.containers\[main-con\]\.resources\.(limits|requests)\.huawei\.com/.*": "L7"}
SAME = {
    "aw01-readme": PYTORCH,
    "aw03-readme": VOLCANO,
    "aw04-readme": {**VOLCANO, **DEVICES},
    "aw07-readme": PYTORCH,
    "aw09-readme": {**VOLCANO, **DEVICES},
    "aw11-readme": PYTORCH,
}
#: Command lines that the fork gets wrong: what must differ beyond the above, with the defect's number.
ENV = POD + r"spec\.containers\[main-con\]\.env\[(MASTER_ADDR|MASTER_PORT|NNODES|NODE_RANK|RANK|WORLD_SIZE)\].*"
WRONG = {
    "aw12-retry0": {**VOLCANO, r"metadata\.annotations\..*/retryLimit": "L3", ENV: "§16.4: one replica gets it, too"},
    "aw15-no-svc-plugin": {
        **VOLCANO,
        POD + r"spec\.subdomain": "L6",
        ENV.replace("|MASTER_PORT|NNODES|NODE_RANK|RANK|WORLD_SIZE", ""): "L6",
    },
    "aw16-gang-rdma": {
        **PYTORCH,
        POD + r"metadata\.labels\.(pod-group\.scheduling\.sigs\.k8s\.io/name|scheduling\.x-k8s\.io/pod-group)": "a gang needs a PodGroup",
        POD + r"spec\.containers\[pytorch\]\.env\[MASTER_ADDR\].*": "the operator writes it",
    },
    "aw21-policies": {
        **PYTORCH,
        INNER + r"spec\.(runPolicy\.)?(activeDeadlineSeconds|ttlSecondsAfterFinished)": "L1",
        INNER + r"spec\.pytorchReplicaSpecs\.Master\.restartPolicy": "F1: --retry restarts",
        r"metadata\.annotations\..*/successTTLDuration": "L1: a TTL inside would look like a lost component",
    },
}


def recorded(shared, case):
    found = json.loads((shared / "arena-go/objects" / f"{case}.json").read_text())
    return found, [word for word in found["argv"][2:] if not word.startswith("--namespace")]


@pytest.mark.parametrize("case", [*SAME, *WRONG])
def test_differs_only_where_it_is_meant(case, shared, submit):
    found, argv = recorded(shared, case)
    theirs = next(o for o in found["objects"] if o["kind"] == "AppWrapper")
    seen = differences(theirs, submit.make(*argv)[0])
    named = {**ALWAYS, **(SAME | WRONG)[case]}
    assert not {p: d for p, d in seen.items() if not any(re.fullmatch(m, p) for m in {**CLUSTER, **named})}
    unused = [why for m, why in named.items() if not any(re.fullmatch(m, p) for p in seen)]
    assert not unused, "a difference that is named is there"


def test_every_case_is_compared(shared):
    elsewhere = {
        *("aw08-readme", "aw13-config-file", "aw14-cmd-colon", "aw17-partition-mismatch", "aw18-partition-half", "aw19-bad-toleration"),
        *("aw20-git", "aw22-bad-inner", "aw23-master-port"),
    }
    assert {f.stem for f in (shared / "arena-go/objects").glob("aw*.json")} == set(SAME) | set(WRONG) | elsewhere


def container(wrapper, inner):
    return inner(wrapper)["spec"]["tasks"][0]["template"]["spec"]["containers"][0]


@pytest.mark.parametrize("case", ["aw08-readme", "aw14-cmd-colon"])
def test_commands_that_the_fork_cannot_write(case, shared, submit, inner):
    argv = recorded(shared, case)[1]
    assert container(submit.make(*argv)[0], inner)["command"] == ["sh", "-c", argv[-1]]


def test_storage_example_of_the_readme(shared, submit, inner):
    spec = inner(submit.make(*recorded(shared, "aw08-readme")[1])[0])["spec"]["tasks"][0]["template"]["spec"]
    claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in spec["volumes"] if "persistentVolumeClaim" in v}
    assert claims == {"training-data": "training-data", "checkpoints": "checkpoints"}
    assert {"mountPath": "/data", "name": "training-data"} in spec["containers"][0]["volumeMounts"]
    assert spec["containers"][0]["resources"]["limits"] == {"cpu": "192", "memory": "768Gi", "huawei.com/Ascend910C": "16"}
    shm = next(v for v in spec["volumes"] if v["name"] == "dshm")
    assert shm["emptyDir"] == {"medium": "Memory", "sizeLimit": "64Gi"}


def test_repository_called_y_stays_text(shared, submit, inner):
    task = inner(submit.make(*recorded(shared, "aw20-git")[1])[0])["spec"]["tasks"][0]
    (init,) = task["template"]["spec"]["initContainers"]
    assert {"name": "GIT_SYNC_DEST", "value": "y"} in init["env"]
    env = {e["name"]: e.get("value") for e in task["template"]["spec"]["containers"][0]["env"]}
    assert (env["WORLD_SIZE"], env["NNODES"], env["LOCAL_WORLD_SIZE"], env["PET_NPROC_PER_NODE"]) == ("16", "2", "8", "8")


def test_config_file_and_tensorboard_are_made(submit, inner, tmp_path):
    file = tmp_path / "app.conf"
    file.write_text("lr = 0.1\n")
    made = submit.make("--name=j", "--image=i", f"--config-file={file}:/etc/app/app.conf", "--tensorboard", "python train.py")
    assert [o["kind"] for o in made] == ["AppWrapper", "ConfigMap", "Service", "Deployment"]
    config = made[1]
    assert config["data"] == {"app.conf": "lr = 0.1\n"}
    volumes = inner(made[0])["spec"]["pytorchReplicaSpecs"]["Master"]["template"]["spec"]["volumes"]
    assert config["metadata"]["name"] in [v.get("configMap", {}).get("name") for v in volumes]
    assert all(o["metadata"]["labels"]["app"] == "appwrapperjob" and o["metadata"]["labels"]["release"] == "j" for o in made)


def test_gang_has_a_pod_group(submit, inner):
    wrapper, group = submit.make("--name=g", "--image=i", "--workers=4", "--gang", "--scheduler=volcano", "x y")
    assert (group["kind"], group["spec"]["minMember"]) == ("PodGroup", 4)
    for spec in inner(wrapper)["spec"]["pytorchReplicaSpecs"].values():
        assert spec["template"]["spec"]["schedulerName"] == "volcano"
        assert spec["template"]["metadata"]["annotations"]["scheduling.k8s.io/group-name"] == group["metadata"]["name"]


def test_without_svc_plugin_the_address_resolves(shared, submit, inner):
    wrapper, service = submit.make(*recorded(shared, "aw15-no-svc-plugin")[1])
    env = {e["name"]: e.get("value") for e in container(wrapper, inner)["env"]}
    assert env["MASTER_ADDR"] == service["metadata"]["name"] and service["spec"]["clusterIP"] == "None"
    # Labels that Volcano gives every pod: the Service leads to the first one alone.
    assert service["spec"]["selector"] == {
        "volcano.sh/job-name": wrapper["metadata"]["name"],
        "volcano.sh/task-spec": "worker",
        "volcano.sh/task-index": "0",
    }


@pytest.mark.parametrize(
    ("case", "flag"),
    [
        ("aw17-partition-mismatch", "--total-partitions"),
        ("aw18-partition-half", "--partition-size"),
        ("aw19-bad-toleration", "--toleration"),
        ("aw23-master-port", "--master-port"),
    ],
)
def test_refused_early(case, flag, shared, submit):
    assert submit.refused(*recorded(shared, case)[1]) == [flag]


def test_other_inner_types_than_the_forks(shared, submit, inner):
    # The fork refuses tf; here every installed type that can be wrapped is taken, any other is refused by name.
    argv = recorded(shared, "aw22-bad-inner")[1]
    assert inner(submit.make(*argv)[0])["kind"] == "TFJob"
    assert submit.refused(*[w.replace("=tf", "=nope") for w in argv]) == ["--inner-type"]
