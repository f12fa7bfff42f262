"""Requests parted among versions: by Istio's objects or a route of the Gateway API, each taken by a schema that knows no other fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from arena_core.cli.main import main
from arena_core.cli.printed import schema_of_command
from arena_core.client import ArenaClient
from arena_core.contract.errors import AlreadyExists, KindNotInstalled, NotFound, UsageError
from arena_core.contract.types import Resource
from arena_core.kube.resources import SERVICES
from arena_core.usecases.traffic.objects import DESTINATION_RULE, GATEWAY, HTTP_ROUTE, VIRTUAL_SERVICE
from arena_core.usecases.traffic.parted import shares
from arena_core.usecases.traffic.weights import weights_of
from arena_local.context import Options
from arena_local.testing import LocalCluster
from plugins.serve.tests.test_distributed_e2e import until

CRDS = Resource("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False)


def text() -> dict[str, Any]:
    return {"type": "string"}


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def fields(**of: Any) -> dict[str, Any]:
    return {"type": "object", "properties": of}


NUMBER = {"type": "integer", "minimum": 0}
#: Only the fields that arena writes, as Istio 1.27 and the Gateway API 1.3 have them.
SPECS = {
    DESTINATION_RULE: fields(host=text(), subsets=many(fields(name=text(), labels={"type": "object", "additionalProperties": text()}))),
    VIRTUAL_SERVICE: fields(
        hosts=many(text()),
        gateways=many(text()),
        http=many(
            fields(
                match=many(fields(uri=fields(prefix=text()))),
                route=many(fields(destination=fields(host=text(), subset=text()), weight=NUMBER)),
            )
        ),
    ),
    HTTP_ROUTE: fields(
        parentRefs=many(fields(name=text())),
        hostnames=many(text()),
        rules=many(
            fields(
                matches=many(fields(path=fields(type=text(), value=text()))),
                backendRefs=many(fields(name=text(), port=NUMBER, weight=NUMBER)),
            )
        ),
    ),
    GATEWAY: fields(),
}


def crd(resource: Resource, spec: dict[str, Any]) -> dict[str, Any]:
    schema = {"openAPIV3Schema": fields(spec=spec)}
    version = {"name": resource.version, "served": True, "storage": True, "schema": schema}
    names = {"kind": resource.kind, "plural": resource.plural, "singular": resource.kind.lower()}
    body = {"group": resource.group, "scope": "Namespaced", "names": names, "versions": [version]}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": resource.key}, "spec": body}


@pytest.fixture(scope="module")
def bare() -> Iterator[LocalCluster]:
    """A cluster of its own: these tests change what it serves."""
    with LocalCluster.start(Options()) as found:
        yield found


def client(cluster: LocalCluster, namespace: str, *resources: Resource) -> ArenaClient:
    """Serve more kinds, and return a client that has not asked yet which there are."""
    made = ArenaClient(kubeconfig=str(cluster.kubeconfig), namespace=namespace)
    for resource in resources:
        made.cluster.create(CRDS, "", crd(resource, SPECS[resource]))
    return made


def submit(arena: ArenaClient, version: str, **more: Any) -> None:
    """A server of no instances: what parts the requests does not look at them."""
    arena.submit("custom-serving", {"name": "web", "version": version, "image": "x", "restful_port": 8000, "replicas": 0, **more})


def weights(arena: ArenaClient) -> list[tuple[str, int | None]]:
    return [(one.version, one.weight) for one in arena.servers("web").servers]


def test_requests_are_parted_by_whatever_the_cluster_has(bare: LocalCluster, monkeypatch: Any, capfd: Any, tmp_path: Any) -> None:
    namespace = bare.namespace()
    with client(bare, namespace) as arena:
        for version in ("v1", "v2"):
            submit(arena, version)
        assert weights(arena) == [("v1", None), ("v2", None)]
        monkeypatch.setenv("KUBECONFIG", str(bare.kubeconfig))
        monkeypatch.setenv("ARENA_HOME", str(tmp_path))
        for command in ("get", "logs", "delete"):  # it is told by every command, and for the namespace that was named
            assert main(["-n", namespace, command, "web"]) == 3
            hint = f"hint: there is a model server of that name: `arena serve {command} web -n {namespace}`"
            assert hint in capfd.readouterr().err
        assert main(["-n", namespace, "serve", "delete", "nobody"]) == 3
        assert main(["-n", namespace, "serve", "delete", "nobody", "--ignore-not-found"]) == 0
        assert "does not exist" in capfd.readouterr().err
        assert main(["-n", namespace, "get", "nosuch"]) == 3
        assert "serve get" not in capfd.readouterr().err
        with pytest.raises(KindNotInstalled, match="nothing on this cluster parts requests"):
            arena.split_traffic("web", {"v1": 50, "v2": 50})
    with client(bare, namespace, HTTP_ROUTE, GATEWAY) as arena:
        with pytest.raises(UsageError, match="through which Gateway"):
            arena.split_traffic("web", {"v1": 50, "v2": 50})
        ((route, what),) = arena.split_traffic("web", {"v1": 90, "v2": 10}, gateway="edge", hosts=["web.example.com"]).objects
        assert what == "created" and route["spec"]["parentRefs"] == [{"name": "edge"}] and route["spec"]["hostnames"] == ["web.example.com"]
        assert route["spec"]["rules"][0]["backendRefs"] == [
            {"name": "web-v1", "port": 8000, "weight": 90},
            {"name": "web-v2", "port": 8000, "weight": 10},
        ]
        assert weights(arena) == [("v1", 90), ("v2", 10)]
    with client(bare, namespace, DESTINATION_RULE, VIRTUAL_SERVICE) as arena:
        assert weights(arena) == [("v1", 90), ("v2", 10)], "Istio is there now, and parts nothing yet"
        tried = arena.split_traffic("web", {"v1": 60, "v2": 40}, gateway="web-gateway", dry_run=True)
        assert [what for _, what in tried.objects] == ["created"] * 3 and arena.cluster.find(SERVICES, namespace, "web") is None
        assert (
            main(["-n", namespace, "serve", "traffic-split", "web", "-v", "v1:60", "-v", "v2:40", "--dry-run", "server", "-o", "json"]) == 0
        )
        printed = json.loads(capfd.readouterr().out)
        jsonschema.validate(printed, schema_of_command(["serve", "traffic-split"]))
        assert [obj["kind"] for obj in printed] == ["Service", "DestinationRule", "VirtualService"]
        made = arena.split_traffic("web", {"v1": 60, "v2": 40}, gateway="web-gateway")
        assert [(obj["kind"], what) for obj, what in made.objects] == [
            ("Service", "created"),
            ("DestinationRule", "created"),
            ("VirtualService", "created"),
        ]
        service, rule, route = (obj for obj, _ in made.objects)
        assert service["spec"]["selector"] == {"servingName": "web"} and service["spec"]["ports"][0]["port"] == 8000
        assert rule["spec"]["subsets"][0] == {"name": "subset-v1", "labels": {"servingVersion": "v1"}}
        assert (route["spec"]["gateways"], route["spec"]["hosts"]) == (["web-gateway"], ["*"])
        assert [(one["destination"]["subset"], one["weight"]) for one in route["spec"]["http"][0]["route"]] == [
            ("subset-v1", 60),
            ("subset-v2", 40),
        ]
        assert weights(arena) == [("v1", 60), ("v2", 40)]
        again = arena.split_traffic("web", {"v1": 0, "v2": 100}, gateway="web-gateway")
        assert [what for _, what in again.objects] == ["unchanged", "unchanged", "changed"]
        assert [one["weight"] for one in again.objects[2][0]["spec"]["http"][0]["route"]] == [0, 100]
        assert weights(arena) == [("v1", 0), ("v2", 100)]
        assert not [one for one in arena.servers().servers if one.name != "web"] and len(arena.servers("web").servers) == 2
        with pytest.raises(NotFound, match="no version v3"):
            arena.split_traffic("web", {"v3": 100})
        with pytest.raises(NotFound, match="server other does not exist"):
            arena.split_traffic("other", {"v1": 100})
        submit(arena, "v3", restful_port=9000)
        with pytest.raises(UsageError, match="they need the same port: v1 has 8000, v3 has 9000"):
            arena.split_traffic("web", {"v1": 50, "v3": 50})
        taken = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "shop"}, "spec": {"ports": [{"port": 1}]}}
        arena.cluster.create(SERVICES, namespace, taken)
        submit(arena, "v1", name="shop")
        with pytest.raises(AlreadyExists, match="none of the server's"):
            arena.split_traffic("shop", {"v1": 100})
        # What parts the requests goes with the last version.
        for version in ("v1", "v2"):
            arena.delete(f"web-{version}-custom-serving", wait=True, timeout=60)
        until(
            lambda: arena.cluster.find(VIRTUAL_SERVICE, namespace, "web") is None and arena.cluster.find(SERVICES, namespace, "web") is None
        )


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([], "which versions"),
        (["v1"], "not of the form"),
        (["v1:x"], "not of the form"),
        ([":100"], "not of the form"),
        (["v1:-1", "v2:101"], "not of the form"),
        (["v1:50", "v1:50"], "named twice"),
        (["v1:50", "v2:40"], "are 90 together"),
    ],
)
def test_what_cannot_be_parted_is_refused(pairs: list[str], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        weights_of(pairs)


ROUTE = {"http": [{"route": [{"destination": {"host": "web", "subset": f"subset-{v}"}, "weight": n} for v, n in (("v1", 80), ("v2", 20))]}]}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (ROUTE, {"subset-v1": 80, "subset-v2": 20}),
        ({"http": [{"route": [{"destination": {"host": "web", "subset": "subset-v1"}}]}]}, {"subset-v1": 100}),
        ({"rules": [{"backendRefs": [{"name": "web-v1", "weight": 3}, {"name": "web-v2"}]}]}, {"web-v1": 75, "web-v2": 25}),
        ({"rules": [{}, {"backendRefs": [{"name": "a", "weight": 0}]}], "http": "x"}, {}),
        ({"http": [{"route": [{"destination": None, "weight": "x"}, 3]}]}, {}),
        ({}, {}),
    ],
)
def test_parts_of_a_route_are_percents(spec: Any, expected: dict[str, int]) -> None:
    assert shares({"spec": spec}) == expected
