"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import USUAL
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import PLAIN_JOB_LABELS, read_samples
from arena_job import plugin

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")


class TestJob(JobTypeConformance):
    plugin = plugin
    samples = SAMPLES
    operator_labels = PLAIN_JOB_LABELS
    minimal = {"name": "x", "image": "busybox", "command": "true"}
    full = {
        **USUAL,
        "workers": 3,
        "completions": 5,
        "scheduler": "volcano",
        "kueue_queue": "q",
        "running_timeout": "1h",
        "retry_per_index": 2,
        "max_failed_indexes": 1,
        "fail_on_exit_code": [3, "42,43"],
    }
    keys = ("completions", "parallelism", "active", "ready", "failed", "suspend", "template")
