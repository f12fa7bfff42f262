"""Lists without managed fields: held against decoding all and dropping them (issue 11)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.contract.types import Resource
from arena_core.kube.answer import decode
from arena_core.kube.managed import without

#: Brackets, quotes and backslashes are what could be taken for an end.
TEXTS = st.text(alphabet='ab[]{}":,\\ \n\u00fc', max_size=8)
FIELDS = st.recursive(
    st.just({}) | TEXTS, lambda inner: st.dictionaries(TEXTS, inner, max_size=3) | st.lists(inner, max_size=2), max_leaves=6
)
ENTRIES = st.lists(st.dictionaries(TEXTS, FIELDS, max_size=3), max_size=2)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=150)
@given(st.lists(st.tuples(ENTRIES, TEXTS), max_size=3))
def test_nothing_but_managed_fields_is_left_out(entries):
    """Whatever stands in them or beside them: the rest is what a plain reader finds, and of odd ones more is kept, never less."""
    items = [{"metadata": {"uid": text, "managedFields": managed, "name": text}, "spec": {text: [text]}} for managed, text in entries]
    data = json.dumps({"items": items}, separators=(",", ":")).encode()
    found = decode(without(data))
    for item, (managed, _) in zip(found["items"], entries, strict=True):
        assert item["metadata"].pop("managedFields", managed) == managed
    for item in items:
        del item["metadata"]["managedFields"]
    assert found == {"items": items}


def test_what_api_servers_write_is_left_out_whole_and_damage_is_told():
    key = {"f:metadata": {"f:labels": {}}, "f:spec": {'k:{"name":"pytorch"}': {".": {}}, 'v:"a"': {}}}
    entry = {"manager": "kubectl", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": key}
    whole = json.dumps({"metadata": {"uid": "1", "managedFields": [entry, entry], "name": "a"}}, separators=(",", ":")).encode()
    assert without(whole) == b'{"metadata":{"uid":"1","name":"a"}}'
    for damaged in (whole[: len(whole) // 2], whole.replace(b"}}}]", b"}}]"), whole.replace(b'"kubectl"', b'"kubectl', 1)):
        with pytest.raises(ValueError, match=r"."):
            decode(without(damaged))


def test_a_list_has_none_of_them_and_one_object_has_all(fake_api, reply):
    """Half of what a list of jobs weighs is never decoded; who asks for one object gets it as it is."""
    thing = {"kind": "Thing", "metadata": {"name": "a", "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {}}}]}}
    kind = Resource("x.example.com", "v1", "Thing", "things")
    body = json.dumps({"kind": "ThingList", "metadata": {}, "items": [thing]}, separators=(",", ":")).encode()
    fake_api.script(reply(200, body), reply(200, thing))
    cluster = fake_api.cluster()
    assert cluster.list(kind, "default").items == [{"kind": "Thing", "apiVersion": "x.example.com/v1", "metadata": {"name": "a"}}]
    assert cluster.get(kind, "default", "a")["metadata"]["managedFields"]
