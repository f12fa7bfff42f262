"""Conditions and times under the names that arena_mpijob and arena_rayjob still import; everything else uses ``arena_core.k8s``."""

from arena_core.k8s.conditions import find as find_condition
from arena_core.k8s.conditions import is_true as condition_true
from arena_core.k8s.conditions import put as set_condition
from arena_core.k8s.conditions import remove as remove_condition
from arena_core.k8s.time import read as parse_time
from arena_core.k8s.time import text as timestamp

__all__ = ["condition_true", "find_condition", "parse_time", "remove_condition", "set_condition", "timestamp"]
