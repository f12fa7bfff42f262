"""What only the cluster knows is asked before anything is created: the inner kind, its name, queues, what the inner type asks for."""

from __future__ import annotations

import pytest

SERVED = {
    "pytorchjobs.kubeflow.org": set(),
    "jobs.batch.volcano.sh": set(),
    "queues.scheduling.volcano.sh": {"default"},
    "localqueues.kueue.x-k8s.io": {"q"},
}


class Cluster:
    """Kinds that are served, with the names of their objects; ``blind`` are kinds that may not be read."""

    def __init__(self, served, blind=()):
        self.served, self.blind, self.schema = served, blind, None

    def get(self, resource, name, namespace=""):
        there = name in self.served.get(resource.key, ()) and resource.key not in self.blind
        return {"metadata": {"name": name}, "status": {"state": "Open"}} if there else None

    def exists(self, resource, name, namespace=""):
        return None if resource.key in self.blind else name in self.served.get(resource.key, ())

    def serves(self, resource):
        return None if resource.key in self.blind else resource.key in self.served

    def served_fields(self, resource):
        return self.schema


def asked(submit, cluster, *argv):
    args = submit.read("--name=j", "--image=i", *argv, "python train.py")
    return [(p.field, p.message) for p in submit.handle.preflight(args, cluster)]


def test_nothing_is_wrong(submit):
    assert asked(submit, Cluster(SERVED), "--kueue-queue=q") == []
    assert asked(submit, Cluster(SERVED), "--inner-type=volcano") == []
    assert asked(submit, Cluster({}, blind={"pytorchjobs.kubeflow.org", "localqueues.kueue.x-k8s.io"}), "--kueue-queue=q") == [], "unknown"


@pytest.mark.parametrize(
    ("kind", "missing"), [("pytorch", "PyTorchJob (kubeflow.org)"), ("volcano", "Job (batch.volcano.sh)"), ("tf", "TFJob")]
)
def test_inner_kind_that_is_not_installed(kind, missing, submit):
    (problem,) = asked(submit, Cluster({}), f"--inner-type={kind}")
    assert problem[0] == "inner_type" and missing in problem[1] and "not installed" in problem[1]


def test_name_that_is_taken_by_a_job_of_the_inner_kind(submit):
    (problem,) = asked(submit, Cluster({**SERVED, "pytorchjobs.kubeflow.org": {"j"}}))
    assert problem == ("name", "there is a pytorchjob 'j' already")


def test_queues_under_the_wrappers_names(submit):
    queues = ["--kueue-queue=none", "--volcano-queue=team"]
    assert [f for f, _ in asked(submit, Cluster(SERVED), "--inner-type=volcano", *queues)] == ["kueue_queue", "volcano_queue"]


def test_fields_that_the_served_version_would_prune(submit):
    cluster = Cluster(SERVED)
    cluster.schema = {"properties": {"spec": {"properties": {"tasks": {"items": {"properties": {"name": {}}}}}}}}
    argv = ["--replicas=4", "--network-topology-mode=hard", "--total-partitions=2", "--partition-size=2"]
    found = asked(submit, cluster, "--inner-type=volcano", *argv)
    assert [f for f, _ in found] == ["network_topology_mode", "total_partitions"]
    assert all("drop" in text for _, text in found)


def test_s18_a_wrapper_of_that_name_is_for_the_api_server_to_refuse(submit):
    served = {**SERVED, "pytorchjobs.kubeflow.org": {"j"}, "appwrappers.workload.codeflare.dev": {"j"}}
    assert asked(submit, Cluster(served)) == []
