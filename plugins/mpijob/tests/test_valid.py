"""What each flag does. (That what is built fits the CRD, for a matrix of flags, is the kit's to prove.)"""

from __future__ import annotations

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments
from arena_mpijob.args import MPIJobArgs
from arena_mpijob.manifests import build


def make(**more):
    return build(parse(MPIJobArgs, {"name": "x", "image": "i", "command": "mpirun t", **more}))


def roles(**more):
    job = make(**more)[0]
    return {name: job["spec"]["mpiReplicaSpecs"][name]["template"] for name in ("Launcher", "Worker")}


def main(template):
    return template["spec"]["containers"][0]


def test_the_command_is_the_launchers_and_the_gpus_are_the_workers():
    both = roles(gpus=2, cpu="3", devices={"amd.com/gpu": "1"}, data=["claim:/data"], data_dirs=["/mnt"])
    launcher, worker = main(both["Launcher"]), main(both["Worker"])
    assert launcher["command"] == ["sh", "-c", "mpirun t"] and "command" not in worker
    assert worker["resources"]["limits"] == {"nvidia.com/gpu": "2", "amd.com/gpu": "1", "cpu": "3"} and "resources" not in launcher
    assert {m["mountPath"] for m in worker["volumeMounts"]} == {"/data", "/mnt", "/dev/shm"}
    assert {m["mountPath"] for m in launcher["volumeMounts"]} == {"/dev/shm"}


def test_mounts_on_launcher():
    assert {m["mountPath"] for m in main(roles(data=["claim:/data"], mounts_on_launcher=True)["Launcher"])["volumeMounts"]} >= {"/data"}


def test_a_launcher_that_works_is_as_a_worker():
    both = roles(gpus=2, cpu="3", data=["claim:/data"], run_launcher_as_worker=True)
    launcher, worker = main(both["Launcher"]), main(both["Worker"])
    assert (launcher["resources"], launcher["volumeMounts"]) == (worker["resources"], worker["volumeMounts"])
    job = make(gpus=2, workers=3, run_launcher_as_worker=True)[0]
    assert job["metadata"]["annotations"]["requestGPUsOfJobOwner"] == "8" and job["spec"]["runLauncherAsWorker"] is True


@pytest.mark.parametrize(("flags", "slots"), [({}, 1), ({"gpus": 4}, 4), ({"gpus": 4, "slots_per_worker": 2}, 2)])
def test_slots(flags, slots):
    assert make(**flags)[0]["spec"]["slotsPerWorker"] == slots


def test_what_arena_does_at_the_end_and_on_failure():
    spec = make(retry=2, running_timeout="1h", ttl_after_finished="10s")[0]["spec"]
    assert spec["runPolicy"] == {"cleanPodPolicy": "All", "backoffLimit": 2, "activeDeadlineSeconds": 3600, "ttlSecondsAfterFinished": 10}
    assert {spec["mpiReplicaSpecs"][name]["restartPolicy"] for name in ("Launcher", "Worker")} == {"Never"}
    assert make()[0]["spec"]["runPolicy"]["backoffLimit"] == 0 and make()[0]["spec"]["launcherCreationPolicy"] == "WaitForWorkersReady"


def test_gpu_topology_as_in_arena():
    worker = roles(workers=3, gpus=2, gpu_topology=True)["Worker"]
    assert worker["metadata"]["labels"].items() >= {"gpu-topology": "x", "gpu-topology-replica": "3"}.items()
    assert worker["spec"]["hostNetwork"] is True and "volumes" not in worker["spec"]
    assert main(worker)["resources"]["limits"] == {"aliyun.com/gpu": "2"} and "volumeMounts" not in main(worker)


@pytest.mark.parametrize(("flags", "members"), [({}, 3), ({"launcher_creation_policy": "AtStartup"}, 4)])
def test_a_gang_never_waits_for_a_launcher_that_waits_for_it(flags, members):
    group = next(o for o in make(workers=3, gang=True, **flags) if o["kind"] == "PodGroup")
    assert group["spec"]["minMember"] == members


@pytest.mark.parametrize(
    ("flags", "field"),
    [
        ({"gpu_topology": True}, "gpu_topology"),
        ({"data": ["claim:/etc/mpi"]}, "data"),
        ({"data": ["claim:/root/.ssh"]}, "ssh_auth_mount_path"),
        ({"ssh_auth_mount_path": "ssh"}, "ssh_auth_mount_path"),
        ({"workers": 0}, "workers"),
        ({"name": "9x"}, "name"),
        ({"mpi_implementation": "LAM"}, "mpi_implementation"),
    ],
)
def test_what_is_refused_at_once(flags, field):
    with pytest.raises(InvalidArguments) as caught:
        make(**flags)
    assert field in {p.field for p in caught.value.problems}


def notes(**more):
    return " | ".join(parse(MPIJobArgs, {"name": "x", "image": "i", "command": "c", **more}).notes())


def test_what_will_not_do_what_it_seems_to_is_named():
    assert "keep their GPUs" in notes(clean_task_policy="None")
    assert "the MPIJob itself stays" in notes(ttl_after_finished="1m")
    assert "OMPI_MCA_plm_rsh_args" in notes(env=["OMPI_MCA_plm_rsh_args=-v"])
    assert not notes(env=["OMPI_MCA_plm_rsh_args=-v"], mpi_implementation="Intel") and not notes()
