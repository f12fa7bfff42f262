"""What a PyTorchJob is doing, in Arena's words: as every kind of the Training Operator."""

from __future__ import annotations

from arena_core.contract.types import Manifest, Scale
from arena_core.families import kueue
from arena_core.families.kubeflow import Kind
from arena_core.k8s import dig

KIND = Kind(field="pytorchReplicaSpecs", container="pytorch", controller="pytorchjob-controller")


def scale(job: Manifest) -> list[Scale]:
    """Return the workers of an elastic job, between the bounds of its policy; none of a job in a queue, whose size was admitted."""
    policy, worker = dig.mapping(job, "spec", "elasticPolicy"), dig.mapping(job, "spec", KIND.field, "Worker")
    number = worker.get("replicas")
    if not policy or kueue.decides(job) or not isinstance(number, int) or isinstance(number, bool):
        return []
    low, high = dig.number(policy, "minReplicas", default=1), dig.number(policy, "maxReplicas", default=number)
    return [Scale("worker", f"spec.{KIND.field}.Worker.replicas", min(low, number), max(high, number))]


def scale_check(job: Manifest) -> str:
    """Say why there is nothing to scale: its instances were told how many they are."""
    return kueue.sized(job) or "its instances were told how many they are when they started; one with spec.elasticPolicy can be scaled"
