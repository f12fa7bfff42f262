"""Label and field selectors, with the parser's own messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from arena_core.k8s import names
from arena_local.server.errors import bad_request

_TOKEN = re.compile(r"\s*(==|!=|[=!<>(),]|[^=!<>(),\s]+)")
_OPERATORS = {"=": "in", "==": "in", "!=": "notin", "in": "in", "notin": "notin", ">": "gt", "<": "lt"}


@dataclass(frozen=True)
class Requirement:
    """One condition on labels."""

    key: str
    op: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Return whether labels satisfy it."""
        value = labels.get(self.key)
        if self.op == "in":
            return value in self.values
        if self.op == "notin":
            return value is None or value not in self.values
        if self.op == "exists":
            return value is not None
        if self.op == "!":
            return value is None
        try:
            number = int(value or "")
        except ValueError:
            return False
        bound = int(next(iter(self.values)))
        return number > bound if self.op == "gt" else number < bound


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = _TOKEN.findall(text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def parse(self) -> tuple[Requirement, ...]:
        found = []
        if not self.tokens:
            return ()
        while True:
            token = self.peek()
            if token != "!" and ((token in _OPERATORS and token not in ("in", "notin")) or token in ("(", ")", ",")):
                raise bad_request(f"found '{token}', expected: !, identifier, or 'end of string'")
            if not token:
                break
            found.append(self._requirement())
            token = self.take()
            if not token:
                break
            if token != ",":
                raise bad_request(f"found '{token}', expected: ',' or 'end of string'")
            if not self.peek():
                raise bad_request("found '', expected: identifier after ','")
        return tuple(found)

    def _requirement(self) -> Requirement:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key = self.take()
        self._check_key(key)
        if absent:
            return Requirement(key, "!")
        token = self.peek()
        if token in ("", ","):
            return Requirement(key, "exists")
        op = _OPERATORS.get(token)
        if op is None:
            raise bad_request(f"unable to parse requirement: found '{token}', expected: in, notin, =, ==, !=, gt, lt")
        self.take()
        values = self._set() if token in ("in", "notin") else [self._exact()]
        self._check_values(key, op, values)
        return Requirement(key, op, frozenset(values))

    def _exact(self) -> str:
        return "" if self.peek() in ("", ",") else self.take()

    def _set(self) -> list[str]:
        if self.peek() != "(":
            raise bad_request(f"unable to parse requirement: found '{self.peek()}' expected: '('")
        self.take()
        values: list[str] = []
        word = ""
        while True:
            token = self.take()
            if token == ")":
                return [*values, word]
            if token == ",":
                values.append(word)
                word = ""
            elif not token:
                raise bad_request("unable to parse requirement: found '', expected: ',' or ')'")
            elif word:
                raise bad_request(f"unable to parse requirement: found '{token}', expected: ',' or ')'")
            else:
                word = token

    @staticmethod
    def _check_key(key: str) -> None:
        if problems := names.qualified_name(key):
            raise bad_request(f'unable to parse requirement: <nil>: Invalid value: "{key}": {"; ".join(problems)}')

    @staticmethod
    def _check_values(key: str, op: str, values: list[str]) -> None:
        for index, value in enumerate(values):
            if op in ("gt", "lt"):
                if not re.fullmatch(r"[+-]?\d+", value):
                    text = "for 'Gt', 'Lt' operators, the value must be an integer"
                    raise bad_request(f'unable to parse requirement: values[{index}]: Invalid value: "{value}": {text}')
            elif problems := names.label_value(value):
                raise bad_request(f'unable to parse requirement: values[{index}][{key}]: Invalid value: "{value}": {"; ".join(problems)}')


@lru_cache(maxsize=512)
def parse_labels(text: str) -> tuple[Requirement, ...]:
    """Parse a label selector; raises 400."""
    return _Parser(text).parse()


#: Path, whether it must be equal, value.
FieldTerm = tuple[str, bool, str]


@lru_cache(maxsize=512)
def parse_fields(text: str) -> tuple[FieldTerm, ...]:
    """Parse a field selector; raises 400."""
    terms = []
    for part in re.split(r"(?<!\\),", text):
        if not part:
            continue
        found = re.match(r"(.*?)(==|!=|=)(.*)", part, re.S)
        if not found:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        terms.append((found.group(1), found.group(2) != "!=", re.sub(r"\\([,=\\])", r"\1", found.group(3))))
    return tuple(terms)


_POD = [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
]
_EVENT = [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
]
#: Beyond metadata.name and metadata.namespace.
_SUPPORTED: dict[str, list[str]] = {
    "pods": _POD,
    "events": _EVENT,
    "secrets": ["type"],
    "nodes": ["spec.unschedulable"],
    "namespaces": ["status.phase"],
    "jobs.batch": ["status.successful"],
    "replicasets.apps": ["status.replicas"],
    "replicationcontrollers": ["status.replicas"],
    "services": ["spec.clusterIP", "spec.type"],
}
#: Kinds whose conversion function names the field in its own words.
_PLAIN = frozenset(_SUPPORTED) - {"jobs.batch"}


def _get(obj: Mapping[str, Any], path: str) -> str:
    if path == "status.successful":
        return str(obj.get("status", {}).get("succeeded", 0))
    if path == "source":
        return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")
    value: Any = obj
    for part in path.strip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return {"spec.hostNetwork": "false", "spec.unschedulable": "false", "status.replicas": "0"}.get(path, "")
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_fields(terms: tuple[FieldTerm, ...], resource: str, kind: str, *, selectable: frozenset[str] | None) -> None:
    """Raise 400 for a path that the kind cannot be selected by; ``selectable`` are a custom resource's own paths."""
    for path, _, _ in terms:
        if path in ("metadata.name", "metadata.namespace"):
            continue
        if selectable is not None:
            if path not in selectable:
                raise bad_request(f"field label not supported: {path}")
        elif path not in _SUPPORTED.get(resource, ()):
            if resource in _PLAIN:
                raise bad_request(f"field label not supported: {path}")
            if resource == "jobs.batch":
                raise bad_request(f'field label "{path}" not supported for {kind}')
            raise bad_request(f'"{path}" is not a known field selector: only "metadata.name", "metadata.namespace"')


def matcher(labels: str, terms: tuple[FieldTerm, ...]) -> Callable[[Mapping[str, Any]], bool] | None:
    """Return the test of both selectors, or None when everything matches."""
    requirements = parse_labels(labels) if labels else ()
    if not requirements and not terms:
        return None

    def matches(obj: Mapping[str, Any]) -> bool:
        own = obj["metadata"].get("labels") or {}
        return all(r.matches(own) for r in requirements) and all((_get(obj, path) == value) is equal for path, equal, value in terms)

    return matches


def matches_selector(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Return whether labels satisfy a LabelSelector object (None matches nothing, an empty one everything)."""
    if selector is None:
        return False
    if any(labels.get(key) != value for key, value in (selector.get("matchLabels") or {}).items()):
        return False
    ops = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}
    terms = selector.get("matchExpressions") or ()
    return all(Requirement(t["key"], ops.get(t["operator"], "in"), frozenset(t.get("values") or ())).matches(labels) for t in terms)
