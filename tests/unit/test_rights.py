"""What a review of rules says of one thing that is wanted. Pure."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.contract.types import Resource
from arena_core.testing.conformance import OBJECT
from arena_core.usecases.checkup.rights import Right, Rules, rights_of


def rules(*found: dict[str, Any], incomplete: bool = False) -> Rules:
    return Rules({"status": {"resourceRules": list(found), "incomplete": incomplete}})


PODS = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]}


@pytest.mark.parametrize(
    ("rule", "verb", "resource", "group", "expected"),
    [
        (PODS, "list", "pods", "", True),
        (PODS, "get", "pods/log", "", True),
        (PODS, "create", "pods", "", False),
        (PODS, "list", "pods", "apps", False),
        (PODS, "create", "pods/exec", "", False),
        ({**PODS, "verbs": ["*"], "resources": ["*"]}, "create", "pods/exec", "", True),
        ({**PODS, "verbs": ["*"], "resources": ["*/log"]}, "get", "pods/log", "", True),
        ({**PODS, "verbs": ["*"], "resources": ["pods"]}, "get", "pods/log", "", False),
        ({**PODS, "resourceNames": ["one"]}, "list", "pods", "", False),
    ],
)
def test_rules_are_read_as_the_authorizer_reads_them(rule, verb, resource, group, expected):
    assert rules(rule).may(verb, resource, group) is expected


def test_what_an_incomplete_review_does_not_tell_is_not_known():
    assert rules(PODS, incomplete=True).may("list", "pods", "") is True
    assert rules(PODS, incomplete=True).may("delete", "pods", "") is None
    assert Rules({}).may("list", "pods", "") is None


def test_what_is_refused_is_named():
    right = Right("attach", (("create", "pods/exec", ""), ("list", "pods", "")))
    assert rules(PODS).lacking(right) == (["create pods/exec"], False)
    kinds = [Resource("x.example.com", "v1", "Job", "jobs")]
    submit = rights_of(kinds)[0]
    assert rules(PODS).lacking(submit) == (["create jobs.x.example.com"], False)
    assert rules(PODS, incomplete=True).lacking(submit) == ([], True)


@given(OBJECT, st.text(), st.text(), st.text())
def test_odd_reviews_fail_nothing(review, verb, resource, group):
    assert Rules(review).may(verb, resource, group) in (True, False, None)
