"""What every job type must do."""

from __future__ import annotations

from arena_hello import plugin

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import PLAIN_JOB_LABELS, plain_job_samples


class TestHello(JobTypeConformance):
    """The kit's tests; those of this type alone belong beside it."""

    plugin = plugin
    #: As few arguments as it takes, and more of them.
    minimal = {"name": "x", "image": "busybox", "command": "true"}
    full = {"workers": 2, "epochs": 4, "gpus": 1, "kueue_queue": "team"}
    #: Recorded moments of a job's life; a kind of your own needs its own.
    samples = plain_job_samples()
    operator_labels = PLAIN_JOB_LABELS
