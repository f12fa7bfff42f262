"""Arguments to try a job type with: every pair of values of two groups of flags.

::

    from arena_core.families.testing import COMMON

    FLAGS = {**COMMON, "workers": [{}, {"workers": 3}]}

    @pytest.mark.parametrize("raw", pairs(FLAGS))
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any


def pairs(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return raw arguments in which every pair of values of two groups occurs; the product of all would be too much.

    >>> pairs({"a": [{}, {"x": 1}], "b": [{"y": 2}]})
    [{'y': 2}, {'x': 1, 'y': 2}]
    """
    return [{**a, **b} for one, other in itertools.combinations(groups, 2) for a, b in itertools.product(groups[one], groups[other])]


def rows(groups: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[list[Mapping[str, Any]]]:
    """Return rows of one value of each group, as few as it takes until every pair of values of two groups stands in one.

    >>> rows({"a": [{}, {"x": 1}], "b": [{"y": 2}]})
    [[{}, {'y': 2}], [{'x': 1}, {'y': 2}]]
    """
    order = {group: place for place, group in enumerate(groups)}
    values = [[(group, number) for number in range(len(of))] for group, of in groups.items()]
    todo = dict.fromkeys(frozenset(pair) for one, other in itertools.combinations(values, 2) for pair in itertools.product(one, other))
    found = []
    while todo:
        row = set(next(iter(todo)))
        for of in values:
            if row.isdisjoint(of):
                row.add(max(of, key=lambda value: sum(frozenset((value, other)) in todo for other in row)))  # noqa: B023 - at once
        for pair in itertools.combinations(row, 2):
            todo.pop(frozenset(pair), None)
        found.append([groups[group][number] for group, number in sorted(row, key=lambda value: order[value[0]])])
    return found
