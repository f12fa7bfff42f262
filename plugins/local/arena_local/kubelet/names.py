"""Addresses of pods and the names that resolve to them, without a DNS server.

Every pod has a loopback address of its own. What a pod may call by name is written to a hosts file: mounted over ``/etc/hosts`` where
mount namespaces work, else used to rewrite names in its environment and arguments.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from arena_local.kubelet.network import Network
from arena_local.kubelet.services import first_free_port, leads_elsewhere, selected
from arena_local.sdk.bundle import Api, Obj

DOMAIN = "cluster.local"
_TOKEN = re.compile(r"(?<![\w.-])([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.?)(?![\w.-])")


class Addresses:
    """Hands out addresses of the cluster's network; one pod keeps its address for life."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._by_uid: dict[str, str] = {}
        self._taken: set[str] = set()
        self._next = 1

    def of(self, uid: str, known: str = "") -> str:
        """Return the pod's address; ``known`` is one it had before a restart of the daemon."""
        if sys.platform != "linux":
            return "127.0.0.1"
        if uid not in self._by_uid:
            address = known if known.startswith("127.") and known not in self._taken else self._free()
            self._by_uid[uid] = address
            self._taken.add(address)
        return self._by_uid[uid]

    def release(self, uid: str) -> None:
        """Take an address back."""
        self._taken.discard(self._by_uid.pop(uid, ""))

    def _free(self) -> str:
        while True:
            address = self.network.pod(self._next)
            self._next += 1
            if address not in self._taken:
                return address


#: Name → addresses.
Table = Mapping[str, list[str]]


class Names:
    """Which names mean which addresses, for the pods of one namespace."""

    def __init__(self, api: Api, addresses: Addresses) -> None:
        self._api = api
        self._known = addresses
        self._first = first_free_port()

    def _ip(self, pod: Obj, *, assume: bool) -> str:
        """Return the pod's address; with ``assume`` that which it will have once it starts."""
        status = pod.get("status") or {}
        if status.get("podIP") or not assume:
            return str(status.get("podIP") or "")
        living = status.get("phase") not in ("Succeeded", "Failed") and not pod["metadata"].get("deletionTimestamp")
        return self._known.of(pod["metadata"]["uid"]) if living else ""

    def table(self, namespace: str, *, assume: bool = False) -> dict[str, list[str]]:
        """Return name → addresses as seen from ``namespace``.

        A Service resolves to its ready pods, as DNS says of a headless one; to its own address where its ports lead to others.
        With ``assume`` also to pods that are not ready yet, and
        to an address of its own where it has none: what is rewritten into an environment cannot change later.
        """
        result: dict[str, list[str]] = {"kubernetes.default.svc": ["127.0.0.1"], f"kubernetes.default.svc.{DOMAIN}": ["127.0.0.1"]}
        behind = _Behind((pod, self._ip(pod, assume=assume)) for pod in self._api.list("pods"))
        for service in self._api.list("services"):
            meta, spec = service["metadata"], service["spec"]
            anyway = assume or bool(spec.get("publishNotReadyAddresses"))
            if leads_elsewhere(service, partial(selected, self._api, service), self._first):
                _add(result, meta["name"], meta["namespace"], namespace, [spec["clusterIP"]])
                continue
            found = behind.selected(meta["namespace"], spec.get("selector") or {}, anyway=anyway)
            if not found and assume:
                found = [self._known.network.service(meta["namespace"], meta["name"])]
            _add(result, meta["name"], meta["namespace"], namespace, found)
            for host, address in behind.hosts(meta["namespace"], meta["name"], anyway=anyway):
                _add(result, f"{host}.{meta['name']}", meta["namespace"], namespace, [address])
        return result


class _Behind:
    """The pods that have an address, with it, found by label and by subdomain."""

    def __init__(self, pods: Iterable[tuple[Obj, str]]) -> None:
        self._by_label: dict[tuple[str, str, str], list[tuple[Obj, str]]] = {}
        self._by_subdomain: dict[tuple[str, str], list[tuple[Obj, str]]] = {}
        for pod, address in pods:
            status, meta, spec = pod.get("status") or {}, pod["metadata"], pod["spec"]
            if not address or status.get("phase") in ("Succeeded", "Failed"):
                continue
            for key, value in (meta.get("labels") or {}).items():
                self._by_label.setdefault((meta["namespace"], key, value), []).append((pod, address))
            if spec.get("hostname") and spec.get("subdomain"):
                self._by_subdomain.setdefault((meta["namespace"], spec["subdomain"]), []).append((pod, address))

    def selected(self, namespace: str, selector: Mapping[str, str], *, anyway: bool) -> list[str]:
        """Return the addresses of the pods that a selector means and that are ready (or ``anyway``)."""
        if not selector:
            return []
        buckets = [self._by_label.get((namespace, k, v), []) for k, v in selector.items()]
        wanted = selector.items()
        fitting = [(pod, ip) for pod, ip in min(buckets, key=len) if wanted <= pod["metadata"]["labels"].items()]
        return [ip for pod, ip in fitting if anyway or is_ready(pod)]

    def hosts(self, namespace: str, subdomain: str, *, anyway: bool) -> list[tuple[str, str]]:
        """Return (hostname, address) of the pods of a subdomain."""
        pods = self._by_subdomain.get((namespace, subdomain), [])
        return [(pod["spec"]["hostname"], ip) for pod, ip in pods if anyway or is_ready(pod)]


