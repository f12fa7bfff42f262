from __future__ import annotations

import json

import pytest

from arena_core.errors import AlreadyExists, ArenaError, ClusterUnreachable, KindNotInstalled, NotFound, PermissionDenied, Refused
from arena_core.kube.refusals import Conflict, Forbidden, Gone, Invalid, ServerFailure, Unauthorized, refusal
from arena_core.kube.resources import PODS
from arena_core.types import Resource

JOBS = Resource("kubeflow.org", "v1", "PyTorchJob", "pytorchjobs")


def made(code: int, message: str = "", reason: str = "", details: dict[str, object] | None = None, resource: Resource = JOBS) -> ArenaError:
    body = json.dumps({"kind": "Status", "message": message, "reason": reason, "details": details or {}, "code": code}).encode()
    return refusal(code, body, verb="create", resource=resource, namespace="ns", name="x")


def test_forbidden_names_verb_resource_namespace_and_user() -> None:
    error = made(403, 'pods is forbidden: User "eve" cannot list resource "pods" in API group "" in the namespace "ns"', "Forbidden")
    assert isinstance(error, Forbidden) and isinstance(error, PermissionDenied)
    assert error.message == "user eve may not list pods in namespace ns"
    assert (error.verb, error.resource, error.namespace) == ("list", "pods", "ns")
    error = made(403, 'x is forbidden: User "eve" cannot list resource "pytorchjobs" in API group "kubeflow.org" at the cluster scope')
    assert error.message == "user eve may not list pytorchjobs.kubeflow.org in the whole cluster"


@pytest.mark.parametrize(
    ("code", "message", "expected", "words"),
    [
        (401, "Unauthorized", Unauthorized, "does not accept your credentials"),
        (403, 'pods "x" is forbidden: exceeded quota: q, requested: cpu=1', Refused, "exceeded quota: q"),
        (403, 'admission webhook "w.x" denied the request: no GPUs on Friday', Refused, "admission webhook w.x: no GPUs on Friday"),
        (409, "the object has been modified", Conflict, "has been modified"),
        (410, "too old resource version", Gone, "too old"),
        (429, "slow down", ServerFailure, "too much to do"),
        (503, "etcd down", ServerFailure, "etcd down"),
        (415, "no", Refused, "415"),
    ],
)
def test_each_code(code: int, message: str, expected: type[ArenaError], words: str) -> None:
    error = made(code, message)
    assert type(error) is expected and words in error.message, (type(error), error.message)


def test_exists_and_missing() -> None:
    assert isinstance(made(409, "exists", "AlreadyExists"), AlreadyExists)
    error = made(404, 'pytorchjobs "x" not found', "NotFound", {"name": "x", "kind": "pytorchjobs"})
    assert type(error) is NotFound and error.message == "PyTorchJob x in namespace ns does not exist"
    error = made(404, 'namespaces "ns" not found', "NotFound", {"name": "ns", "kind": "namespaces"})
    assert error.message == "namespace ns does not exist"


def test_a_kind_that_is_not_served() -> None:
    error = refusal(404, b"404 page not found\n", verb="list", resource=JOBS, namespace="ns", name="")
    assert isinstance(error, KindNotInstalled) and "PyTorchJob is not installed on this cluster" in error.message
    assert isinstance(made(404, "the server could not find the requested resource", "NotFound"), KindNotInstalled)
    other = refusal(404, b"<html>nginx</html>", verb="list", resource=PODS, namespace="ns", name="")
    assert isinstance(other, ClusterUnreachable) and "not a Kubernetes API server" in other.message


def test_invalid_names_every_field() -> None:
    causes = [
        {"field": "spec.a", "message": "Required value"},
        {"field": "<nil>", "message": "some rules were not checked"},
        {"field": "spec.b[0]", "message": "bad"},
    ]
    error = made(422, "long", "Invalid", {"causes": causes})
    assert isinstance(error, Invalid)
    assert [c.path for c in error.causes] == ["spec.a", "spec.b[0]"]
    assert error.message == "PyTorchJob x in namespace ns is invalid: spec.a: Required value; spec.b[0]: bad"
    error = made(400, 'cannot be handled: strict decoding error: unknown field "spec.q", unknown field "top"', "BadRequest")
    assert isinstance(error, Invalid) and [c.path for c in error.causes] == ["spec.q", "top"]
    error = made(422, 'admission webhook "v" denied the request: spec.x is wrong')
    assert isinstance(error, Invalid) and error.message.endswith("webhook v: spec.x is wrong")
