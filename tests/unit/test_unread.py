"""What could not be read is named in a word or two, whatever the server's answer was (N3, A8, R4)."""

from __future__ import annotations

import pytest

from arena_core.contract.errors import ClusterUnreachable, NamespaceNotFound, NotFound, TimedOut
from arena_core.kube.answer import BadAnswer
from arena_core.kube.refusals import refusal
from arena_core.kube.resources import EVENTS
from arena_core.usecases.unread import is_partial, phrase, sentence


@pytest.mark.parametrize(
    ("code", "why"),
    [(401, "not logged in"), (403, "forbidden"), (500, "the API answers 500"), (404, "the API answers 404"), (429, "the API answers 429")],
)
def test_a_status_of_the_server_is_short(code: int, why: str) -> None:
    message = 'events is forbidden: User "bob" cannot list resource "events" in API group "" in the namespace "ns"'
    body = b'{"kind": "Status", "message": "%s"}' % message.replace('"', '\\"').encode()
    error = refusal(code, body, verb="list", resource=EVENTS, namespace="ns", name="")
    assert phrase(EVENTS, error) == f"events ({why})" and is_partial(error)


def test_what_concerns_more_than_one_api_is_not_passed_over() -> None:
    for error in (ClusterUnreachable("gone"), TimedOut("late"), NamespaceNotFound("ns")):
        assert not is_partial(error)
    assert is_partial(BadAnswer("html")) and is_partial(NotFound("x"))


def test_everything_stands_in_one_line() -> None:
    assert sentence([]) == ""
    assert sentence(["a (forbidden)", "b (the API answers 500)", "c (forbidden)", "a (forbidden)"]) == (
        "not shown, no permission: a, c; not shown, the API answers 500: b"
    )
