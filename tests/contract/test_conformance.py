"""Every job type of ours keeps what every job type must keep. (PyTorchJob and TFJob say so in their own tests.)"""

from __future__ import annotations

from typing import Any, ClassVar

import arena_appwrapper.plugin
import arena_volcano.plugin
from arena_core.testing.conformance import JobTypeConformance

MINIMAL: dict[str, Any] = {"name": "x", "image": "busybox", "command": "true"}


class TestVolcano(JobTypeConformance):
    plugin = arena_volcano.plugin
    minimal: ClassVar[dict[str, Any]] = MINIMAL
    full: ClassVar[dict[str, Any]] = {"labels": {"a": "b"}, "env": ["A=1"], "gpus": 1}


class TestAppWrapper(JobTypeConformance):
    plugin = arena_appwrapper.plugin
    minimal: ClassVar[dict[str, Any]] = MINIMAL
    full: ClassVar[dict[str, Any]] = {"labels": {"a": "b"}, "env": ["A=1"], "gpus": 1, "kueue_queue": "q", "inner_type": "pytorchjob"}
