"""Lists that are sent piece by piece, and watches that are sent from where the commit is made, say what the plain way says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arena_local.http.lines import Lines
from arena_local.http.pieces import Pieces
from arena_local.server.options import ListOptions
from arena_local.server.server import ApiServer
from arena_local.server.watch import Watchers
from arena_local.store import Change, Entry, Store
from arena_local.testing import api_server
from arena_pytorchjob.local import BUNDLE as PYTORCH

OBJECTS = st.lists(st.dictionaries(st.text("ab", min_size=1), st.integers()), max_size=12)


@settings(max_examples=60, deadline=None)
@given(OBJECTS, st.sampled_from([b"{", b'{"kind":"K",']), st.sampled_from([0, 1, 255, 256, 257, 600]))
def test_pieces_are_the_whole_and_of_the_length_that_is_told(objects: list[dict[str, int]], prefix: bytes, more: int) -> None:
    objects = [{**obj, "z": 0} for obj in objects] + [{"z": n} for n in range(more)]
    items = [prefix + json.dumps(obj).encode()[1:] for obj in objects]
    pieces = Pieces(b'{"items":[', prefix, items, b"]}")
    text = b"".join(pieces)
    assert json.loads(text) == {"items": objects}
    assert len(text) == len(pieces)


def labelled(name: str, label: str) -> Change:
    return Change("pods", "default", name, {"metadata": {"name": name, "labels": {"l": label}}})


def told(server: ApiServer, changes: list[Change], *selectors: str) -> list[list[tuple[str, str]]]:
    watchers = Watchers(server)
    open_ones = [watchers.open(server.resource("pods"), "default", ListOptions(labels=text)) for text in selectors]
    for change in changes:
        server.store.commit([change])
    found: list[list[tuple[str, str]]] = []
    for one in open_ones:
        assert not isinstance(one, tuple)
        found.append([(kind, f"{entry.key[1]} {entry.obj['metadata']['resourceVersion']}") for kind, entry in one.items])
    return found


def test_watchers_of_one_selection_are_told_the_same_and_those_of_another_their_own() -> None:
    server = ApiServer(Store(None))
    rev = server.store.revision
    changes = [labelled("p", "v"), labelled("p", "w"), labelled("p", "v"), Change("pods", "default", "p", None)]
    v, again, w, every = told(server, changes, "l=v", "l=v", "l=w", "")
    assert v == again == [("ADDED", f"p {rev + 1}"), ("DELETED", f"p {rev + 2}"), ("ADDED", f"p {rev + 3}"), ("DELETED", f"p {rev + 4}")]
    assert w == [("ADDED", f"p {rev + 2}"), ("DELETED", f"p {rev + 3}")]
    assert [kind for kind, _ in every] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]


def test_who_is_gone_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was to be told when the watch ended must not be written into what the connection does next."""
    server = ApiServer(Store(None))
    later: list[Any] = []
    monkeypatch.setattr(server, "later", later.append)
    watchers, heard = Watchers(server), []
    watcher = watchers.open(server.resource("pods"), "", ListOptions())
    assert not isinstance(watcher, tuple)
    watcher.deliver = lambda: heard.append(1)
    server.store.commit([labelled("p", "v")])
    later.pop()()
    assert heard == [1]
    server.store.commit([labelled("p", "w")])
    watchers.close(watcher)
    later.pop()()
    assert heard == [1]


def test_a_line_is_made_once_for_each_version_and_type() -> None:
    lines, made = Lines(), []
    entry = Entry(("", "n"), {"a": 1}, 1)

    def encoded() -> bytes:
        made.append(1)
        return entry.raw

    wanted = b'{"type":"ADDED","object":{"a":1}}\n'
    assert [lines.line("ADDED", entry, "v1", encoded) for _ in range(3)] == [wanted] * 3
    assert len(made) == 1
    assert lines.line("MODIFIED", entry, "v1", encoded) == wanted.replace(b"ADDED", b"MODIFIED")
    lines.line("ADDED", entry, "v2", encoded)
    assert len(made) == 3
    for n in range(100):  # entries that are gone leave their ids to others
        one = Entry(("", "n"), {"n": n}, n)
        assert json.loads(lines.line("ADDED", one, "v1", lambda one=one: one.raw))["object"] == {"n": n}


def test_a_twin_serves_the_same_and_nobody_sees_what_the_other_does() -> None:
    one, same = (api_server((PYTORCH,), queues=True) for _ in range(2))
    assert "pytorchjobs.kubeflow.org" in one.kinds() and one.kinds() == same.kinds()
    assert one.resource("pytorchjobs.kubeflow.org").schema is same.resource("pytorchjobs.kubeflow.org").schema, "compiled once"
    one.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mine"}}, manager="t")
    one.webhooks.clear()
    one.delete("customresourcedefinitions.apiextensions.k8s.io", "", "pytorchjobs.kubeflow.org")
    assert not one.served("pytorchjobs.kubeflow.org") and same.served("pytorchjobs.kubeflow.org")
    assert same.webhooks and same.find("namespaces", "", "mine") is None and same.store.since(same.store.revision) == []
    later = api_server((PYTORCH,), queues=True)
    assert later.kinds() == same.kinds() and later.store.revision == same.store.revision
