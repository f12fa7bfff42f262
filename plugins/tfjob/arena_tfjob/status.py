"""What a TFJob is doing, in Arena's words: as every kind of the Training Operator."""

from __future__ import annotations

from arena_core.families.kubeflow import Kind

KIND = Kind(field="tfReplicaSpecs", container="tensorflow", controller="tfjob-controller", endless=("PS",))
