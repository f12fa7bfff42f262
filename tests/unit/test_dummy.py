"""The reference job type passes what every job type must pass."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from arena_core.testing import dummy
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import PLAIN_JOB_LABELS, plain_job_samples


class TestDummy(JobTypeConformance):
    plugin = dummy
    samples = plain_job_samples()
    operator_labels = PLAIN_JOB_LABELS
    minimal: ClassVar[dict[str, Any]] = {"name": "x", "image": "busybox", "command": "true"}
    full: ClassVar[dict[str, Any]] = {
        "workers": 3,
        "gpus": 2,
        "gang": True,
        "scheduler": "volcano",
        "tensorboard": True,
        "sync_mode": "git",
        "sync_source": "https://example.com/team/y.git",
        "data": ["claim:/data"],
        "data_dirs": ["/mnt/x:/x"],
        "tolerations": ["all"],
        "config_files": [{"content": "a: 1", "path": "/etc/app/a.yaml"}],
        "kueue_queue": "team",
    }


def test_a_conformance_test_cannot_be_overridden() -> None:
    with pytest.raises(TypeError, match="test_status_is_total"):
        type("TestBad", (JobTypeConformance,), {"test_status_is_total": lambda self: None})
