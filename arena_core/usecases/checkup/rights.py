"""What a user may do in a namespace, of one review of all rules. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from arena_core.contract.types import Resource
from arena_core.k8s import dig


class Right(NamedTuple):
    """One thing that commands do: ``what`` says it, ``needs`` are (verb, resource with subresource, group) that it takes."""

    what: str
    needs: tuple[tuple[str, str, str], ...]


class Rules:
    """The rules that a SelfSubjectRulesReview has told; where it is incomplete, what is not told is not known."""

    def __init__(self, review: Mapping[str, Any]) -> None:
        status = dig.mapping(review, "status")
        self._rules = [rule for rule in dig.items(status, "resourceRules") if not rule.get("resourceNames")]
        self._whole = not status.get("incomplete") and isinstance(status.get("resourceRules"), list)

    def may(self, verb: str, resource: str, group: str) -> bool | None:
        """Whether it may be done to every object of the kind in the namespace; None where that is not known."""
        sub = resource.partition("/")[2]
        names = {resource, "*", *([f"*/{sub}"] if sub else [])}
        for rule in self._rules:
            if _in(verb, rule.get("verbs")) and _in(group, rule.get("apiGroups")) and names & set(_texts(rule.get("resources"))):
                return True
        return False if self._whole else None

    def lacking(self, right: Right) -> tuple[list[str], bool]:
        """Return what is refused of a right (``create pods/exec``), and whether some of it is not known."""
        answers = [
            (f"{verb} {resource}{f'.{group}' if group else ''}", self.may(verb, resource, group)) for verb, resource, group in right.needs
        ]
        return [what for what, answer in answers if answer is False], any(answer is None for _, answer in answers)


def _texts(value: Any) -> Iterable[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _in(word: str, allowed: Any) -> bool:
    words = _texts(allowed)
    return word in words or "*" in words


def rights_of(kinds: Sequence[Resource]) -> list[Right]:
    """Return what the commands do with jobs of these kinds."""

    def each(*verbs: str) -> tuple[tuple[str, str, str], ...]:
        return tuple((verb, kind.plural, kind.group) for kind in kinds for verb in verbs)

    return [
        Right("submit", each("create")),
        Right("list, get, wait", (*each("get", "list", "watch"), ("list", "pods", ""), ("watch", "pods", ""))),
        Right("delete", each("delete")),
        Right("logs", (("get", "pods/log", ""), ("list", "pods", ""))),
        Right("why", (("list", "events", ""),)),
        Right("attach, cp", (("create", "pods/exec", ""), ("get", "pods/exec", ""))),
        Right("open, port-forward", (("create", "pods/portforward", ""), ("get", "pods/portforward", ""))),
        Right("suspend, resume, scale", each("patch")),
    ]
