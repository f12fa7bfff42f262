"""The values of ``--task``, ``--plugin`` and ``--policy``: how each is written as a flag and in a job file."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Annotated, Any

from arena_core.args import BeforeValidator, WithJsonSchema, check_dns_label, check_image
from arena_core.args.members import COMMANDS, commands, items_or_one, known, member, texts_or_mappings, whole, writes, written
from arena_core.args.values import duration, quantity
from arena_core.records import names_of, record

EVENTS = ("*", "PodFailed", "PodEvicted", "PodPending", "Unknown", "TaskCompleted", "TaskFailed", "JobUpdated")
ACTIONS = ("AbortJob", "RestartJob", "RestartTask", "RestartPod", "RestartPartition", "TerminateJob", "CompleteJob", "ResumeJob")
PLUGINS = ("svc", "env", "ssh", "pytorch", "tensorflow", "mpi", "ray", "hcclrank")
#: Where a plugin looks for a task unless it is told otherwise.
NEEDED_TASKS = {"pytorch": ("master",), "mpi": ("master", "worker")}


@record
class Task:
    """A named task of the job: equal pods. An empty text or None means "as the job's own flags say"."""

    name: str
    replicas: int = 1
    image: str = ""
    command: str = ""
    gpus: int | None = None
    cpu: str = ""
    memory: str = ""
    port: int = 0
    min_available: int | None = None
    max_retry: int | None = None
    depends_on: tuple[str, ...] = ()


@record
class Policy:
    """A lifecycle policy: what to do when one of the events comes, or a pod ends with the exit code; of one task or of the job."""

    action: str
    events: tuple[str, ...] = ()
    exit_code: int | None = None
    timeout: int = 0
    task: str = ""

    def manifest(self) -> dict[str, Any]:
        """Return the policy as Volcano writes it."""
        found: dict[str, Any] = {"action": self.action}
        if self.exit_code is not None:
            found["exitCode"] = self.exit_code
        elif len(self.events) == 1:
            found["event"] = self.events[0]
        else:
            found["events"] = list(self.events)
        if self.timeout:
            found["timeout"] = f"{self.timeout}s"
        return found


_NUMBERS = ("replicas", "gpus", "port", "min_available", "max_retry")
_KEYS = names_of(Task)


def tasks(value: Any) -> tuple[Task, ...]:
    """Read ``NAME=REPLICAS[,key=value...]`` texts, or mappings of a job file."""
    return tuple(_task(item) for item in items_or_one(value))


def _task(item: Any) -> Task:
    if isinstance(item, Task):
        return item
    given = item if isinstance(item, Mapping) else member(str(item), "replicas", "NAME=REPLICAS[,image=..,gpus=..]")
    raw = known(given, _KEYS, repr(item))
    if not raw.get("name"):
        raise ValueError(f"{item!r}: the task has no name")
    check_dns_label(str(raw["name"]))
    for key in _NUMBERS:
        if key in raw:
            raw[key] = whole(raw[key], f"{raw['name']}: {key.replace('_', '-')}")
    check_image(str(raw.get("image", "")))
    for key in ("cpu", "memory"):
        if raw.get(key):
            raw[key] = quantity(raw[key])
    waits = raw.get("depends_on", ())
    raw["depends_on"] = tuple(waits.split("+")) if isinstance(waits, str) else tuple(str(name) for name in waits)
    if not 0 <= int(raw.get("port", 0)) <= 65535:
        raise ValueError(f"{raw['name']}: port {raw['port']} is not between 1 and 65535")
    return Task(**raw)


def _task_out(items: tuple[Task, ...]) -> list[dict[str, Any]]:
    found = []
    for item in items:
        entry = written(item)
        if not item.port:
            del entry["port"]
        if item.depends_on:
            entry["depends-on"] = list(item.depends_on)
        found.append(entry)
    return found


def plugins(value: Any) -> dict[str, tuple[str, ...]]:
    """Read ``NAME[=ARGUMENTS]`` texts, or a mapping from name to arguments."""
    if isinstance(value, Mapping):
        pairs = [(str(name), given) for name, given in value.items()]
    else:
        pairs = [(text.partition("=")[0], text.partition("=")[2]) for text in map(str, items_or_one(value))]
    found: dict[str, tuple[str, ...]] = {}
    for name, given in pairs:
        if name not in PLUGINS:
            raise ValueError(f"{name!r} is not a plugin of Volcano; known are {', '.join(PLUGINS)}")
        words = shlex.split(given) if isinstance(given, str) else [str(word) for word in given or ()]
        wrong = next((word for word in words if not word.startswith("-")), None)
        if wrong is not None:
            raise ValueError(f"{name}: {wrong!r} is not an argument; write for example {name}=--port=23456")
        found[name] = tuple(words)
    return found


def policies(value: Any) -> tuple[Policy, ...]:
    """Read ``[TASK/]EVENT[,EVENT]|EXITCODE=ACTION[:TIMEOUT]`` texts, or mappings of a job file."""
    return tuple(_policy(item) for item in items_or_one(value))


def _policy(item: Any) -> Policy:
    if isinstance(item, Policy):
        return item
    if isinstance(item, Mapping):
        raw = known(item, ("task", "events", "event", "exit_code", "action", "timeout"), "policy")
        named = raw.get("events", raw.get("event", ()))
        events = tuple(named.split(",")) if isinstance(named, str) else tuple(str(event) for event in named)
        code = raw.get("exit_code")
        task, action, wait = str(raw.get("task", "")), str(raw.get("action", "")), raw.get("timeout", 0)
    else:
        task, events, code, action, wait = _policy_text(str(item))
    return _checked(Policy(action, events, None if code is None else whole(code, "exit code", 1), duration(wait or 0), task), item)


def _policy_text(text: str) -> tuple[str, tuple[str, ...], str | None, str, str]:
    when, sign, then = text.rpartition("=")
    if not sign:
        raise ValueError(f"{text!r} is not a policy: expected [TASK/]EVENT=ACTION[:TIMEOUT], for example PodFailed=RestartJob")
    task, _, when = when.rpartition("/")
    action, _, wait = then.partition(":")
    if when.isdigit():
        return task, (), when, action, wait
    return task, tuple(when.split(",")), None, action, wait


def _checked(policy: Policy, item: Any) -> Policy:
    if policy.action not in ACTIONS:
        raise ValueError(f"{item!r}: {policy.action!r} is not an action; known are {', '.join(ACTIONS)}")
    for event in policy.events:
        if event not in EVENTS:
            raise ValueError(f"{item!r}: {event!r} is neither an event nor an exit code; events are {', '.join(EVENTS)}")
    if not policy.events and policy.exit_code is None:
        raise ValueError(f"{item!r}: the policy names no event and no exit code")
    if policy.events and policy.exit_code is not None:
        raise ValueError(f"{item!r}: a policy has events or an exit code, not both")
    if policy.events == ("PodPending",) and not policy.timeout:
        raise ValueError(f"{item!r}: PodPending needs a timeout, for example PodPending=TerminateJob:10m")
    return policy


def _policy_out(items: tuple[Policy, ...]) -> list[dict[str, Any]]:
    found = []
    for item in items:
        entry: dict[str, Any] = {"action": item.action}
        if item.task:
            entry["task"] = item.task
        if item.exit_code is not None:
            entry["exit-code"] = item.exit_code
        else:
            entry["events"] = list(item.events)
        if item.timeout:
            entry["timeout"] = f"{item.timeout}s"
        found.append(entry)
    return found


def images(value: Any) -> tuple[str, ...]:
    """Read images, separated by commas or given one by one."""
    found = [part.strip() for item in items_or_one(value) for part in str(item).split(",")]
    for image in found:
        if not image:
            raise ValueError("the name of an image is empty")
        check_image(image)
    return tuple(found)


Tasks = Annotated[
    tuple[Task, ...],
    BeforeValidator(tasks),
    writes(_task_out),
    texts_or_mappings("NAME=REPLICAS[,image=..,gpus=..,cpu=..,memory=..,port=..,min-available=..,max-retry=..,depends-on=A+B]"),
]
Plugins = Annotated[
    dict[str, tuple[str, ...]],
    BeforeValidator(plugins),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
                {"type": "array", "items": {"type": "string"}},
            ]
        }
    ),
]
Policies = Annotated[
    tuple[Policy, ...], BeforeValidator(policies), writes(_policy_out), texts_or_mappings("[TASK/]EVENT|EXITCODE=ACTION[:TIMEOUT]")
]
Commands = Annotated[dict[str, str], BeforeValidator(lambda value: commands(value, "TASK=COMMAND")), COMMANDS]
Images = Annotated[
    tuple[str, ...],
    BeforeValidator(images),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
