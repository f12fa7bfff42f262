"""The values of ``--role``, ``--failure-rule`` and ``--coordinator``: how each is written as a flag and in a job file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from arena_core.args import BeforeValidator, WithJsonSchema, check_dns_label, check_image
from arena_core.args.members import COMMANDS, commands, items_or_one, known, member, texts_or_mappings, whole, writes, written
from arena_core.args.values import quantity
from arena_core.records import names_of, record, values_of

ACTIONS = ("FailJobSet", "RestartJobSet", "RestartJobSetAndIgnoreMaxRestarts")
REASONS = ("BackoffLimitExceeded", "DeadlineExceeded", "FailedIndexes", "MaxFailedIndexesExceeded", "PodFailurePolicy")
STATES = ("Ready", "Complete")


@record
class JobRole:
    """Equal Jobs of the JobSet, each of equal pods. An empty text or None means "as the JobSet's own flags say".

    ``depends_on`` are (role, state): these Jobs are made once all Jobs of that role are Ready, or Complete.
    """

    name: str
    pods: int = 1
    jobs: int = 1
    image: str = ""
    command: str = ""
    gpus: int | None = None
    cpu: str = ""
    memory: str = ""
    pod_retry: int | None = None
    depends_on: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        """The number of pods of all its Jobs."""
        return self.pods * self.jobs


@record
class FailureRule:
    """What to do when a Job fails, for one of the reasons (none: for any), in one of the roles (none: in any)."""

    action: str
    reasons: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


@record
class Coordinator:
    """The pod by whose name all pods find each other: a role, the number of its Job, the number of the pod."""

    role: str
    job: int = 0
    pod: int = 0


_KEYS = names_of(JobRole)
_LEAST = {"pods": 1, "jobs": 1, "gpus": 0, "pod_retry": 0}


def roles(value: Any) -> tuple[JobRole, ...]:
    """Read ``NAME=PODS[,key=value...]`` texts, or mappings of a job file."""
    return tuple(_role(item) for item in items_or_one(value))


def _role(item: Any) -> JobRole:
    if isinstance(item, JobRole):
        return item
    given = item if isinstance(item, Mapping) else member(str(item), "pods", "NAME=PODS[,jobs=..,gpus=..]")
    raw = known(given, _KEYS, f"role {given.get('name') or item!r}")
    name = str(raw.get("name", ""))
    if not name:
        raise ValueError(f"{item!r}: the role has no name")
    raw["name"] = check_dns_label(name)
    for key, least in _LEAST.items():
        if key in raw:
            raw[key] = whole(raw[key], f"{name}: {key.replace('_', '-')}", least)
    raw["image"], raw["command"] = str(raw.get("image", "")), str(raw.get("command", ""))
    check_image(raw["image"])
    if "\0" in raw["command"]:
        raise ValueError(f"{name}: the command contains a NUL character")
    for key in ("cpu", "memory"):
        if raw.get(key):
            raw[key] = quantity(raw[key])
    raw["depends_on"] = _dependencies(raw.get("depends_on", ()), name)
    return JobRole(**raw)


def _dependencies(value: Any, role: str) -> tuple[tuple[str, str], ...]:
    found = []
    for item in value.split("+") if isinstance(value, str) else items_or_one(value):
        name, _, state = item.partition(":") if isinstance(item, str) else (str(item[0]), ":", str(item[1]))
        right = next((known for known in STATES if known.lower() == (state or "ready").lower()), "")
        if not name or not right:
            raise ValueError(f"{role}: {item!r} is not a dependency; expected ROLE, or ROLE:complete to wait for its end")
        found.append((name, right))
    return tuple(found)


def _role_out(items: tuple[JobRole, ...]) -> list[dict[str, Any]]:
    found = []
    for item in items:
        entry = written(item)
        if item.depends_on:
            entry["depends-on"] = [f"{name}:{state.lower()}" for name, state in item.depends_on]
        found.append(entry)
    return found


def rules(value: Any) -> tuple[FailureRule, ...]:
    """Read ``[ROLE[+ROLE]/]REASON[+REASON]=ACTION`` texts (``*``: any reason), or mappings of a job file."""
    return tuple(_rule(item) for item in items_or_one(value))


def _rule(item: Any) -> FailureRule:
    if isinstance(item, FailureRule):
        return item
    if isinstance(item, Mapping):
        raw = known(item, ("action", "reasons", "roles"), "failure rule")
        action, reasons, names = str(raw.get("action", "")), _words(raw.get("reasons", ())), _words(raw.get("roles", ()))
    else:
        when, sign, action = str(item).rpartition("=")
        if not sign:
            raise ValueError(f"{item!r} is not a rule: expected [ROLE/]REASON=ACTION, for example PodFailurePolicy=FailJobSet")
        role, _, reason = when.rpartition("/")
        reasons, names = _words("" if reason == "*" else reason), _words(role)
    if action not in ACTIONS:
        raise ValueError(f"{item!r}: {action!r} is not an action; known are {', '.join(ACTIONS)}")
    if wrong := [reason for reason in reasons if reason not in REASONS]:
        raise ValueError(f"{item!r}: {wrong[0]!r} is not a reason; known are *, {', '.join(REASONS)}")
    return FailureRule(action, reasons, names)


def _words(value: Any) -> tuple[str, ...]:
    return tuple(word for word in value.split("+") if word) if isinstance(value, str) else tuple(str(word) for word in items_or_one(value))


def _rule_out(items: tuple[FailureRule, ...]) -> list[dict[str, Any]]:
    return [{key: list(v) if isinstance(v, tuple) else v for key, v in values_of(item).items() if v} for item in items]


def coordinator(value: Any) -> Coordinator | None:
    """Read ``ROLE[/JOB[/POD]]``, or a mapping of a job file."""
    if value is None or isinstance(value, Coordinator) or value == "":
        return value or None
    if isinstance(value, Mapping):
        raw = known(value, ("role", "job", "pod"), "coordinator")
        parts = [str(raw.get("role", "")), str(raw.get("job", 0)), str(raw.get("pod", 0))]
    else:
        parts = [*str(value).split("/"), "0", "0"]
        if len(parts) > 5:
            raise ValueError(f"{value!r} is not a coordinator: expected ROLE, ROLE/JOB or ROLE/JOB/POD")
    return Coordinator(check_dns_label(parts[0]), whole(parts[1], "coordinator"), whole(parts[2], "coordinator"))


ROLE_FORM = "NAME=PODS[,jobs=..,image=..,gpus=..,cpu=..,memory=..,pod-retry=..,depends-on=ROLE[:complete]+..]"
RULE_FORM = "[ROLE[+ROLE]/]REASON[+REASON]=ACTION"
Roles = Annotated[tuple[JobRole, ...], BeforeValidator(roles), writes(_role_out), texts_or_mappings(ROLE_FORM)]
FailureRules = Annotated[tuple[FailureRule, ...], BeforeValidator(rules), writes(_rule_out), texts_or_mappings(RULE_FORM)]
Chief = Annotated[
    Coordinator | None,
    BeforeValidator(coordinator),
    writes(lambda item: None if item is None else f"{item.role}/{item.job}/{item.pod}"),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "null"}]}),
]
Commands = Annotated[dict[str, str], BeforeValidator(lambda value: commands(value, "ROLE=COMMAND")), COMMANDS]
Order = Literal["AnyOrder", "InOrder"]
