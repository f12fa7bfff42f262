"""The pods of two clusters on one machine have different addresses."""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import pytest

from arena_local.kubelet.names import Addresses
from arena_local.kubelet.network import Network

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has more than one loopback address")


def test_a_cluster_has_its_network_again_after_a_restart(tmp_path: Path) -> None:
    first = Network(str(tmp_path))
    first.release()
    again = Network(str(tmp_path))
    assert again.number == first.number
    again.release()


def test_no_two_clusters_have_one_network_at_a_time(tmp_path: Path) -> None:
    networks = [Network(str(tmp_path)) for _ in range(5)]
    assert len({network.number for network in networks}) == 5
    for network in networks:
        network.release()


def test_addresses_are_in_the_network_and_never_a_services(tmp_path: Path) -> None:
    network = Network(str(tmp_path))
    pool = Addresses(network)
    found = {pool.of(str(i)) for i in range(2000)}
    services = {network.service("ns", f"s{i}") for i in range(2000)}
    space = ipaddress.ip_network(network.cidr)
    assert len(found) == 2000 and not found & services
    assert all(ipaddress.ip_address(one) in space for one in found | services)
    network.release()
