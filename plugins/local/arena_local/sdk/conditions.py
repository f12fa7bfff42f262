"""Conditions and times under the names that arena_mpijob still imports; everything else reads them with ``arena_core.k8s``."""

from arena_core.k8s.conditions import find as find_condition
from arena_core.k8s.conditions import is_true as condition_true
from arena_core.k8s.time import text as timestamp

__all__ = ["condition_true", "find_condition", "timestamp"]
