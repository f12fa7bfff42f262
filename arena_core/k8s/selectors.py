"""Label selectors: the text of ``-l``, the ``LabelSelector`` of an object, and whether labels satisfy them.

The grammar and the words of its errors are those of ``k8s.io/apimachinery/pkg/labels``; errors are ``ValueError``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from arena_core.k8s import names
from arena_core.typed import Any, NamedTuple

_TOKEN = r"\s*(==|!=|[=!<>(),]|[^=!<>(),\s]+)"
_OPERATORS = {"=": "In", "==": "In", "!=": "NotIn", "in": "In", "notin": "NotIn", ">": "Gt", "<": "Lt"}


class Requirement(NamedTuple):
    """One condition on labels: ``op`` is In, NotIn, Exists, DoesNotExist, Gt or Lt, as ``matchExpressions`` writes it."""

    key: str
    op: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels satisfy it; an operator that is not known satisfies nothing."""
        value = labels.get(self.key)
        if self.op == "In":
            return value is not None and value in self.values
        if self.op == "NotIn":
            return value is None or value not in self.values
        if self.op in ("Exists", "DoesNotExist"):
            return (value is not None) is (self.op == "Exists")
        return self._compares(value)

    def _compares(self, value: str | None) -> bool:
        bound = next(iter(self.values), "")
        if self.op not in ("Gt", "Lt") or value is None or not (_is_integer(value) and _is_integer(bound)):
            return False
        return int(value) > int(bound) if self.op == "Gt" else int(value) < int(bound)


def _is_integer(text: str) -> bool:
    return len(text) < 20 and re.fullmatch(r"[+-]?[0-9]+", text) is not None


@lru_cache(maxsize=512)
def parse(text: str) -> tuple[Requirement, ...]:
    """Read a selector (``a=b,c!=d,e in (f,g),!h``); an empty one has no conditions and matches everything. Raises ``ValueError``."""
    return _plain(text) or _Parser(text).parse()


def _plain(text: str) -> tuple[Requirement, ...]:
    """Read ``a=b,c=d``, which every job of a long list has; nothing where it is anything else."""
    found = []
    for part in text.split(","):
        one = _equal(part)
        if one is None:
            return ()
        found.append(one)
    return tuple(found)


@lru_cache(maxsize=512)
def _equal(text: str) -> Requirement | None:
    """Read ``a=b``: of the parts of a selector all but one are those of every other job."""
    key, _, value = text.partition("=")
    if not value or not _is_key(key) or not names.is_label_value(value):
        return None
    return Requirement(key, "In", frozenset((value,)))


@lru_cache(maxsize=512)
def _is_key(text: str) -> bool:
    return not names.qualified_name(text)


def of_object(selector: Mapping[str, Any] | None) -> tuple[Requirement, ...] | None:
    """Return the conditions of a ``LabelSelector`` (``matchLabels``, ``matchExpressions``); None stays None, which matches nothing."""
    if selector is None:
        return None
    exact = [Requirement(key, "In", frozenset([value])) for key, value in (selector.get("matchLabels") or {}).items()]
    terms = selector.get("matchExpressions") or ()
    return (*exact, *(of_term(term) for term in terms if isinstance(term, Mapping)))


def of_term(term: Mapping[str, Any]) -> Requirement:
    """Return the condition of one entry of ``matchExpressions``."""
    return Requirement(str(term.get("key", "")), str(term.get("operator", "")), frozenset(str(v) for v in term.get("values") or ()))


def matches(requirements: Iterable[Requirement] | None, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy all conditions; None matches nothing."""
    return requirements is not None and all(requirement.matches(labels) for requirement in requirements)


def matches_object(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Whether labels satisfy a ``LabelSelector`` object: None matches nothing, an empty one everything."""
    return matches(of_object(selector), labels)


def text_of(labels: Mapping[str, str]) -> str:
    """Write the selector for exactly these labels.

    >>> text_of({"b": "2", "a": "1"})
    'a=1,b=2'
    """
    return ",".join([f"{key}={value}" for key, value in sorted(labels.items())])


def exactly(labels: Mapping[str, str]) -> list[str]:
    """Return the one selector for exactly these labels; none where no object can carry them, as a value is no label's.

    >>> exactly({"a": "1"}), exactly({"a": "x" * 64}), exactly({"a": "1", "b": ""}), exactly({})
    (['a=1'], [], [], [])
    """
    for value in labels.values():
        if not value or not names.is_label_value(value):
            return []
    return [text_of(labels)] if labels else []


def text_of_object(selector: Mapping[str, Any] | None) -> str:
    """Write a ``LabelSelector`` as ``metav1.FormatLabelSelector`` does, sorted by key; an empty text for an empty one.

    >>> text_of_object({"matchLabels": {"b": "2"}, "matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["y", "x"]}]})
    'a notin (x,y),b=2'
    """
    parts = [(key, f"{key}={value}") for key, value in ((selector or {}).get("matchLabels") or {}).items()]
    for term in map(of_term, (selector or {}).get("matchExpressions") or ()):
        if term.op in ("In", "NotIn"):
            parts.append((term.key, f"{term.key} {term.op.lower()} ({','.join(sorted(term.values))})"))
        else:
            parts.append((term.key, ("!" if term.op == "DoesNotExist" else "") + term.key))
    return ",".join(text for _, text in sorted(parts))


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = re.findall(_TOKEN, text)
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def parse(self) -> tuple[Requirement, ...]:
        found: list[Requirement] = []
        while token := self.peek():
            if (token in _OPERATORS and token not in ("in", "notin")) or token in ("(", ")", ","):
                raise ValueError(f"found '{token}', expected: !, identifier, or 'end of string'")
            found.append(self._requirement())
            if not (token := self.take()):
                break
            if token != ",":
                raise ValueError(f"found '{token}', expected: ',' or 'end of string'")
            if not self.peek():
                raise ValueError("found '', expected: identifier after ','")
        return tuple(found)

    def _requirement(self) -> Requirement:
        absent = self.peek() == "!"
        if absent:
            self.take()
        key = self.take()
        if problems := names.qualified_name(key):
            raise ValueError(f'unable to parse requirement: <nil>: Invalid value: "{key}": {"; ".join(problems)}')
        token = self.peek()
        if absent or token in ("", ","):
            return Requirement(key, "DoesNotExist" if absent else "Exists")
        op = _OPERATORS.get(token)
        if op is None:
            raise ValueError(f"unable to parse requirement: found '{token}', expected: in, notin, =, ==, !=, gt, lt")
        self.take()
        values = self._set() if token in ("in", "notin") else ["" if self.peek() in ("", ",") else self.take()]
        _check_values(key, op, values)
        return Requirement(key, op, frozenset(values))

    def _set(self) -> list[str]:
        if self.peek() != "(":
            raise ValueError(f"unable to parse requirement: found '{self.peek()}' expected: '('")
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
            elif not token or word:
                raise ValueError(f"unable to parse requirement: found '{token}', expected: ',' or ')'")
            else:
                word = token


def _check_values(key: str, op: str, values: list[str]) -> None:
    for index, value in enumerate(values):
        if op in ("Gt", "Lt"):
            if not _is_integer(value):
                reason = "for 'Gt', 'Lt' operators, the value must be an integer"
                raise ValueError(f'unable to parse requirement: values[{index}]: Invalid value: "{value}": {reason}')
        elif problems := names.label_value(value):
            raise ValueError(f'unable to parse requirement: values[{index}][{key}]: Invalid value: "{value}": {"; ".join(problems)}')
