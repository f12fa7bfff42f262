"""The kind, and the only type whose jobs it makes."""

from __future__ import annotations

from arena_core.contract.types import Resource

RESOURCE = Resource("batch.volcano.sh", "v1alpha1", "CronJob", "cronjobs")
ONLY = "volcanojob"
