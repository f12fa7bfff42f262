"""Whose events a job's are, and in which order (L3, W17). Pure."""

from __future__ import annotations

from typing import Any

from arena_core.contract.types import JobStatus, JobView, Phase
from arena_core.usecases.incidents import last_seen, of_job
from arena_core.usecases.views import Job


def event(reason: str, about: tuple[str, str, str], version: int, message: str = "", **times: str) -> dict[str, Any]:
    kind, name, uid = about
    involved = {"kind": kind, "name": name, "uid": uid}
    return {"metadata": {"resourceVersion": str(version)}, "involvedObject": involved, "reason": reason, "message": message, **times}


def wrapper(created: str = "2026-01-01T00:01:00Z", related: Any = (), **more: Any) -> Job:
    template = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "metadata": {"name": "a"}}
    manifest = {
        "apiVersion": "workload.codeflare.dev/v1beta2",
        "kind": "AppWrapper",
        "metadata": {"name": "a", "uid": "aw", "creationTimestamp": created},
        "spec": {"components": [{"template": template}]},
    }
    return Job("appwrapperjob", JobView(manifest, (), related, JobStatus(Phase.RUNNING)), **more)


def reasons(events: list[dict[str, Any]]) -> list[str]:
    return [e["reason"] for e in events]


def test_within_a_second_events_stand_in_the_order_in_which_they_were_stored() -> None:
    # W17: as text "…:05.9Z" comes before "…:05Z"
    job = wrapper()
    about = ("AppWrapper", "a", "aw")
    events = [
        event("Third", about, 12, lastTimestamp="2026-01-01T00:01:05Z"),
        event("First", about, 9, eventTime="2026-01-01T00:01:05.900000Z"),
        event("Fourth", about, 8, lastTimestamp="2026-01-01T00:01:06Z"),
        event("Second", about, 10, lastTimestamp="2026-01-01T00:01:05Z"),
        event("Zeroth", about, 99, firstTimestamp="2026-01-01T00:01:00Z", lastTimestamp="2026-01-01T00:01:04Z"),
        event("Last", about, 7, series={"lastObservedTime": "2026-01-01T00:02:00.000000Z"}, eventTime="2026-01-01T00:01:01.000000Z"),
    ]
    found = of_job(job, events)
    assert reasons(found) == ["Zeroth", "First", "Second", "Third", "Fourth", "Last"]
    assert last_seen(found[-1]) == "2026-01-01T00:02:00.000000Z", "the age shown is that of the time sorted by"


def test_the_events_of_an_earlier_run_of_a_wrapped_job_stay() -> None:
    # W17: the first run's inner job and pods are gone, their uids known to nobody
    second = {"kind": "PyTorchJob", "metadata": {"name": "a", "uid": "inner-2"}}
    job = wrapper(related=(second,))
    at = "2026-01-01T00:01:10Z"
    events = [
        event("MadeFirst", ("PyTorchJob", "a", "inner-1"), 1, "Created pod: a-master-0", firstTimestamp=at, lastTimestamp=at),
        event("Failed", ("Pod", "a-master-0", "pod-1"), 2, firstTimestamp=at, lastTimestamp=at),
        event("MadeSecond", ("PyTorchJob", "a", "inner-2"), 3, "Created pod: a-master-0", firstTimestamp=at, lastTimestamp=at),
        event("NotOurs", ("Pod", "b-master-0", "pod-9"), 4, firstTimestamp=at, lastTimestamp=at),
    ]
    assert reasons(of_job(job, events)) == ["MadeFirst", "Failed", "MadeSecond"]


def test_the_events_of_an_earlier_job_of_the_name_are_not_ours() -> None:
    # L3
    before, at = "2026-01-01T00:00:30Z", "2026-01-01T00:01:10Z"
    old_pod = {"metadata": {"name": "a-master-0", "uid": "pod-0"}}
    job = wrapper(related=({"kind": "PyTorchJob", "metadata": {"name": "a", "uid": "inner-2"}},), earlier=(old_pod,))
    events = [
        event("OldMade", ("PyTorchJob", "a", "inner-0"), 1, "Created pod: a-master-0", firstTimestamp=before, lastTimestamp=before),
        event("OldEnd", ("PyTorchJob", "a", "inner-0"), 2, firstTimestamp=at, lastTimestamp=at),
        event("OldKill", ("Pod", "a-master-0", "pod-0"), 3, firstTimestamp=at, lastTimestamp=at),
        event("Made", ("PyTorchJob", "a", "inner-2"), 4, "Created pod: a-master-0", firstTimestamp=at, lastTimestamp=at),
        event("Ours", ("Pod", "a-master-0", "pod-2"), 5, firstTimestamp=at, lastTimestamp=at),
    ]
    assert reasons(of_job(job, events)) == ["Made", "Ours"]
