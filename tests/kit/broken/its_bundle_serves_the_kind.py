"""The bundle serves another version."""

from __future__ import annotations

from tests.kit.thing import *  # noqa: F403 - the healthy hooks, where none is put in their place


def kit():
    """The bundle is no part of what `arena list` imports."""
    from tests.kit.thing_local import bundle

    return {"bundle": bundle(version="v2")}
