"""Arguments to try a job type with: values of Arena's common flags, and every pair of values of two groups.

::

    FLAGS = {**COMMON, "workers": [{}, {"workers": 3}]}

    @pytest.mark.parametrize("raw", pairs(FLAGS))
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

#: Group → values to try, as raw arguments: what every model made of the common groups takes.
COMMON: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "mounts": [
        {},
        {"data": ["claim:/data", "other.claim:/more"], "data_dirs": ["/a:/b"], "share_memory": "1Gi"},
        {"config_files": [{"path": "/etc/app/x.conf", "content": "a: {{ b }}\n"}, {"path": "/etc/app/y.conf", "content": "y"}]},
    ],
    "place": [
        {},
        {
            "selectors": {"a": "b"},
            "tolerations": ["all"],
            "priority": "high",
            "scheduler": "volcano",
            "host_network": True,
            "host_pid": True,
        },
    ],
    "sync": [{}, {"sync_mode": "git", "sync_source": "https://h/p.git"}, {"sync_mode": "rsync", "sync_source": "h::m"}],
    "policy": [{}, {"clean_task_policy": "All", "running_timeout": "1h", "ttl_after_finished": "30m", "retry": 3}],
    "others": [
        {},
        {"tensorboard": True, "logdir": "/logs", "kueue_queue": "q", "kueue_priority_class": "p", "queue": True},
        {"labels": {"a": "b"}, "annotations": {"n": "x: y"}, "image_pull_secrets": ["s"], "model_name": "m", "model_source": "s3://m"},
    ],
}


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
