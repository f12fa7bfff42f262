"""Completion offers the names of objects where a flag names one (``flag(names_of=...)``)."""

from __future__ import annotations

CLUSTER = "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes"
OWN = "/apis/trainer.kubeflow.org/v1alpha1/namespaces/default/trainingruntimes"


def named(*names):
    return [{"metadata": {"name": name}} for name in names]


def offered(arena, *words):
    return arena("__complete", "bash", "submit", "trainjob", *words).out.splitlines()


def test_runtimes_of_the_cluster_and_of_the_namespace(arena, api):
    api.put(CLUSTER, *named("torch-distributed", "jax-distributed"))
    api.put(OWN, *named("mine"))
    assert offered(arena, "--runtime", "") == [
        "torch-distributed\tClusterTrainingRuntime",
        "jax-distributed\tClusterTrainingRuntime",
        "mine\tTrainingRuntime",
    ]
    assert offered(arena, "--runtime", "t") == ["torch-distributed\tClusterTrainingRuntime"]


def test_what_may_not_be_read_is_left_out(arena, api):
    api.put(CLUSTER, *named("torch-distributed"))
    api.put(OWN, *named("mine"))
    api.forbidden.add(CLUSTER)
    assert offered(arena, "--runtime", "") == ["mine\tTrainingRuntime"]


def test_without_a_cluster_there_is_nothing_and_none_is_started(arena):
    assert offered(arena, "--runtime", "") == []
