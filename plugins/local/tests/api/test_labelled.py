"""The index of labels says what a look at every object would say, whatever happens to them."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from arena_local.store.store import Change, Store

NAMES, KEYS, VALUES = st.sampled_from("abcd"), st.sampled_from("kl"), st.sampled_from(["", "v", "w"])
LABELS = st.dictionaries(KEYS, VALUES)
STEPS = st.lists(st.tuples(st.sampled_from(["one", "two"]), NAMES, st.none() | LABELS), max_size=12)


@settings(max_examples=60, deadline=None)
@given(STEPS, LABELS)
def test_what_carries_labels_is_found_without_a_look_at_the_others(steps: list[Any], wanted: dict[str, str]) -> None:
    store = Store()
    for namespace, name, labels in steps:
        # An object without labels has none, or says so.
        obj = None if labels is None else {"metadata": {"name": name, **({"labels": labels} if labels else {"labels": None})}}
        store.commit([Change("pods", namespace, name, obj)])
    for namespace in ("one", "two", "none"):
        every = [
            entry for entry in store.entries("pods", namespace) if wanted.items() <= (entry.obj["metadata"].get("labels") or {}).items()
        ]
        assert store.labelled("pods", namespace, wanted) == every
    assert store.labelled("services", "one", wanted) == []
