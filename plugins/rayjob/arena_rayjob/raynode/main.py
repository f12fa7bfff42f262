"""``ray`` in a pod of the local cluster."""

from __future__ import annotations

from collections.abc import Sequence

from arena_rayjob.raynode.jobs import MISSING
from arena_rayjob.raynode.options import read
from arena_rayjob.raynode.place import complain, own, real_ray


def main(words: Sequence[str]) -> int:
    """Run a command of Ray's; returns its exit code."""
    action = words[0] if words else ""
    if action == "stop":
        return 0  # a pod's processes end with it; Ray's own would end those of all pods
    if ray := real_ray():
        from arena_rayjob.raynode import real

        return real.start(ray, words[1:]) if action == "start" else real.other(ray, words)
    options, rest = read(words[1:])
    if action == "start":
        from arena_rayjob.raynode import node

        return node.start(options)
    if action == "health-check":
        from arena_rayjob.raynode.node import reachable

        return 0 if reachable(own(options.get("address") or "127.0.0.1:6379")) else 1
    if action == "job":
        from arena_rayjob.raynode.client import job

        return job(rest, options)
    complain(f"{MISSING}, and the stand-in for it has no 'ray {action}'")
    return 127
