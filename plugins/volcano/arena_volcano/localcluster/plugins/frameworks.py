"""The plugins of training frameworks: pytorch, tensorflow, mpi, and hcclrank for Ascend devices."""

from __future__ import annotations

import json
from typing import Any

from arena_local.sdk.bundle import Obj
from arena_volcano.localcluster.keys import TASK_INDEX, TASK_SPEC, meta, task, tasks
from arena_volcano.localcluster.plugins.arguments import arguments, number, truth
from arena_volcano.localcluster.plugins.base import Plugin, add_env, all_containers, host_of, hosts_of, open_port, variable

PYTORCH_PORT = 23456
TENSORFLOW_PORT = 2222
MPI_PORT = 22
RANK_ANNOTATION = "hccl/rankIndex"


def _place(pod: Obj) -> tuple[str, int]:
    """Return the pod's task and index."""
    notes = meta(pod)["annotations"]
    return notes[TASK_SPEC], int(notes[TASK_INDEX])


def _pytorch(job: Obj, pod: Obj, given: list[str]) -> None:
    flags = arguments(given)
    master_name, worker_name = flags.get("master", "master"), flags.get("worker", "worker")
    port = number(flags, "port", PYTORCH_PORT)
    master = task(job, master_name)
    if master is None:
        return
    role, index = _place(pod)
    world = sum(entry.get("replicas", 0) for entry in tasks(job) if entry["name"] in (master_name, worker_name))
    address = host_of(job, master, 0)
    entries = [variable("MASTER_ADDR", address), variable("MASTER_PORT", str(port)), variable("WORLD_SIZE", str(world))]
    if role in (master_name, worker_name):
        entries.append(variable("RANK", "0" if role == master_name else str(index + 1)))
    for container in pod["spec"].get("containers") or ():
        open_port(container, port, "pytorchjob-port")
        add_env(container, *entries)
    if role == worker_name and truth(flags, "wait-master-enabled", False):
        _wait_for_master(pod, address, port, flags)


def _wait_for_master(pod: Obj, address: str, port: int, flags: dict[str, str]) -> None:
    seconds = number(flags, "wait-master-timeout", 300)
    script = 'i=0; until nc -z "$MASTER_ADDR" "$MASTER_PORT"; do i=$((i+1)); [ "$i" -lt "$WAIT_TIMEOUT" ] || exit 1; sleep 1; done'
    waiter = {
        "name": "wait-for-master",
        "image": flags.get("wait-master-image", "busybox:1.36.1"),
        "command": ["sh", "-c", script],
        "env": [variable("MASTER_ADDR", address), variable("MASTER_PORT", str(port)), variable("WAIT_TIMEOUT", str(seconds))],
    }
    pod["spec"].setdefault("initContainers", []).append(waiter)


def _tensorflow(job: Obj, pod: Obj, given: list[str]) -> None:
    if len(tasks(job)) == 1 and tasks(job)[0].get("replicas", 0) == 1:
        return
    flags = arguments(given)
    port = number(flags, "port", TENSORFLOW_PORT)
    role, index = _place(pod)
    cluster: dict[str, list[str]] = {}
    kind = ""
    for word in ("ps", "worker", "chief", "evaluator"):
        name = flags.get(word, word)
        hosts = hosts_of(job, name)
        if hosts:
            cluster[word] = [f"{host}:{port}" for host in hosts]
        if role == name:
            kind = word
    config: dict[str, Any] = {"cluster": cluster, "task": {"type": kind, "index": index}}
    text = json.dumps(config, separators=(",", ":"))
    for container in pod["spec"].get("containers") or ():
        add_env(container, variable("TF_CONFIG", text))


def _mpi(job: Obj, pod: Obj, given: list[str]) -> None:
    flags = arguments(given)
    role, _ = _place(pod)
    port = number(flags, "port", MPI_PORT)
    is_master = role == flags.get("master", "master")
    hosts = ",".join(hosts_of(job, flags.get("worker", "worker")))
    for container in all_containers(pod):
        if is_master:
            add_env(container, variable("MPI_HOST", hosts))
        open_port(container, port, "mpijob-port")


def _hcclrank(job: Obj, pod: Obj, given: list[str]) -> None:
    flags = arguments(given)
    master_name, worker_name = flags.get("master", "master"), flags.get("worker", "worker")
    role, index = _place(pod)
    notes = meta(pod)["annotations"]
    if RANK_ANNOTATION in notes or role not in (master_name, worker_name):
        return
    for container in pod["spec"].get("containers") or ():
        for entry in container.get("env") or ():
            if entry.get("name") == "RANK" and entry.get("value"):
                notes[RANK_ANNOTATION] = entry["value"]
                return
    masters = (task(job, master_name) or {}).get("replicas", 0)
    notes[RANK_ANNOTATION] = str(index if role == master_name else masters + index)


PYTORCH = Plugin("pytorch", pod=_pytorch)
TENSORFLOW = Plugin("tensorflow", pod=_tensorflow)
MPI = Plugin("mpi", pod=_mpi)
HCCLRANK = Plugin("hcclrank", pod=_hcclrank)
