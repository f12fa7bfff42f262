"""What each flag does. (That what is built fits the CRD, for a matrix of flags, is the kit's to prove.)"""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_core.registry import Registry
from arena_rayjob.args import RayJobArgs
from arena_rayjob.manifests import build
from arena_rayjob.preflight import name_problems

BASE = {"name": "x", "image": "i", "command": "python t"}


def make(**more):
    return build(parse(RayJobArgs, {**BASE, **more}))


def groups(job):
    cluster = job["spec"]["rayClusterSpec"]
    return cluster["headGroupSpec"], cluster["workerGroupSpecs"][0]


def main(group):
    return group["template"]["spec"]["containers"][0]


def test_the_end_as_in_arena_but_for_the_deadline():
    spec = make()[0]["spec"]
    assert (spec["shutdownAfterJobFinishes"], spec["ttlSecondsAfterFinished"], spec["backoffLimit"]) == (True, 10, 0)
    assert "activeDeadlineSeconds" not in spec
    kept = make(shutdown_after_finished=False)[0]["spec"]
    assert not {"shutdownAfterJobFinishes", "ttlSecondsAfterFinished"} & kept.keys()
    spec = make(retry=2, running_timeout="1h", start_timeout="10m", suspend=True)[0]["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["preRunningDeadlineSeconds"], spec["suspend"]) == (2, 3600, 600, True)


def test_head_and_workers_have_what_is_theirs():
    head, worker = groups(make(gpus=2, workers=3, worker_cpu="3", devices={"amd.com/gpu": "1"}, data=["claim:/data"], head_gpu=1)[0])
    assert main(worker)["resources"]["limits"] == {"nvidia.com/gpu": "2", "amd.com/gpu": "1", "cpu": "3"}
    assert main(head)["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert [(worker[k]) for k in ("replicas", "minReplicas", "maxReplicas", "numOfHosts")] == [3, 3, 3, 1]
    for group, name, policy in ((head, "ray-head", "Never"), (worker, "ray-worker", "OnFailure")):
        assert main(group)["name"] == name and group["template"]["spec"]["restartPolicy"] == policy
        assert "command" not in main(group) and {m["mountPath"] for m in main(group)["volumeMounts"]} == {"/data"}
        assert main(group)["lifecycle"]["preStop"]["exec"]["command"] == ["/bin/sh", "-c", "ray stop"]
    assert {p["name"]: p["containerPort"] for p in main(head)["ports"]} == {"gcs-server": 6379, "dashboard": 8265, "client": 10001}
    assert make(gpus=2, workers=3, head_gpu=1)[0]["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "7"


def test_flags_of_arena_that_it_ignored_work():
    files = [{"content": "a", "path": "/etc/c/a"}]
    job, config, *_ = make(share_memory="1Gi", rdma=True, sync_mode="git", sync_source="https://h/p.git", config_files=files)
    head, worker = groups(job)
    for group in (head, worker):
        assert {"/dev/shm", "/root/code", "/etc/c"} <= {m["mountPath"] for m in main(group)["volumeMounts"]}
        names = {v["name"] for v in group["template"]["spec"]["volumes"]}
        assert {m["name"] for m in main(group)["volumeMounts"]} <= names
        assert group["template"]["spec"]["initContainers"]
    assert main(worker)["resources"]["limits"] == {"rdma/hca": "1"} and config["kind"] == "ConfigMap"


def test_the_submitter_is_the_jobs_own_and_goes_where_the_others_may():
    template = make(image_pull_secrets=["s"], tolerations=["all"], gpus=2, env=["A=b"])[0]["spec"]["submitterPodTemplate"]
    assert template["metadata"]["labels"].items() >= {"app": "rayjob", "release": "x"}.items()
    spec, container = template["spec"], template["spec"]["containers"][0]
    assert spec["imagePullSecrets"] == [{"name": "s"}] and spec["tolerations"] and spec["restartPolicy"] == "Never"
    assert container.keys() == {"name", "image", "imagePullPolicy", "resources"} and "nvidia.com/gpu" not in str(container)
    assert "submitterPodTemplate" not in make(submission_mode="HTTPMode")[0]["spec"]


def test_autoscaling():
    cluster = make(enable_autoscaling=True, workers=2, worker_min_replicas=1, worker_max_replicas=5)[0]["spec"]["rayClusterSpec"]
    options = cluster["autoscalerOptions"]
    assert cluster["enableInTreeAutoscaling"] is True and options["idleTimeoutSeconds"] == 60 and options["upscalingMode"] == "Default"
    assert options["resources"] == {kind: {"cpu": "500m", "memory": "512Mi"} for kind in ("requests", "limits")}
    group = cluster["workerGroupSpecs"][0]
    assert (group["minReplicas"], group["maxReplicas"], group["template"]["spec"]["restartPolicy"]) == (1, 5, "Never")


@pytest.mark.parametrize(("flags", "members"), [({}, 4), ({"worker_num_of_hosts": 2}, 7)])
def test_a_gang_is_the_whole_ray_cluster(flags, members):
    group = next(o for o in make(workers=3, gang=True, **flags) if o["kind"] == "PodGroup")
    assert group["spec"]["minMember"] == members


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"shutdown_after_finished": False, "suspend": True}, "suspend"),
        ({"shutdown_after_finished": False, "kueue_queue": "q"}, "kueue_queue"),
        ({"shutdown_after_finished": False, "ttl_after_finished": "1m"}, "ttl_after_finished"),
        ({"enable_autoscaling": True, "kueue_queue": "q"}, "enable_autoscaling"),
        ({"worker_min_replicas": 5}, "worker_min_replicas"),
        ({"worker_max_replicas": 0}, "worker_max_replicas"),
        ({"submission_mode": "InteractiveMode"}, "command"),
        ({"submission_mode": "InteractiveMode", "command": "", "retry": 1}, "retry"),
        ({"image": ""}, "image"),
        ({"command": ""}, "command"),
        ({"workers": -1}, "workers"),
        ({"name": "9x"}, "name"),
        ({"name": "x" * 48}, "name"),
        ({"submission_mode": "Carrier"}, "submission_mode"),
    ],
)
def test_what_is_refused_at_once(flags, field):
    with pytest.raises(InvalidArguments) as caught:
        build(parse(RayJobArgs, {key: value for key, value in {**BASE, **flags}.items() if value != ""}))
    assert field in {p.field for p in caught.value.problems}


