from __future__ import annotations

import json
import re

import pytest

from arena_core.contract.errors import AlreadyExists, ArenaError, ClusterUnreachable, KindNotInstalled, NotFound, PermissionDenied, Refused
from arena_core.contract.types import Resource
from arena_core.kube.answer import BadAnswer
from arena_core.kube.nodes import node_silent
from arena_core.kube.refusals import Conflict, Forbidden, Gone, Invalid, ServerFailure, Unauthorized, WebhookDown, refusal
from arena_core.kube.resources import PODS

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


def test_who_may_not_impersonate() -> None:
    """N17: the newest servers check single verbs, and name the object in place of the user."""
    old = 'users "nobody" is forbidden: User "eve" cannot impersonate resource "users" in API group "" at the cluster scope'
    error = made(403, old, "Forbidden")
    assert error.message == "user eve may not impersonate nobody" and "--as" in error.hint
    new = (
        'appwrappers.workload.codeflare.dev "j" is forbidden: User "eve" cannot impersonate-on:user-info:list resource "appwrappers" '
        'in API group "workload.codeflare.dev" in the namespace "ns"'
    )
    body = json.dumps({"kind": "Status", "message": new, "reason": "Forbidden", "code": 403}).encode()
    error = refusal(403, body, verb="list", resource=JOBS, namespace="ns", name="", acting_as="nobody")
    assert isinstance(error, Forbidden) and error.message == "user eve may not impersonate nobody"


def test_a_webhook_that_does_not_answer() -> None:
    """R8: which webhook, of whom, that nothing was created, and who can mend it."""
    why = (
        'Internal error occurred: failed calling webhook "validator.pytorchjob.training-operator.kubeflow.org": failed to call webhook: '
        'Post "https://training-operator.kubeflow.svc:443/validate-kubeflow-org-v1-pytorchjob?timeout=10s": '
        "dial tcp 10.96.1.2:443: connect: connection refused"
    )
    error = made(500, why, "InternalError")
    assert isinstance(error, WebhookDown) and isinstance(error, ServerFailure)
    assert "validator.pytorchjob.training-operator.kubeflow.org of Service training-operator in namespace kubeflow" in error.message
    assert "(connection refused); nothing was created" in error.message and "bring the pods" in error.hint
    error = made(500, 'Internal error occurred: failed calling webhook "w.x": context deadline exceeded')
    assert isinstance(error, WebhookDown) and "w.x does not answer (context deadline exceeded)" in error.message


@pytest.mark.parametrize(
    ("code", "body", "expected", "words"),
    [
        (403, b"<html><h1>Access  denied</h1></html>", PermissionDenied, "not by Kubernetes itself .* Access denied"),
        (302, b"", BadAnswer, "redirect, 302"),
        (307, b"moved", BadAnswer, "redirect, 307"),
        (404, b"<html>nginx</html>", BadAnswer, "not a Kubernetes API server"),
        (502, b"<html><title>Bad gateway</title></html>", ServerFailure, r"failed \(502\): Bad gateway"),
        (500, b"[" * 100_000, ServerFailure, "500"),
        (500, b'{"kind": "Status", "message": {"a": 1}, "details": 5}', ServerFailure, "500"),
        (422, b'{"kind": "Status", "message": 7, "details": {"causes": 5}}', Invalid, "7"),
        (409, b'{"kind": "Status", "reason": ["x"]}', Conflict, "409"),
        (404, b'{"kind": "Status", "details": "x", "message": null}', NotFound, "does not exist"),
    ],
)
def test_what_is_no_status(code: int, body: bytes, expected: type[ArenaError], words: str) -> None:
    """S20, S21: pages of proxies, and a Status whose fields have wrong types."""
    error = refusal(code, body, verb="create", resource=JOBS, namespace="ns", name="x")
    assert isinstance(error, expected) and re.search(words, error.message), (type(error), error.message)


CALLED = 'Internal error occurred: failed calling webhook "w.x": failed to call webhook: Post "https://svc.op.svc:443/v?timeout=10s": '


@pytest.mark.parametrize(
    ("code", "message", "expected", "words", "hint", "never"),
    [
        # R8: what fails is told as it fails; a policy's denial is none of the API server's failures, whatever its code
        (500, 'admission webhook "policy.x" denied the request: no', Refused, "denied by admission webhook policy.x: no", "", "try again"),
        (
            500,
            CALLED + "tls: failed to verify certificate: x509: certificate has expired",
            WebhookDown,
            "webhook w.x of Service svc in namespace op is not trusted (tls: failed to verify certificate: x509: certificate has expired)",
            "must renew its certificate",
            "seems to be down",
        ),
        (500, CALLED + "the server could not find the requested resource", WebhookDown, "svc in namespace op fails (", "must mend", "down"),
        (500, CALLED + "dial tcp 10.0.0.1:443: connect: connection refused", WebhookDown, "does not answer", "seems to be down", "renew"),
        (
            500,
            'conversion webhook for kubeflow.org/v1, Kind=PyTorchJob failed: Post "https://c.op.svc:443/convert": EOF',
            WebhookDown,
            "the webhook that converts kubeflow.org/v1, Kind=PyTorchJob of Service c in namespace op does not answer",
            "seems to be down",
            "its logs",
        ),
        (500, "etcdserver: request is too large", Refused, "is too large for the cluster", "make it smaller", "try again"),
        (413, "Request entity too large: limit is 3145728", Refused, "is too large for the cluster", "make it smaller", "try again"),
        (500, "etcdserver: mvcc: database space exceeded", ServerFailure, "space exceeded", "etcd is full", "try again"),
        (403, 'pods "x" is forbidden: failed quota: q: must specify limits.cpu for: c', Refused, "must specify", "ask for cpu", "raise"),
        (
            403,
            'x "x" is forbidden: unable to create new content in namespace ns because it is being terminated',
            Refused,
            "ns",
            "-n",
            "quota",
        ),
    ],
)
def test_what_fails_is_told_as_it_fails(code: int, message: str, expected: type[ArenaError], words: str, hint: str, never: str) -> None:
    error = made(code, message)
    assert isinstance(error, expected)
    assert words in error.message
    assert hint in error.hint
    assert never not in error.message + error.hint


def test_what_is_there_is_not_said_to_be_missing() -> None:
    """S2: a log whose node is gone answers 404 of the node; the pod is there, and its log is not at its end."""
    error = made(404, 'nodes "n1" not found', "NotFound", {"kind": "nodes", "name": "n1"}, PODS)
    assert not isinstance(error, NotFound)
    assert 'nodes "n1" not found' in error.message
    assert isinstance(made(404, 'pods "x" not found', "NotFound", {"kind": "pods", "name": "x"}, PODS), NotFound)


@pytest.mark.parametrize(
    "message",
    [
        'Get "https://10.0.0.7:10250/containerLogs/ns/p/c": remote error: tls: internal error',
        "Authorization error (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource=[proxy log])",
    ],
)
def test_a_node_that_answers_and_refuses_is_not_said_to_be_silent(message: str) -> None:
    """R9: who can mend it is another one than where the node is down."""
    found = node_silent(500, json.dumps({"kind": "Status", "message": message}).encode(), "p")
    assert found is not None
    assert "does not let the API server in" in found.message
    assert "is the node up" not in found.hint
