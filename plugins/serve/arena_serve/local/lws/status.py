"""The status of a LeaderWorkerSet: counts of groups, and conditions of which Available excludes the others."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from arena_core.k8s import time
from arena_local.sdk.bundle import Obj
from arena_serve.distributed.names import INDEX, SET
from arena_serve.local.lws.groups import Group

AVAILABLE = ("Available", "AllGroupsReady", "All replicas are ready")
PROGRESSING = ("Progressing", "GroupsProgressing", "Replicas are progressing")
UPDATING = ("UpdateInProgress", "GroupsUpdating", "Rolling Upgrade is in progress")


def status_of(lws: Obj, groups: Iterable[Group], revision: str, now: datetime) -> dict[str, Any]:
    """Return the status as it is to be."""
    spec, status = lws["spec"], copy.deepcopy(lws.get("status") or {})
    size, wanted = int(spec["leaderWorkerTemplate"].get("size", 1)), int(spec.get("replicas", 1))
    alive = [group for group in groups if not group.ending]
    new = [group for group in alive if group.revision == revision]
    ready = [group for group in alive if group.ready(size)]
    done = len([group for group in new if group.number < wanted and group.ready(size)]) == wanted
    status |= {
        "replicas": len(alive),
        "readyReplicas": len(ready),
        "updatedReplicas": len(new),
        "observedGeneration": lws["metadata"].get("generation", 1),
        "hpaPodSelector": f"{SET}={lws['metadata']['name']},{INDEX}=0",
    }
    true = [AVAILABLE] if done and len(alive) == wanted else [PROGRESSING, *([UPDATING] if len(new) < len(alive) else [])]
    _set(status.setdefault("conditions", []), true, now)
    return status


def _set(conditions: list[dict[str, Any]], true: list[tuple[str, str, str]], now: datetime) -> None:
    """Make these conditions True and the others that are there False."""
    wanted = {kind: (reason, message) for kind, reason, message in true}
    for row in conditions:
        value = "True" if row["type"] in wanted else "False"
        if row["status"] != value:
            row |= {"status": value, "lastTransitionTime": time.text(now)}
    there = {row["type"] for row in conditions}
    for kind, (reason, message) in wanted.items():
        if kind not in there:
            row = {"type": kind, "status": "True", "reason": reason, "message": message, "lastTransitionTime": time.text(now)}
            conditions.append(row)
