"""Paths, times, owners, conditions and what a pod asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import conditions, owners, path, podsize, quantity, time

STEPS = st.lists(st.one_of(st.from_regex(r"[A-Za-z0-9/_.-]{1,8}", fullmatch=True), st.integers(0, 9)), min_size=1, max_size=5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3),
)


@given(STEPS)
def test_a_path_that_is_written_is_read(steps: list) -> None:
    assert path.steps(path.text(steps)) == tuple(steps)


@given(JSON, STEPS)
def test_reading_is_total(obj: object, steps: list) -> None:
    path.get(obj, steps)
    conditions.find(obj, "Ready")
    owners.controller_of(obj)


@pytest.mark.parametrize("text", [".a", "a..b", "a[", "a[x]", "a]b", "a[-1]", "a[0]b", "a."])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="is not a path"):
        path.steps(text)


def test_put_makes_mappings_and_changes_items() -> None:
    obj = {"spec": {"tasks": [{"name": "a"}]}}
    path.put(obj, "spec.tasks[0].name", "b")
    path.put(obj, "spec.template.metadata.labels['a.b/c']", "d")
    assert obj == {"spec": {"tasks": [{"name": "b"}], "template": {"metadata": {"labels": {"a.b/c": "d"}}}}}
    with pytest.raises(ValueError, match=r"spec\.tasks\[1\]"):
        path.put(obj, "spec.tasks[1].name", "x")


@pytest.mark.parametrize(
    ("text", "nanos"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:00.123456789Z", 123456789),
        ("1970-01-01T01:00:00+01:00", 0),
        ("0001-01-01T00:00:00Z", -62135596800 * 10**9),
        ("9999-12-31T23:59:59Z", 253402300799 * 10**9),
        ("1969-12-31T23:59:59.5Z", -5 * 10**8),
    ],
)
def test_times(text: str, nanos: int) -> None:
    assert time.nanos(text) == nanos


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01", None, 5, "0001-01-01T00:00:00+14:00", "2026-01-01T25:00:00Z", {}]
)
def test_what_is_no_time_is_none(text: object) -> None:
    assert time.parse(text) is None
    assert time.unix(text) == 0


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))
def test_a_time_that_is_written_is_read(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert time.parse(time.micro_text(moment)) == moment
    assert time.parse(time.text(moment)) == moment.replace(microsecond=0)


def test_seconds_between() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert time.seconds_between("2025-12-31T23:59:00Z", "", now) == 60
    assert time.seconds_between("2025-12-31T23:59:00Z", "2025-12-31T23:59:30Z", now) == 30
    assert time.seconds_between("2026-02-01T00:00:00Z", "", now) == 0
    assert time.seconds_between("", "", now) == 0


def test_conditions_are_set_as_meta_does() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    status: dict = {}
    assert conditions.put(status, "Ready", "False", "Starting", "wait", now=now)
    assert not conditions.put(status, "Ready", "False", "Starting", "wait", now=now + timedelta(seconds=5))
    assert conditions.put(status, "Ready", "False", "Other", "wait", now=now + timedelta(seconds=5))
    assert status["conditions"][0]["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert conditions.put(status, "Ready", "True", "Done", "", now=now + timedelta(seconds=5), extra={"observedGeneration": 2})
    assert conditions.is_true({"status": status}, "Ready")
    assert status["conditions"] == [
        {
            "type": "Ready",
            "status": "True",
            "reason": "Done",
            "message": "",
            "observedGeneration": 2,
            "lastTransitionTime": "2026-01-01T00:00:05Z",
        }
    ]
    assert conditions.remove(status, "Ready")
    assert not conditions.remove(status, "Ready")


def test_an_object_belongs_by_uid_alone() -> None:
    owner = {"apiVersion": "v1", "kind": "Job", "metadata": {"name": "a", "uid": "u1"}}
    pod = {"metadata": {"ownerReferences": [owners.reference(owner)]}}
    assert owners.controlled_by(pod, "u1")
    assert not owners.controlled_by(pod, "")
    assert not owners.controlled_by(pod, "u2")
    other = {"metadata": {"ownerReferences": [owners.reference(owner, controller=False)]}}
    assert owners.owned_by(other, "u1")
    assert not owners.controlled_by(other, "u1")


def one(**resources: str) -> dict:
    return {"resources": {"requests": resources}}


def test_what_a_pod_asks_for() -> None:
    spec = {
        "containers": [one(cpu="100m"), {"resources": {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}}],
        "initContainers": [{**one(cpu="200m"), "restartPolicy": "Always"}, one(cpu="2"), one(memory="512Mi")],
        "overhead": {"cpu": "10m"},
    }
    found = {name: quantity.text(amount, "binary" if name == "memory" else "decimal") for name, amount in podsize.requests(spec).items()}
    assert found == {"cpu": "2210m", "memory": "1Gi"}
    assert podsize.limits(spec) == {"cpu": quantity.ONE + 10 * quantity.MILLI, "memory": quantity.parse("1Gi")}


def test_a_pods_own_resources_go_before_the_sum() -> None:
    spec = {"containers": [one(cpu="100m", memory="1Gi")], "resources": {"requests": {"cpu": "3"}}}
    assert podsize.requests(spec) == {"cpu": 3 * quantity.ONE, "memory": quantity.parse("1Gi")}
