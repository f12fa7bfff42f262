"""What arena_core.testing gives to the tests of plugins."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from arena_core.contract.types import JobStatus, Phase
from arena_core.testing.comparing import strict_schema
from arena_core.testing.lifecycles import owned, read_words, words_of

JOB = {"metadata": {"name": "x", "uid": "u"}, "status": {"phase": "Pending", "reason": "waits"}}
POD = {"metadata": {"name": "x-0", "ownerReferences": [{"uid": "u"}]}}


def status(job: dict[str, Any], objects: Any) -> JobStatus:
    phase = Phase(job["status"]["phase"].upper()) if owned(objects, job) or job["status"]["phase"] == "Succeeded" else Phase.PENDING
    assert phase is Phase.PENDING or "reason" not in job["status"]
    return JobStatus(phase)


@pytest.mark.parametrize("how", ["object", "pointers"])
def test_a_recorded_life_cycle_is_told(how: str) -> None:
    def changed(phase: str) -> dict[str, Any]:
        entry = {"type": "MODIFIED", "kind": "Thing", "name": "x"}
        if how == "object":
            return {**entry, "object": {**JOB, "status": {"phase": phase}}}
        return {**entry, "set": {"/status/phase": phase}, "removed": ["/status/reason"] if phase == "Running" else []}

    timeline = [
        {"type": "ADDED", "kind": "Thing", "name": "x", "object": JOB},
        {"type": "ADDED", "kind": "Thing", "name": "other", "object": {**JOB, "metadata": {"name": "other", "uid": "v"}}},
        {"type": "ADDED", "kind": "Pod", "name": "x-0", "object": POD},
        changed("Running"),
        {"type": "DELETED", "kind": "Pod", "name": "x-0"},
        changed("Succeeded"),
        {"type": "DELETED", "kind": "Thing", "name": "x"},
    ]
    assert words_of(timeline, "Thing", status, "x") == ["PENDING", "RUNNING", "PENDING", "SUCCEEDED", "gone"]
    assert JOB["status"] == {"phase": "Pending", "reason": "waits"}


def test_a_table_of_words(tmp_path: Any) -> None:
    (tmp_path / "words.txt").write_text("# why\n\nscenario x PENDING RUNNING\n")
    assert read_words(tmp_path / "words.txt") == [("scenario", "x", ["PENDING", "RUNNING"])]


def test_a_strict_schema_refuses_what_a_server_would_prune() -> None:
    spec = {
        "properties": {
            "size": {"x-kubernetes-int-or-string": True},
            "free": {"x-kubernetes-preserve-unknown-fields": True, "properties": {}},
        }
    }
    versions = [{"name": v, "schema": {"openAPIV3Schema": {"properties": {"spec": spec}}}} for v in ("v1", "v2")]
    schema = strict_schema({"spec": {"versions": versions}}, "v2")
    jsonschema.validate({"metadata": {"any": 1}, "spec": {"size": "1", "free": {"a": 1}}}, schema)
    with pytest.raises(jsonschema.ValidationError, match="retries"):
        jsonschema.validate({"spec": {"retries": 1}}, schema)
