"""What every job type promises, for crons of two types: a Job, which stands in the CronJob itself, and one that a pod makes."""

from __future__ import annotations

from arena_core.contract.types import Phase
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import Sample
from arena_cron.batch import plugin
from arena_cron.kubedl import plugin as kubedl
from arena_cron.volcano import plugin as volcano
from arena_volcano.local import BUNDLE as VOLCANO

CRON = {"name": "x", "image": "img:1", "command": ("python train.py",), "schedule": "0 2 * * *"}
MORE = {
    "time_zone": "Europe/Berlin",
    "concurrency_policy": "Forbid",
    "history_limit": 3,
    "suspended": True,
    "gpus": 1,
    "env": {"A": "b"},
    "labels": {"team": "x"},
    "annotations": {"note": "y: z"},
}
#: With a deadline a pod makes the jobs, of Jobs, too.
UNTIL = {"deadline": "2026-12-31T18:00:00Z"}
SAMPLES = (
    Sample(Phase.RUNNING, {}),
    Sample(Phase.RUNNING, {"status": {"lastScheduleTime": "2026-01-01T02:00:00Z"}}),
    Sample(Phase.SUSPENDED, {"spec": {"suspend": True}}),
)
KEYS = ("annotations", "schedule", "suspend", "jobTemplate", "template", "spec", "containers", "env", "name", "ownerReferences", "timeZone")


class TestOfJobs(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    keys = KEYS
    minimal = {**CRON, "cron_type": "job"}
    full = {**MORE, "completions": 3}
    effects = {
        "cron_type": {"cron_type": "pytorchjob"},
        "deadline": UNTIL,
        "cron_image": {**UNTIL, "cron_image": "mirror/python:3"},
        "cron_service_account": {**UNTIL, "cron_service_account": "maker"},
    }


class TestOfPyTorchJobs(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    keys = KEYS
    minimal = {**CRON, "cron_type": "pytorchjob"}
    full = {**MORE, "workers": 3, "deadline": "2026-12-31T18:00:00Z", "cron_image": "mirror/python:3", "cron_service_account": "maker"}
    effects = {"cron_type": {"cron_type": "job"}}


class TestOnKubedl(JobTypeConformance):
    plugin = kubedl
    samples = SAMPLES
    keys = (*KEYS, "workload", "history", "object", "kind", "apiVersion")
    minimal = {**CRON, "cron_type": "pytorchjob"}
    full = {**MORE, "workers": 3, "deadline": "2026-12-31T18:00:00Z"}
    effects = {"cron_type": {"cron_type": "job"}}
    examples = 25


class TestOnVolcano(JobTypeConformance):
    plugin = volcano
    bundle = VOLCANO
    samples = SAMPLES
    keys = KEYS
    minimal = {"name": "x", "image": "img:1", "command": ("python train.py",), "schedule": "0 2 * * *"}
    full = {**MORE, "replicas": 4}
    effects = {
        "deadline": UNTIL,
        "plugins": {"plugins": ["svc"]},
        "policies": {"policies": ["PodFailed=RestartJob"]},
    }
    examples = 25
