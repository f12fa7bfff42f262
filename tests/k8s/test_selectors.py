"""Selectors: apimachinery's published cases, and the three ways to say the same against each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import names, selectors

GOOD = ["x=a,y=b,z=c", "", "x!=a,y=b", "x=", "x= ", "x=,z= ", "x= ,z= ", "!x", "x>1", "x>1,z<5", "x in (a,b)", "x notin ()", "in in (in)"]
BAD = [
    "x=a||y=b",
    "x==a==b",
    "!x=a",
    "x<a",
    "x,",
    ",x",
    "x in a",
    "x in (a",
    "x in (a b)",
    "=a",
    "a b",
    "x=-",
    "-x=a",
    "x>",
    "x>99999999999999999999",
]
MATCHES = [
    ("", {"x": "y"}), ("x=y", {"x": "y"}), ("x=y,z=w", {"x": "y", "z": "w"}), ("x!=y,z!=w", {"x": "z", "z": "a"}), ("notin=in", {"notin": "in"}),
    ("x", {"x": "z"}), ("!x", {"y": "z"}), ("x>1", {"x": "2"}), ("x<1", {"x": "0"}), ("x notin (a,b)", {}), ("x in (a,b)", {"x": "b"}), ("x=", {"x": ""}),
    ("x in (,a)", {"x": ""}),
]  # fmt: skip
NOT = [
    ("x=z", {}), ("x=y", {"x": "z"}), ("x=y,z=w", {"x": "w", "z": "w"}), ("x!=y,z!=w", {"x": "z", "z": "w"}), ("x", {"y": "z"}), ("!x", {"x": "z"}),
    ("x>1", {"x": "0"}), ("x<1", {"x": "2"}), ("x>1", {"x": "b"}), ("x>1", {}), ("x in (a)", {}), ("x=", {}),
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_read(text: str) -> None:
    selectors.parse(text)


@pytest.mark.parametrize("text", BAD)
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Invalid value"):
        selectors.parse(text)


@pytest.mark.parametrize(("text", "labels"), MATCHES)
def test_matches(text: str, labels: dict[str, str]) -> None:
    assert selectors.matches(selectors.parse(text), labels)


@pytest.mark.parametrize(("text", "labels"), NOT)
def test_does_not_match(text: str, labels: dict[str, str]) -> None:
    assert not selectors.matches(selectors.parse(text), labels)


def test_no_selector_is_not_an_empty_one() -> None:
    assert not selectors.matches_object(None, {"a": "b"})
    assert selectors.matches_object({}, {"a": "b"})


KEYS = st.sampled_from(["a", "b", "example.com/c"])
VALUES = st.sampled_from(["", "x", "y", "7", "12"])
LABELS = st.dictionaries(KEYS, VALUES, max_size=3)
TERMS = st.one_of(
    st.builds(
        lambda k, o, v: {"key": k, "operator": o, "values": v},
        KEYS,
        st.sampled_from(["In", "NotIn"]),
        st.lists(VALUES, min_size=1, max_size=3),
    ),
    st.builds(lambda k, o: {"key": k, "operator": o}, KEYS, st.sampled_from(["Exists", "DoesNotExist"])),
    st.builds(lambda k, o, v: {"key": k, "operator": o, "values": [str(v)]}, KEYS, st.sampled_from(["Gt", "Lt"]), st.integers(0, 20)),
)


def written(term: dict) -> str:
    key, values = term["key"], ",".join(term.get("values", ()))
    forms = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key, "DoesNotExist": f"!{key}"}
    return {**forms, "Gt": f"{key}>{values}", "Lt": f"{key}<{values}"}[term["operator"]]


@given(st.lists(TERMS, max_size=3), LABELS)
def test_text_and_object_say_the_same(terms: list[dict], labels: dict[str, str]) -> None:
    text = ",".join(written(term) for term in terms)
    assert selectors.matches(selectors.parse(text), labels) == selectors.matches_object({"matchExpressions": terms}, labels)


@given(LABELS, LABELS)
def test_the_text_of_labels_finds_what_has_them(wanted: dict[str, str], labels: dict[str, str]) -> None:
    found = selectors.matches(selectors.parse(selectors.text_of(wanted)), labels)
    assert found == selectors.matches_object({"matchLabels": wanted}, labels) == (wanted.items() <= labels.items())


@given(st.text(max_size=20))
def test_free_text_is_read_or_refused(text: str) -> None:
    try:
        found = selectors.parse(text)
    except ValueError:
        return
    assert all(not names.qualified_name(requirement.key) for requirement in found)
