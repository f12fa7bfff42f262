"""Arbitrary values for properties: JSON as a careless operator may leave it, text as a person may type it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.k8s.copies import clone

#: Keys that status code looks at so often that arbitrary JSON with them goes deep.
KEYS = (
    *("metadata", "name", "labels", "uid", "kind", "ownerReferences", "spec", "status", "phase", "conditions", "type", "reason", "message"),
    *("containerStatuses", "state"),
)


def json_values(*keys: str) -> st.SearchStrategy[Any]:
    """Return arbitrary JSON in whose objects the usual keys and these occur often."""
    names = st.sampled_from([*KEYS, *keys]) | st.text(max_size=6)
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=20,
    )


def json_objects(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return arbitrary JSON objects in which the usual keys and these occur often."""
    return st.dictionaries(st.sampled_from([*KEYS, *keys]), json_values(*keys), max_size=6)


OBJECT = json_objects()
#: Text as a person may type it: no NUL, which no process can be given, and no lone surrogates.
TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    [
        "a: b",
        "run #42",
        '{"lr": 0.1}',
        "* -x",
        "two\nlines",
        'say "hi"',
        "it's",
        "$$",
        "$(gpus)",
        "kill $$; echo $(TYPED) $$(TYPED) $((1+1))",
        "{{ .Values.x }}",
        "true",
        "123",
        "\\",
        "ü",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def for_all(examples: int, check: Callable[..., None], **strategies: st.SearchStrategy[Any]) -> None:
    """Run a check with that many examples; the first that fails is shown at its smallest."""

    def checked(**values: Any) -> None:
        check(**values)

    settings(QUICK, max_examples=examples)(given(**strategies)(checked))()


def _seen(keys: tuple[str, ...]) -> dict[str, st.SearchStrategy[Any]]:
    """Return what a hook sees of a job, by the argument that a check gets it as."""
    some = st.lists(json_values(*keys), max_size=3)
    return {"job": json_objects(*keys), "pods": some, "related": some}


@functools.lru_cache(maxsize=64)
def _drawn(keys: tuple[str, ...], examples: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for_all(examples, lambda **values: found.append(values), **_seen(keys))
    return found


def for_any_job(keys: tuple[str, ...], examples: int, check: Callable[..., None]) -> None:
    """Run a check with that many arbitrary jobs (``job``, ``pods``, ``related``).

    All checks of a type get the same ones, since to draw them takes longer than to check them. Where one fails, others are drawn until
    the smallest is found that fails.
    """
    for values in _drawn(keys, examples):
        try:
            check(**clone(values))
        except BaseException as error:
            error.add_note(f"with {values!r:.2000}")
            for_all(examples, check, **_seen(keys))
            raise
