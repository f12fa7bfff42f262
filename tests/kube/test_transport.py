from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from arena_core.contract.errors import AlreadyExists, ArenaError, ClusterUnreachable
from arena_core.kube.endpoint import Credentials
from arena_core.kube.refusals import ServerFailure
from arena_core.kube.resources import CONFIGMAPS, PODS

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "annotations": {"id": "1"}}}


def status(code: int, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code}


def test_too_many_requests_waits_as_long_as_the_server_says(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(429, status(429), {"Retry-After": "1"}), reply(200, MAP))
    start = time.monotonic()
    assert fake_api.cluster().get(CONFIGMAPS, "default", "m")["metadata"]["name"] == "m"
    assert time.monotonic() - start >= 1
    assert len(fake_api.requests) == 2


def test_server_failures_are_retried_then_told(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(503, "down"), reply(502, "down"), reply(200, MAP))
    assert fake_api.cluster().get(CONFIGMAPS, "default", "m") == MAP
    fake_api.script(reply(500, status(500, "InternalError", "etcd is sad")))
    with pytest.raises(ServerFailure, match="etcd is sad"):
        fake_api.cluster().get(CONFIGMAPS, "default", "m")
    assert len(fake_api.requests) == 3 + 3


def test_a_read_survives_resets(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(reset=True), reply(reset=True), reply(200, MAP))
    assert fake_api.cluster().get(CONFIGMAPS, "default", "m") == MAP


def test_a_create_is_never_sent_twice_on_a_guess(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(reset=True), reply(201, MAP))
    with pytest.raises(ClusterUnreachable):
        fake_api.cluster().create(CONFIGMAPS, "default", MAP)
    assert len(fake_api.requests) == 1


def test_a_create_whose_answer_was_lost_knows_its_own_object(fake_api: Any, reply: Any) -> None:
    exists = status(409, "AlreadyExists")

    def answer(request: Any) -> Any:
        if request.method == "GET":
            return reply(200, MAP)
        return reply(reset=True) if len(fake_api.requests) == 1 else reply(409, exists)

    fake_api.answer = answer
    made = fake_api.cluster().create(CONFIGMAPS, "default", MAP, is_own=lambda o: o["metadata"]["annotations"]["id"] == "1")
    assert made.recovered and made.object == MAP
    fake_api.requests.clear()
    with pytest.raises(AlreadyExists):
        fake_api.cluster().create(CONFIGMAPS, "default", MAP, is_own=lambda o: False)


def test_an_object_that_was_there_before_is_not_ours(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(409, status(409, "AlreadyExists")))
    with pytest.raises(AlreadyExists):
        fake_api.cluster().create(CONFIGMAPS, "default", MAP, is_own=lambda o: True)
    assert len(fake_api.requests) == 1


def test_a_kept_connection_that_the_server_closed_is_no_failure(fake_api: Any, reply: Any) -> None:
    cluster = fake_api.cluster()
    fake_api.script(reply(200, MAP, {"Keep-Alive": "timeout=1"}), reply(reset=True), reply(200, MAP))
    cluster.get(CONFIGMAPS, "default", "m")
    cluster.get(CONFIGMAPS, "default", "m")
    assert len(fake_api.requests) == 3


def test_a_deletion_whose_answer_was_lost_is_done(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(reset=True), reply(404, status(404, "NotFound")))
    assert fake_api.cluster().delete(CONFIGMAPS, "default", "m") is None


def test_one_connection_serves_many_requests(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, MAP))
    cluster = fake_api.cluster()
    for _ in range(3):
        cluster.get(CONFIGMAPS, "default", "m")
    assert len(cluster.transport.pool) == 1


def test_gzip_is_taken_from_far_servers(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, gzip.compress(json.dumps(MAP).encode()), {"Content-Encoding": "gzip"}))
    far = fake_api.cluster(server=f"http://0.0.0.0:{fake_api.port}")  # the same machine, but it does not look like it
    assert far.get(CONFIGMAPS, "default", "m") == MAP
    assert fake_api.requests[0].headers["Accept-Encoding"] == "gzip"