def test_two_images_will_do():
    head, worker = groups(build(parse(RayJobArgs, {"name": "x", "command": "c", "head_image": "h", "worker_image": "w"}))[0])
    assert (main(head)["image"], main(worker)["image"]) == ("h", "w")


def notes(**more):
    return " | ".join(parse(RayJobArgs, {**BASE, **more}).notes())


def test_what_will_not_do_what_it_seems_to_is_named():
    assert "keeps its GPUs" in notes(shutdown_after_finished=False)
    assert "only in Ray's dashboard" in notes(submission_mode="HTTPMode")
    assert "before all workers are ready" in notes(submission_mode="SidecarMode") and not notes(submission_mode="SidecarMode", workers=0)
    assert "RAY_CLUSTER_NAME" in notes(env=["RAY_CLUSTER_NAME=c"])
    assert "without --enable-autoscaling" in notes(autoscaler_cpu="1")
    assert not notes() and not notes(env=["RAY_ADDRESS=a"])


def test_inside_an_appwrapper_the_cluster_stays_and_what_never_ends_is_said():
    args, spec = wrapped()
    assert "never sees the end of a RayJob" in args and "keeps its GPUs until the job is deleted" not in args
    assert "shutdownAfterJobFinishes" not in spec
    args, spec = wrapped(shutdown_after_finished=True)
    assert spec["shutdownAfterJobFinishes"] is True
    assert "--shutdown-after-finished: the AppWrapper" in args and "runs the job again" in args


def wrapped(**more):
    """Return the notes of an AppWrapper around a RayJob, and the RayJob's spec."""
    handle = Registry(environ={}).get("appwrapperjob")
    args = parse(handle.args_model, {**BASE, "inner_type": "rayjob", **more})
    return " | ".join(args.notes()), handle.build_manifests(args)[0]["spec"]["components"][0]["template"]["spec"]


class Cluster:
    def __init__(self, **objects):
        self.objects = objects

    def exists(self, resource, name, namespace=""):
        return f"{resource.plural}_{name}".replace("-", "_") in self.objects

    def get(self, resource, name, namespace=""):
        return self.objects.get(f"{resource.plural}_{name}".replace("-", "_"))


def test_a_job_of_that_name_would_pass_for_the_submitter():
    taken = Cluster(jobs_x={"metadata": {}})
    (problem,) = name_problems(parse(RayJobArgs, BASE), taken)
    assert problem.field == "name" and "Job x exists already (nobody owns it)" in problem.message
    assert not list(name_problems(parse(RayJobArgs, {**BASE, "submission_mode": "HTTPMode"}), taken))
    earlier = {"metadata": {"ownerReferences": [{"kind": "RayJob", "name": "x"}]}}
    assert not list(name_problems(parse(RayJobArgs, BASE), Cluster(services_x_head_svc=earlier)))
