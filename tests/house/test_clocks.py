"""The local cluster waits and tells the time by one clock, which a test moves; only what real processes do is measured by the machine's."""

from __future__ import annotations

import re

from tests.house.test_house import ROOT, product

SIGNS = (
    r"\btime\.(time|time_ns|monotonic|monotonic_ns|sleep|strftime)\(|\bfrom time import|\bdatetime\.(now|utcnow)\(|"
    r"\basyncio\.(timeout|wait_for)\(|\basyncio\.sleep\((?!0\))|\b\w*loop\w*(\(\))?\.(call_later|call_at|time)\("
)
#: Who may look at the machine's own clock, and why.
ALLOWED = {
    "arena_local/sdk/clock.py": "the clock itself",
    "arena_local/cli.py": "a client waits for a real daemon",
    "arena_local/testing.py": "a test waits for a real daemon",
    "arena_local/daemon/control.py": "a client waits for a real daemon",
    "arena_local/daemon/state.py": "a client waits for a real lock",
    "arena_local/daemon/idle.py": "a daemon that nobody uses ends, whatever time it shows",
    "arena_local/daemon/serve.py": "looks whether its folder is still there",
    "arena_local/guard.py": "how long the code of a plugin works",
    "arena_local/http/bodies.py": "a connection's patience with its client",
    "arena_local/http/serving.py": "a connection's patience with its client",
    "arena_local/http/stream.py": "a watch ends when its client has asked for that",
    "arena_local/http/shared.py": "a name for this start of the server",
    "arena_local/server/events.py": "a name that no other event has",
    "arena_local/kubelet/ending.py": "looks whether a process is gone",
    "arena_local/kubelet/hooks.py": "how long a command or a connection may take",
    "arena_local/kubelet/logs.py": "lines carry the time at which a process wrote them, and more of them come in real time",
    "arena_local/kubelet/runtime.py": "looks whether a process is gone",
    "arena_local/kubelet/sessions.py": "streams of real processes",
    "arena_local/kubelet/usage.py": "what real processes use",
    "arena_local/kubelet/volumes.py": "the name of a folder",
    "arena_local/kubelet/shim/container.py": "a container's own process",
    "arena_local/kubelet/shim/loglines.py": "a container's own process",
    "arena_mpijob/local/rsh.py": "a program that runs in a pod",
}


def own_clocks() -> dict[str, list[int]]:
    """Return the lines of the local cluster, and of the bundles, that look at the machine's clock, by module."""
    found: dict[str, list[int]] = {}
    for path in product():
        name = "/".join(path.relative_to(ROOT).parts[2:])
        if name.startswith("arena_local/") or "/local" in name:
            lines = [number for number, line in enumerate(path.read_text().splitlines(), 1) if re.search(SIGNS, line.partition("#")[0])]
            found |= {name: lines} if lines else {}
    return found


def test_nobody_waits_by_a_clock_of_his_own() -> None:
    found = [f"{name}:{line}" for name, lines in own_clocks().items() if name not in ALLOWED for line in lines]
    assert not found, "use api.now(), and api.clock for waits:\n" + "\n".join(found)


def test_what_is_allowed_is_still_there() -> None:
    assert not ALLOWED.keys() - own_clocks().keys(), "delete it from ALLOWED"
