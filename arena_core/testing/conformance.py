"""The conformance kit: what every job type must do, as a test class to subclass::

    from arena_core.testing.conformance import JobTypeConformance
    from arena_core.testing.samples import plain_job_samples
    from arena_echo import plugin


    class TestEcho(JobTypeConformance):
        plugin = plugin
        minimal = {"name": "x", "image": "busybox", "command": "true"}
        samples = plain_job_samples()

A test of this class cannot be overridden: what a job type promises is the same for all. Needs pytest and hypothesis.
"""

from __future__ import annotations

from typing import Any

from arena_core.testing.kit.base import Kit
from arena_core.testing.kit.building import BuildingChecks
from arena_core.testing.kit.bundle import BundleChecks
from arena_core.testing.kit.changing import ChangingChecks
from arena_core.testing.kit.flags import FlagChecks
from arena_core.testing.kit.loading import LoadingChecks
from arena_core.testing.kit.pods import PodChecks
from arena_core.testing.kit.problems import ProblemChecks
from arena_core.testing.kit.reading import ReadingChecks
from arena_core.testing.kit.values import KEYS, OBJECT, QUICK, TYPED, for_all, json_objects, json_values
from arena_core.testing.kit.wrapping import WrappingChecks

__all__ = ["KEYS", "OBJECT", "QUICK", "TYPED", "JobTypeConformance", "for_all", "json_objects", "json_values"]


class JobTypeConformance(
    LoadingChecks, FlagChecks, ProblemChecks, BuildingChecks, PodChecks, ReadingChecks, ChangingChecks, WrappingChecks, BundleChecks, Kit
):
    """Subclass it as ``TestX`` with ``plugin``, ``minimal``, ``samples`` and, where useful, ``full``; all are told of in ``Kit``."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        taken = [name for name in vars(cls) if name.startswith("test_") and hasattr(JobTypeConformance, name)]
        if taken:
            raise TypeError(f"{cls.__name__} must not override {', '.join(taken)}: give tests of your own other names")
