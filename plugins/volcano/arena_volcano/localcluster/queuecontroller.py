"""The queue controller: states Open, Closing, Closed; the parent; the commands that open and close."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping

from arena_local.sdk.bundle import Api, Key, Obj
from arena_volcano.localcluster import keys
from arena_volcano.localcluster.jobs.controller import command_target, take_command
from arena_volcano.localcluster.keys import meta, status_of


def _queue_of(group: Obj) -> Iterable[Key]:
    return (("", str((group.get("spec") or {}).get("queue") or keys.DEFAULT_QUEUE)),)


class QueueController:
    """Reconciles Queues."""

    name = "volcano-queue-controller"
    resource = keys.QUEUES
    owns: tuple[str, ...] = ()

    def __init__(self, api: Api) -> None:
        self._api = api
        self.watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {
            keys.COMMANDS: command_target("Queue"),
            keys.POD_GROUPS: _queue_of,
        }

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Give a new queue its parent and state, do the commands for it, finish closing."""
        queue = self._api.find(keys.QUEUES, "", name)
        if queue is None or meta(queue).get("deletionTimestamp"):
            return None
        if name != keys.ROOT_QUEUE and not queue["spec"].get("parent"):
            queue = self._api.update({**queue, "spec": {**queue["spec"], "parent": keys.ROOT_QUEUE}}, manager=keys.CONTROLLER)
        state = status_of(queue).get("state", "")
        wanted = state or "Open"
        for command in self._commands(queue):
            action = command.get("action")
            if take_command(self._api, command):
                wanted = {"OpenQueue": "Open", "CloseQueue": "Closing"}.get(str(action), wanted)
        if wanted == "Closing" and not self._groups(name):
            wanted = "Closed"
        if wanted != state:
            queue = self._write_state(queue, wanted)
        self._mark_opened(queue, state, wanted)
        return None

    def _commands(self, queue: Obj) -> list[Obj]:
        uid = meta(queue)["uid"]
        found = []
        for command in self._api.list(keys.COMMANDS):
            target = command.get("target") or {}
            if target.get("kind") == "Queue" and target.get("name") == meta(queue)["name"] and target.get("uid", uid) == uid:
                found.append(command)
        return found

    def _groups(self, name: str) -> bool:
        return any((group.get("spec") or {}).get("queue") == name for group in self._api.list(keys.POD_GROUPS))

    def _write_state(self, queue: Obj, state: str) -> Obj:
        status = copy.deepcopy(status_of(queue))
        status["state"] = state
        return self._api.update_status({**queue, "status": status}, manager=keys.CONTROLLER)

    def _mark_opened(self, queue: Obj, before: str, after: str) -> None:
        """Note that a queue which was opened again is no longer closed because of its parent."""
        if after != "Open" or before not in ("Closed", "Closing"):
            return
        notes = meta(queue).get("annotations") or {}
        if notes.get(keys.CLOSED_BY_PARENT) != "false":
            patch = {"metadata": {"annotations": {keys.CLOSED_BY_PARENT: "false"}}}
            self._api.patch(keys.QUEUES, "", meta(queue)["name"], patch, manager=keys.CONTROLLER)
