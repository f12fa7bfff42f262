"""Knows the pods only of a job that is on a server."""

from __future__ import annotations

from arena_core.contract.hookspecs import hookimpl
from arena_core.k8s import dig
from tests.kit import thing
from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


@hookimpl
def arena_pod_sets(job, purpose):
    """Return the one set of pods."""
    return thing.arena_pod_sets(job) if dig.text(job, "metadata", "uid") else []