def pods_behind(api: Api, service: Obj) -> list[Obj]:
    """Return the pods to which a Service leads now."""
    meta, spec = service["metadata"], service["spec"]
    anyway = bool(spec.get("publishNotReadyAddresses"))
    pods = api.list("pods", meta["namespace"], spec.get("selector") or {})
    living = (p for p in pods if (p.get("status") or {}).get("podIP") and p["status"].get("phase") not in ("Succeeded", "Failed"))
    return [pod for pod in living if anyway or is_ready(pod)]


def is_ready(pod: Obj) -> bool:
    """Whether the pod's Ready condition is True."""
    return any(c["type"] == "Ready" and c.get("status") == "True" for c in (pod.get("status") or {}).get("conditions") or ())


def _add(table: dict[str, list[str]], name: str, home: str, seen_from: str, addresses: list[str]) -> None:
    if not addresses:
        return
    if home == seen_from:
        table[name] = addresses
    for tail in (home, f"{home}.svc", f"{home}.svc.{DOMAIN}", f"{home}.svc.{DOMAIN}."):
        table[f"{name}.{tail}"] = addresses


def searches_of(pod: Obj) -> tuple[str, ...]:
    """Return the domains that a pod looks names up in, besides those that all pods do."""
    return tuple(f".{domain}" for domain in (pod["spec"].get("dnsConfig") or {}).get("searches") or ())


def lines_of(table: Table, searches: tuple[str, ...] = ()) -> list[str]:
    """Return the lines of a hosts file for all names of a table, and for what is left of them within the domains."""
    by_address: dict[str, list[str]] = {}
    for name, addresses in table.items():
        short = [name.removesuffix(domain) for domain in searches if name.endswith(domain)]
        for one in addresses:
            by_address.setdefault(one, []).extend([name, *short])
    return [f"{one}\t{' '.join(found)}" for one, found in by_address.items()]


def hosts_text(lines: Iterable[str], pod: Obj, address: str) -> str:
    """Return the hosts file of a pod: its own names, then the lines of what it can look up."""
    spec, meta = pod["spec"], pod["metadata"]
    host = host_name(pod)
    names = [host]
    if spec.get("subdomain"):
        whole = f"{host}.{spec['subdomain']}.{meta['namespace']}.svc.{DOMAIN}"
        names = [whole, *names, f"{whole}."]
        names.append(f"{host}.{spec['subdomain']}")  # a master binds to its own name before its Service knows the address
    own = ["# Kubernetes-managed hosts file (local cluster).", "127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback"]
    own.append(f"{address}\t{' '.join(names)}")
    own += [f"{alias['ip']}\t{' '.join(alias.get('hostnames') or ())}" for alias in spec.get("hostAliases") or ()]
    return "\n".join([*own, *lines]) + "\n"


def host_name(pod: Obj) -> str:
    """Return the host name that the pod sees: of its spec, or its name cut to what a host name may hold."""
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"][:63].rstrip("-."))


def write_in_place(path: Path, text: str) -> None:
    """Rewrite a file without a new inode: it is mounted into running containers."""
    data = text.encode()
    try:
        if path.read_bytes() == data:
            return
    except FileNotFoundError:
        pass  # the folder is the pod's: where that is gone, nothing is made anew
    with path.open("r+b" if path.exists() else "wb") as out:
        out.write(data)
        out.truncate()
    path.chmod(0o644)


def rewrite(text: str, table: Mapping[str, list[str]]) -> str:
    """Replace names by addresses where the whole text is a name, ``name:port``, a list of those, or a name with ``.svc`` in it."""
    if text in table:
        return table[text][0]
    host, colon, port = text.partition(":")
    if colon and port.isdigit() and host in table:
        return f"{table[host][0]}:{port}"
    if "," in text and all(part.partition(":")[0] in table for part in text.split(",")):
        return ",".join(rewrite(part, table) for part in text.split(","))
    if ".svc" not in text and '"' not in text:
        return text

    def one(match: re.Match[str]) -> str:
        name = match[1]
        quoted = text[match.start() - 1 : match.start()] == '"'
        return table[name][0] if name in table and (".svc" in name or quoted) else name

    return _TOKEN.sub(one, text)
