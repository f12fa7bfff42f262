"""What a Job's spec has to be beyond its types: modes, limits per index, failure and success policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from arena_core.k8s import names
from arena_local.server.causes import Cause, bad_value, duplicate, required, unsupported

Obj = dict[str, Any]

_ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
_OPERATORS = ("In", "NotIn")
_REPLACEMENTS = ("Failed", "TerminatingOrFailed")
_INDEXED = "requires indexed completion mode"
_MOST_INDEXED = 100000
_INTERVALS = re.compile(r"\d+(-\d+)?(,\d+(-\d+)?)*")


def job_causes(spec: Obj) -> Iterator[Cause]:
    """Yield what is wrong with the fields that belong to Jobs alone."""
    if spec.get("maxFailedIndexes") is not None and spec.get("backoffLimitPerIndex") is None:
        yield required("spec.backoffLimitPerIndex", "when maxFailedIndexes is specified")
    mode = spec["completionMode"]
    if mode not in ("NonIndexed", "Indexed"):
        yield unsupported("spec.completionMode", mode, ["Indexed", "NonIndexed"])
    if mode == "Indexed":
        yield from _indexed(spec)
    elif mode == "NonIndexed":
        for field in ("backoffLimitPerIndex", "maxFailedIndexes"):
            if spec.get(field) is not None:
                yield bad_value(f"spec.{field}", spec[field], _INDEXED)
    if "podFailurePolicy" in spec:
        names = {c.get("name") for key in ("containers", "initContainers") for c in spec["template"].get("spec", {}).get(key) or ()}
        for number, rule in enumerate(spec["podFailurePolicy"].get("rules") or ()):
            yield from _failure_rule(spec, rule, f"spec.podFailurePolicy.rules[{number}]", names)
    if "successPolicy" in spec:
        yield from _success_policy(spec, mode)
    yield from _replacement(spec)


def name_causes(name: str, spec: Obj) -> Iterator[Cause]:
    """Yield an error where the last pod of an Indexed Job could not be named as a host."""
    if spec["completionMode"] == "Indexed" and (spec.get("completions") or 0) > 0:
        host = f"{name}-{spec['completions'] - 1}"
        if names.label(host):
            yield bad_value("metadata.name", name, f"will not be able to create pod with invalid DNS label: {host}")


def policy_restart(spec: Obj) -> Iterator[Cause]:
    """Yield an error where containers restart in place and a failure policy is to judge whole pods."""
    given = (spec["template"].get("spec") or {}).get("restartPolicy", "")
    if "podFailurePolicy" in spec and given != "Never":
        yield bad_value("spec.template.spec.restartPolicy", given, 'only "Never" is supported when podFailurePolicy is specified')


def _indexed(spec: Obj) -> Iterator[Cause]:
    completions = spec.get("completions")
    if completions is None:
        yield required("spec.completions", "when completion mode is Indexed")
    if (spec.get("parallelism") or 0) > _MOST_INDEXED:
        text = f"must be less than or equal to {_MOST_INDEXED} when completion mode is Indexed"
        yield bad_value("spec.parallelism", spec["parallelism"], text)
    most = spec.get("maxFailedIndexes")
    if most is not None and completions is not None and most > completions:
        yield bad_value("spec.maxFailedIndexes", most, "must be less than or equal to completions")


def _failure_rule(spec: Obj, rule: Obj, path: str, names: set[Any]) -> Iterator[Cause]:
    action = rule.get("action", "")
    if not action:
        yield required(f"{path}.action", f"valid values: {_listed(_ACTIONS)}")
    elif action == "FailIndex" and spec.get("backoffLimitPerIndex") is None:
        yield bad_value(f"{path}.action", action, "requires the backoffLimitPerIndex to be set")
    elif action not in _ACTIONS:
        yield unsupported(f"{path}.action", action, _ACTIONS)
    codes, patterns = rule.get("onExitCodes"), rule.get("onPodConditions") or ()
    if codes is not None:
        yield from _exit_codes(codes, f"{path}.onExitCodes", names)
    for number, pattern in enumerate(patterns):
        where = f"{path}.onPodConditions[{number}]"
        if not pattern.get("type"):
            yield required(f"{where}.type", "name part must be non-empty")
        if pattern.get("status") not in ("True", "False", "Unknown"):
            yield unsupported(f"{where}.status", pattern.get("status", ""), ["False", "True", "Unknown"])
    if (codes is not None) == bool(patterns):
        text = "specifying both OnExitCodes and OnPodConditions is not supported"
        if codes is None:
            text = "specifying one of OnExitCodes and OnPodConditions is required"
        yield Cause("FieldValueInvalid", f"Invalid value: {text}", path)


def _exit_codes(codes: Obj, path: str, names: set[Any]) -> Iterator[Cause]:
    operator, values = codes.get("operator", ""), list(codes.get("values") or ())
    if not operator:
        yield required(f"{path}.operator", f"valid values: {_listed(_OPERATORS)}")
    elif operator not in _OPERATORS:
        yield unsupported(f"{path}.operator", operator, _OPERATORS)
    if codes.get("containerName") is not None and codes["containerName"] not in names:
        text = "must be one of the container or initContainer names in the pod template"
        yield bad_value(f"{path}.containerName", codes["containerName"], text)
    if not values:
        yield bad_value(f"{path}.values", codes.get("values"), "at least one value is required")
    for number, value in enumerate(values):
        if operator == "In" and value == 0:
            yield bad_value(f"{path}.values[{number}]", value, "must not be 0 for the In operator")
        if value in values[:number]:
            yield duplicate(f"{path}.values[{number}]", value)
    if values != sorted(values):
        yield bad_value(f"{path}.values", values, "must be ordered")


def _success_policy(spec: Obj, mode: str) -> Iterator[Cause]:
    policy = spec["successPolicy"]
    if mode != "Indexed":
        yield bad_value("spec.successPolicy", policy, _INDEXED)
        return
    rules = policy.get("rules") or ()
    if not rules:
        yield required("spec.successPolicy.rules", "at least one rules must be specified when the successPolicy is specified")
    for number, rule in enumerate(rules):
        path = f"spec.successPolicy.rules[{number}]"
        count, indexes = rule.get("succeededCount"), rule.get("succeededIndexes")
        if count is None and indexes is None:
            yield required(path, "at least one of succeededCount or succeededIndexes must be specified")
        if count is not None and count < 0:
            yield bad_value(f"{path}.succeededCount", count, "must be greater than or equal to 0")
        if indexes is not None and not _INTERVALS.fullmatch(indexes):
            text = f'error parsing succeededIndexes: cannot convert string to integer for index: "{indexes}"'
            yield bad_value(f"{path}.succeededIndexes", indexes, text)


def _replacement(spec: Obj) -> Iterator[Cause]:
    given = spec["podReplacementPolicy"]
    if "podFailurePolicy" in spec and given != "Failed":
        yield unsupported("spec.podReplacementPolicy", given, ["Failed"])
    elif given not in _REPLACEMENTS:
        yield unsupported("spec.podReplacementPolicy", given, _REPLACEMENTS)


def _listed(values: tuple[str, ...]) -> str:
    return "[" + " ".join(f'"{value}"' for value in values) + "]"
