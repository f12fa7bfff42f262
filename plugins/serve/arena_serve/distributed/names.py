"""What a LeaderWorkerSet calls its pods, and what arena tells them in their environment."""

from __future__ import annotations

from arena_core.contract.types import Resource

RESOURCE = Resource("leaderworkerset.x-k8s.io", "v1", "LeaderWorkerSet", "leaderworkersets")
_PREFIX = "leaderworkerset.sigs.k8s.io/"
SET, GROUP, INDEX = f"{_PREFIX}name", f"{_PREFIX}group-index", f"{_PREFIX}worker-index"
GROUP_KEY, REVISION = f"{_PREFIX}group-key", f"{_PREFIX}template-revision-hash"
SIZE, LEADER_NAME = f"{_PREFIX}size", f"{_PREFIX}leader-name"
LEADER, WORKER = "leader", "worker"
#: Of each role the container that serves.
CONTAINERS = {LEADER: "distributed-serving-leader", WORKER: "distributed-serving-worker"}
#: Where the pod templates lie.
TEMPLATES = {role: f"spec.leaderWorkerTemplate.{role}Template" for role in (LEADER, WORKER)}
#: The files with the hosts of a group, in its ConfigMap.
HOSTS = "hostfile-"
