"""What a PyTorchJob is doing, in Arena's words: as every kind of the Training Operator."""

from __future__ import annotations

from arena_core.families.kubeflow import Kind

KIND = Kind(field="pytorchReplicaSpecs", container="pytorch", controller="pytorchjob-controller")
