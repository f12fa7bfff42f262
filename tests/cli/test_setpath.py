"""``--set`` as in Helm."""

from __future__ import annotations

import pytest

from arena_core.cli.submit.setpath import apply
from arena_core.contract.errors import UsageError


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("a.b=c", {"a": {"b": "c"}}),
        ("a=1,b=true,c=x", {"a": 1, "b": True, "c": "x"}),
        ("a[0]=x", {"a": ["x"]}),
        ("a[1].b=x", {"a": [None, {"b": "x"}]}),
        ("a.b[0]=c", {"a": {"b": ["c"]}}),
        ("a[0][1]=x", {"a": [[None, "x"]]}),
        ("a={x,y,3}", {"a": ["x", "y", 3]}),
        ("a={}", {"a": []}),
        (r"a=x\,y", {"a": "x,y"}),
        (r"label.example\.com/team=ml", {"label": {"example.com/team": "ml"}}),
        ("env.LR=0.1", {"env": {"LR": "0.1"}}),
        ("a=x=y", {"a": "x=y"}),
        ("a=", {"a": ""}),
        ("a=007", {"a": "007"}),
        ("a=-5", {"a": -5}),
    ],
)
def test_assignments(assignment, expected):
    data = {}
    apply(data, assignment)
    assert data == expected


def test_what_is_there_is_kept_or_replaced():
    data = {"env": {"A": "1", "B": "2"}, "data": ["x:/x"]}
    apply(data, "env.A=3,data[1]=y:/y")
    assert data == {"env": {"A": 3, "B": "2"}, "data": ["x:/x", "y:/y"]}


def test_null_removes():
    data = {"env": {"A": "1"}, "queue": "x"}
    apply(data, "env.A=null,queue=null")
    assert data == {"env": {}}


def test_set_string_keeps_text():
    data = {}
    apply(data, "a=1,b=true", text=True)
    assert data == {"a": "1", "b": "true"}


@pytest.mark.parametrize("assignment", ["a", "=x", "a..b=1", "a[0].b=1,a[99999999]=2"])
def test_nonsense_is_refused(assignment):
    with pytest.raises(UsageError):
        apply({}, assignment)


def test_an_index_into_a_mapping_is_refused():
    with pytest.raises(UsageError):
        apply({"env": {"A": "1"}}, "env[0]=x")