def test_credentials_are_renewed_once_after_a_401(fake_api: Any, reply: Any) -> None:
    def answer(request: Any) -> Any:
        return reply(200, MAP) if request.headers.get("Authorization") == "Bearer new" else reply(401, status(401))

    fake_api.answer = answer
    cluster = fake_api.cluster(credentials=Credentials(token="old"), refresh=lambda: Credentials(token="new"))
    assert cluster.get(CONFIGMAPS, "default", "m") == MAP


def test_secrets_stay_out_of_texts(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(401, status(401, "Unauthorized", "Unauthorized")))
    secret = Credentials(token="s3cr3t-token", password="s3cr3t-pass", username="u")
    cluster = fake_api.cluster(server=fake_api.url + "/s3cr3t-path", credentials=secret, proxy="")
    with pytest.raises(ArenaError) as caught:
        cluster.get(PODS, "default", "p")
    fake_api.script(reply(500, "broken"))
    with pytest.raises(ArenaError) as broken:
        cluster.get(PODS, "default", "p")
    gone = fake_api.cluster(server="http://u:s3cr3t@127.0.0.1:1/s3cr3t-path", credentials=secret)
    with pytest.raises(ClusterUnreachable) as refused:
        gone.get(PODS, "default", "p")
    texts = [repr(cluster), repr(cluster.endpoint), cluster.server, repr(secret), str(caught.value), caught.value.hint, str(broken.value)]
    assert "s3cr3t" not in " ".join([*texts, str(refused.value), repr(gone)])
    assert fake_api.requests[0].path == "/s3cr3t-path/api/v1/namespaces/default/pods/p"


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    from arena_core.kube.cluster import Cluster
    from arena_core.kube.endpoint import Endpoint

    start = time.monotonic()
    with pytest.raises(ClusterUnreachable, match="refuses the connection"):
        Cluster(Endpoint("http://127.0.0.1:1")).get(PODS, "default", "p")
    with pytest.raises(ClusterUnreachable, match="cannot be resolved"):
        Cluster(Endpoint("http://no-such-host.invalid")).get(PODS, "default", "p")
    assert time.monotonic() - start < 5


def test_a_server_that_restarts_is_waited_for(fake_api: Any, reply: Any) -> None:
    cluster = fake_api.cluster()
    fake_api.script(reply(200, MAP, {"Connection": "close"}))
    cluster.get(CONFIGMAPS, "default", "m")
    real, opened = cluster.transport.wire.open, []

    def flaky(timeout: float | None) -> Any:
        opened.append(timeout)
        if len(opened) < 3:
            raise ClusterUnreachable("gone") from ConnectionRefusedError()
        return real(timeout)

    cluster.transport.wire.open = flaky  # type: ignore[method-assign]
    assert cluster.create(CONFIGMAPS, "default", MAP).object == MAP


def test_paging_reads_every_page_and_starts_again_when_it_expires(fake_api: Any, reply: Any) -> None:
    def page(names: list[str], token: str = "") -> Any:
        return reply(
            200,
            {
                "kind": "PodList",
                "metadata": {"continue": token, "resourceVersion": "7"},
                "items": [{"metadata": {"name": n}} for n in names],
            },
        )

    fake_api.script(page(["a"], "t1"), reply(410, status(410, "Expired", "too old")), page(["a"], "t2"), page(["b"]))
    found = fake_api.cluster().list(PODS, "default", limit=1, label_selector="x in (a,b)")
    assert [i["metadata"]["name"] for i in found.items] == ["a", "b"]
    assert found.items[0]["kind"] == "Pod" and found.resource_version == "7"
    assert [r.query.get("continue") for r in fake_api.requests] == [None, "t1", None, "t2"]
    assert fake_api.requests[0].query["labelSelector"] == "x in (a,b)"


def test_warnings_come_along(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(201, MAP, {"Warning": '299 - "this is \\"old\\""'}))
    assert fake_api.cluster().create(CONFIGMAPS, "default", MAP).warnings == ('this is "old"',)


def test_impersonation_headers(fake_api: Any, reply: Any) -> None:
    fake_api.script(reply(200, MAP))
    fake_api.cluster(impersonate={"Impersonate-User": ("eve",), "Impersonate-Group": ("a",)}).get(CONFIGMAPS, "default", "m")
    assert fake_api.requests[0].headers["Impersonate-User"] == "eve"
    assert fake_api.requests[0].headers["Impersonate-Group"] == "a"
