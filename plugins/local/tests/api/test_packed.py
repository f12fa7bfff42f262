"""CRDs are kept packed: the store shows them as any other object, and decodes none that nobody asks for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from arena_local.sdk.crds import load_crds
from arena_local.server import lists
from arena_local.server.deletes import CRDS
from arena_local.server.options import ListOptions
from arena_local.server.server import ApiServer
from arena_local.store import Change, Store
from arena_local.store.entry import Entry, Packed

BOX = {"metadata": {"labels": {"a": "b"}, "ownerReferences": [{"uid": "u1"}]}, "spec": {"text": "ä" * 1000}}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of what is decoded from now on."""
    found: list[int] = []
    plain = Packed.obj.fget  # type: ignore[attr-defined]

    def counted(self: Packed) -> object:
        if Packed._last[0] is not self._raw:
            found.append(len(self.raw))
        return plain(self)

    monkeypatch.setattr(Packed, "obj", property(counted))
    return found


def test_a_packed_entry_is_as_a_plain_one() -> None:
    plain, packed = Entry(("", "n"), BOX, 7), Packed(("", "n"), BOX, 7)
    Packed.forget()
    assert (packed.obj, packed.raw, packed.meta["labels"]) == (plain.obj, plain.raw, plain.meta["labels"])
    newer = {**BOX, "more": 1}
    packed.rewrite(newer)
    Packed.forget()
    assert packed.obj == newer


@pytest.mark.parametrize("packed", [(), ("boxes",)])
def test_a_store_finds_what_it_packs(tmp_path: Path, packed: tuple[str, ...], decoded: list[int]) -> None:
    store = Store(tmp_path / "db", packed=packed)
    store.commit([Change("boxes", "", name, {**BOX, "metadata": {**BOX["metadata"], "name": name}}) for name in ("one", "two")])
    store.commit([Change("boxes", "", "one", {"metadata": {"name": "one"}})])
    Packed.forget()
    assert [entry.key[1] for _, entry in store.owned("u1")] == ["two"]
    assert store.labelled("boxes", "", {"a": "b"})[0].obj["metadata"]["name"] == "two"
    assert len(decoded) == len(packed)
    store.close()
    again = Store(tmp_path / "db", packed=packed)
    assert [entry.obj["metadata"]["name"] for entry in again.entries("boxes")] == ["one", "two"]
    assert again.get("boxes", "", "two").rev == 3  # type: ignore[union-attr]
    again.commit([Change("boxes", "", "two", None)])
    assert not again.owned("u1")


async def _serving() -> ApiServer:
    """Return a server as the daemon starts it, when all that was put off has been done."""
    server = ApiServer(Store(None, packed=(CRDS,)))
    for crd in load_crds("arena_local"):
        server.crds.install(crd)
    await asyncio.sleep(0)
    return server


def test_serving_the_shipped_kinds_decodes_none_of_them_again(decoded: list[int]) -> None:
    """Once written, a CRD is decoded for whoever looks at its schema, and for nobody else."""
    server = asyncio.run(_serving())
    assert not decoded
    resource = server.resource("workloads.kueue.x-k8s.io")
    assert resource.crd_version["additionalPrinterColumns"]
    assert not decoded
    Packed.forget()
    assert "podSets" in resource.schema.properties["spec"].properties
    assert len(decoded) == 1
    page = lists.list_page(server, server.resource(CRDS), "", ListOptions())
    assert {entry.obj["metadata"]["name"] for entry in page.entries} == {crd["metadata"]["name"] for crd in load_crds("arena_local")}
