"""What Kueue needs to know of an MPIJob besides what its type says: it ends and counts as the Training Operator's kinds do."""

from __future__ import annotations

from arena_core.k8s import conditions
from arena_local.sdk.quota import quota_of
from arena_local.training.quota import PRIORITY, active, finished
from arena_mpijob import plugin
from arena_mpijob.local.names import INDEX_LABEL

QUOTA = quota_of(
    plugin,
    "kubeflow.org/mpijob",
    finished=finished,
    active=active,
    pods_ready=lambda api, job: conditions.is_true(job, "Running"),
    index_label=INDEX_LABEL,
    priority_path=PRIORITY,
)
