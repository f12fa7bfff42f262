"""A type's notes are told and stop nothing; what it serves gets an address from the Service, as the cluster gives it one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from arena_core.args import parse
from arena_core.contract.errors import InvalidArguments, PermissionDenied
from arena_core.contract.types import Endpoint, JobStatus, JobView, Note, Phase, Problem
from arena_core.families.args import SubmitArgs
from arena_core.usecases import checks
from arena_core.usecases.endpoints import Reachable, endpoints
from arena_core.usecases.views import Job

ARGS = parse(SubmitArgs, {"name": "x", "image": "i", "command": "c"})


class Handle:
    """A job type with these notes and problems of the arguments and of the cluster."""

    def __init__(self, early: list[Any], late: list[Any]) -> None:
        self.job_type = SimpleNamespace(resource=None)
        self._early, self._late = early, late

    def notes(self, args: Any) -> list[Any]:
        return self._early

    def preflight(self, args: Any, lookup: Any) -> list[Any]:
        return self._late


def test_notes_name_the_flag_and_stop_nothing() -> None:
    handle: Any = Handle([Note("is never read", "workers", "leave it out")], [Note("the queue is long")])
    told = checks.before(None, handle, ARGS, None)  # type: ignore[arg-type]
    assert told == ("--workers: is never read (leave it out)", "the queue is long")


def test_problems_stop_beside_notes() -> None:
    handle: Any = Handle([], [Note("the queue is long"), Problem("no such queue")])
    with pytest.raises(InvalidArguments) as caught:
        checks.before(None, handle, None, SimpleNamespace(serves=lambda resource: True))  # type: ignore[arg-type]
    assert [p.message for p in caught.value.problems] == ["no such queue"]


def reached(service: Any, wanted: Endpoint, *, phase: Phase = Phase.RUNNING, node_ip: str = "", fails: bool = False) -> Any:
    def find(resource: Any, namespace: str, name: str) -> Any:
        if fails:
            raise PermissionDenied("no")
        return service if name == "s" else None

    cluster = SimpleNamespace(find=find, is_local=False, list=lambda resource: SimpleNamespace(items=[]))
    handle = SimpleNamespace(endpoints=lambda view: [wanted])
    session: Any = SimpleNamespace(cluster=cluster, jobs={"t": handle})
    session.jobs = SimpleNamespace(get=lambda name: handle)
    manifest = {"kind": "Thing", "metadata": {"name": "j", "namespace": "n", "uid": "u"}}
    return endpoints(session, Job("t", JobView(manifest, status=JobStatus(phase))))


def service(**status: Any) -> Any:
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 8265, "nodePort": 30001}]
    return {"metadata": {"name": "s", "uid": "s"}, "spec": {"ports": ports}, "status": status}


@pytest.mark.parametrize(
    ("wanted", "status", "address"),
    [
        (Endpoint("x", "http", "s", 8265), {}, "http://s.n.svc:8265"),
        (Endpoint("x", "grpc", "s"), {}, "grpc://s.n.svc:80"),
        (Endpoint("x", "http", "s", 80, path="/v1"), {"loadBalancer": {"ingress": [{"ip": "10.0.0.9"}]}}, "http://10.0.0.9:80/v1"),
        (Endpoint("x", "http", "s", 99), {}, ""),
    ],
)
def test_an_address_is_that_of_the_service(wanted: Endpoint, status: Any, address: str) -> None:
    (found,) = reached(service(**status), wanted).endpoints
    assert found.address == address


def test_no_service_another_ones_and_what_may_not_be_read() -> None:
    wanted = Endpoint("x", "http", "gone", ready=True)
    assert reached(service(), wanted).endpoints == (Reachable("x", "", False, "there is no Service gone of this job"),)
    foreign = service()
    foreign["metadata"]["ownerReferences"] = [{"uid": "other", "kind": "X", "name": "y", "apiVersion": "v1", "controller": True}]
    assert reached(foreign, Endpoint("x", "http", "s")).endpoints[0].address == ""
    hidden = reached(service(), Endpoint("x", "http", "s", ready=True), fails=True)
    assert hidden.unread == ("services (forbidden)",) and hidden.endpoints[0].ready is None
    assert reached(service(), Endpoint("x", "http", "s"), phase=Phase.SUCCEEDED).endpoints == ()
