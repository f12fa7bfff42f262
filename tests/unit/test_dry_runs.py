"""What a user's word for a dry run means, and what a wrapper carries: both are decided in one place."""

from __future__ import annotations

import pytest

from arena_core.client import ArenaClient
from arena_core.contract.errors import UsageError
from arena_core.testing.conformance import for_all, json_objects
from arena_core.usecases.dryrun import dry_run_of
from arena_core.usecases.incidents import carried


def test_a_misspelt_dry_run_is_never_done_for_real() -> None:
    assert [dry_run_of(word) for word in ("", "none", "client", "server")] == ["", "", "client", "server"]
    client = ArenaClient(kubeconfig="/nowhere", namespace="x")
    for call in (
        lambda: client.update("job/x", {}, dry_run="sever"),
        lambda: client.submit("job", {}, dry_run="true"),
        lambda: dry_run_of("All"),
    ):
        with pytest.raises(UsageError, match="dry_run is client or server"):
            call()


def test_what_a_wrapper_carries_is_found_whatever_its_kind_is_called() -> None:
    inner = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "in"},
        "spec": {"deeper": {"apiVersion": "v1", "kind": "X", "metadata": {"name": "no"}}},
    }
    for spec in ({"components": [{"template": inner}]}, {"parts": {"first": inner}}, inner):
        assert [one["metadata"]["name"] for one in carried({"kind": "Wrapper", "spec": spec})] == ["in"]
    assert not list(carried({"spec": {"jobTemplate": {"metadata": {"name": "x"}, "spec": {}}}})), "a template without a kind is no object"


def test_any_object_carries_something_or_nothing() -> None:
    for_all(100, lambda job: list(carried(job)), job=json_objects("apiVersion", "components"))
