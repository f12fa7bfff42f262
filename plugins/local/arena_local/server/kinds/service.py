"""Services: addresses, ports, and what may not change."""

from __future__ import annotations

import ipaddress
import random
import sys
from collections.abc import Iterator
from typing import Any

from arena_local.server.causes import Cause, bad_value, duplicate, required, unsupported
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy

Obj = dict[str, Any]
#: Where service addresses come from, as on a new kubeadm cluster.
RANGE = ipaddress.ip_network("10.96.0.0/12")
#: Where they come from on this machine: addresses on which it can listen.
OWN_RANGE = ipaddress.ip_network("127.96.0.0/12") if sys.platform == "linux" else RANGE
_PORT_TEXT = "must be between 1 and 65535, inclusive"
_TYPES = ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")


class ServiceStrategy(Strategy):
    """Services."""

    delete_returns_object = True

    def default(self, obj: Obj) -> None:
        """Fill in type, affinity and ports."""
        spec = obj["spec"]
        spec.setdefault("sessionAffinity", "None")
        spec.setdefault("type", "ClusterIP")
        if spec["sessionAffinity"] == "ClientIP":
            spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
        for port in spec.get("ports") or ():
            port.setdefault("protocol", "TCP")
            if port.get("targetPort") in (None, 0, ""):
                port["targetPort"] = port.get("port", 0)
        if spec["type"] in ("NodePort", "LoadBalancer"):
            spec.setdefault("externalTrafficPolicy", "Cluster")
        if spec["type"] == "LoadBalancer":
            spec.setdefault("allocateLoadBalancerNodePorts", True)
        if spec["type"] != "ExternalName":
            spec.setdefault("internalTrafficPolicy", "Cluster")

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Give it an address, and node ports where its type has them."""
        spec = obj["spec"]
        obj["status"] = {"loadBalancer": {}}
        if spec["type"] == "ExternalName":
            return
        given = spec.get("clusterIP") or next(iter(spec.get("clusterIPs") or ()), "")
        address = given or _free_address(host)
        spec["clusterIP"], spec["clusterIPs"] = address, [address]
        spec.setdefault("ipFamilies", ["IPv4"])
        spec.setdefault("ipFamilyPolicy", "SingleStack")
        if spec["type"] in ("NodePort", "LoadBalancer"):
            _node_ports(host, spec)

    def prepare_update(self, host: Host, obj: Obj, old: Obj) -> None:
        """Keep the addresses that the client left out."""
        spec, before = obj["spec"], old["spec"]
        if spec["type"] == "ExternalName":
            return
        for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort"):
            if key not in spec and key in before:
                spec[key] = before[key]
        if spec.get("clusterIP") != before.get("clusterIP") and spec.get("clusterIPs") == before.get("clusterIPs"):
            spec["clusterIPs"] = [spec["clusterIP"]]
        if spec["type"] in ("NodePort", "LoadBalancer"):
            kept = {(port.get("port"), port.get("protocol")): port.get("nodePort") for port in before.get("ports") or ()}
            for port in spec.get("ports") or ():
                number = kept.get((port.get("port"), port.get("protocol")))
                if number and not port.get("nodePort"):
                    port["nodePort"] = number
            _node_ports(host, spec)

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check type, ports and address."""
        spec = obj["spec"]
        ports = spec.get("ports") or []
        headless = spec.get("clusterIP") == "None"
        if not ports and not headless and spec["type"] != "ExternalName":
            yield required("spec.ports")
        yield from _ports(ports)
        if spec["type"] not in _TYPES:
            yield unsupported("spec.type", spec["type"], _TYPES)
        if spec["sessionAffinity"] not in ("ClientIP", "None"):
            yield unsupported("spec.sessionAffinity", spec["sessionAffinity"], ["ClientIP", "None"])
        if spec["type"] == "ExternalName" and not spec.get("externalName"):
            yield required("spec.externalName")
        address = spec.get("clusterIP", "None")
        if address not in ("None", "") and spec["type"] != "ExternalName":
            yield from _address(spec.get("clusterIPs") or [address])

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse another address."""
        new, before = obj["spec"].get("clusterIPs") or [], old["spec"].get("clusterIPs") or []
        if before and new != before and obj["spec"]["type"] != "ExternalName":
            yield bad_value("spec.clusterIPs[0]", new, "may not change once set")


def _address(addresses: list[str]) -> Iterator[Cause]:
    try:
        inside = any(ipaddress.ip_address(addresses[0]) in known for known in (RANGE, OWN_RANGE))
    except ValueError:
        yield bad_value("spec.clusterIPs[0]", addresses[0], "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
        return
    if not inside:
        text = f"failed to allocate IP {addresses[0]}: the provided network does not match the current range"
        yield bad_value("spec.clusterIPs", addresses, text)


def _ports(ports: list[Obj]) -> Iterator[Cause]:
    names: set[str] = set()
    seen: set[tuple[Any, ...]] = set()
    for index, port in enumerate(ports):
        where, name, number = f"spec.ports[{index}]", port.get("name", ""), port.get("port", 0)
        if not name and len(ports) > 1:
            yield required(f"{where}.name")
        elif name and name in names:
            yield duplicate(f"{where}.name", name)
        names.add(name)
        if not 1 <= number <= 65535:
            yield bad_value(f"{where}.port", number, _PORT_TEXT)
        if port.get("protocol") not in ("TCP", "UDP", "SCTP"):
            yield unsupported(f"{where}.protocol", port.get("protocol"), ["SCTP", "TCP", "UDP"])
        target = port.get("targetPort")
        if isinstance(target, int) and not 1 <= target <= 65535:
            yield bad_value(f"{where}.targetPort", target, _PORT_TEXT)
        key = (port.get("protocol"), number)
        if key in seen:
            shown = {"Name": "", "Protocol": key[0], "AppProtocol": None, "Port": number, "TargetPort": 0, "NodePort": 0}
            yield duplicate(where, shown)
        seen.add(key)


def _free_address(host: Host) -> str:
    """Return an address that no Service has; by chance, because several clusters share the addresses of this machine."""
    used = {entry.obj["spec"].get("clusterIP") for entry in host.entries("services")}
    while True:
        address = str(OWN_RANGE[random.randrange(256, OWN_RANGE.num_addresses - 1)])
        if address not in used:
            return address


def _node_ports(host: Host, spec: Obj) -> None:
    used = {port.get("nodePort") for entry in host.entries("services") for port in entry.obj["spec"].get("ports") or ()}
    free = (number for number in range(30000, 32768) if number not in used)
    for port in spec.get("ports") or ():
        if not port.get("nodePort"):
            port["nodePort"] = next(free)
