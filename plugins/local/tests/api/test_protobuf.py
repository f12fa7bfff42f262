"""Bodies in protobuf: whatever comes, an object or a refusal."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from arena_local.http.protobuf import decode_object
from arena_local.http.wire import MAGIC, UnreadableError, field, number_field, read_fields


def body(kind: str, version: str, message: bytes) -> bytes:
    return MAGIC + field(1, field(1, version) + field(2, kind)) + field(2, message)


def test_fields_of_every_shape() -> None:
    """C4: text, numbers (also negative and zero), flags, bytes, maps, lists, quantities, number or text, times, inlined messages."""
    port = field(1, "web") + number_field(3, 80) + field(4, number_field(1, 1) + field(3, "http"))
    created = field(8, number_field(1, 1_700_000_000))
    service = field(1, field(1, "s") + created + field(11, field(1, "a") + field(2, "b"))) + field(2, field(1, port))
    assert decode_object(body("Service", "v1", service)) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "creationTimestamp": "2023-11-14T22:13:20Z", "labels": {"a": "b"}},
        "spec": {"ports": [{"name": "web", "port": 80, "targetPort": "http"}]},
    }
    quota = field(2, field(1, field(1, "cpu") + field(2, field(1, "500m"))))
    assert decode_object(body("ResourceQuota", "v1", quota)) == {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "spec": {"hard": {"cpu": "500m"}},
    }
    low = field(1, field(1, "low")) + number_field(2, -5)
    found = decode_object(body("PriorityClass", "scheduling.k8s.io/v1", low))
    assert found is not None and found["value"] == -5
    secret = field(2, field(1, "k") + field(2, b"\xff\x00"))
    found = decode_object(body("Secret", "v1", secret))
    assert found is not None and base64.b64decode(found["data"]["k"]) == b"\xff\x00"
    volume = field(1, "v") + field(2, field(1, field(1, "/data")))
    pod = field(2, field(1, volume))
    found = decode_object(body("Pod", "v1", pod))
    assert found is not None and found["spec"]["volumes"] == [{"name": "v", "hostPath": {"path": "/data"}}]
    assert decode_object(body("Thing", "example.com/v1", b"")) is None


@given(st.binary(max_size=200), st.sampled_from(["Pod", "Secret", "Job", "DeleteOptions", "Thing"]))
def test_junk_is_an_object_or_unreadable(junk: bytes, kind: str) -> None:
    """S12: no odd body is an error of ours."""
    for data in (junk, MAGIC + junk, body(kind, "v1", junk), body(kind, "batch/v1", junk)):
        try:
            found = decode_object(data)
        except UnreadableError:
            continue
        assert found is None or found["kind"] == kind or data == MAGIC + junk


def test_deep_messages_are_unreadable() -> None:
    """S12: nesting without end is refused, not a stack overflow."""
    inner = b""
    for _ in range(5000):
        inner = field(25, field(1, inner))
    assert list(read_fields(inner))
    assert decode_object(body("Pod", "v1", inner)) == {"apiVersion": "v1", "kind": "Pod"}
