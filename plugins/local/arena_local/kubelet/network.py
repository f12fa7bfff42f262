"""The part of the loopback network that a cluster's pods have: clusters of one machine have different ones.

Two clusters whose pods had the same addresses could not both listen on a fixed port, such as 6379 of Ray's.
"""

from __future__ import annotations

import socket
import sys
import zlib

#: The second numbers of 127.x.0.0/16 that a cluster may have: none that a machine uses itself (127.0.1.1, 127.0.0.53).
CHOICE = range(64, 254)


class Network:
    """A /16 of the loopback network: the lower half for pods, the upper for Services without pods; held until the daemon ends."""

    def __init__(self, owner: str) -> None:
        """Take the network that goes with ``owner`` (a cluster's folder), so that it is the same after a restart, or the next free one."""
        first = zlib.crc32(owner.encode()) % len(CHOICE)
        order = [CHOICE[(first + i) % len(CHOICE)] for i in range(len(CHOICE))]
        self._held: socket.socket | None = None
        self.number = next((number for number in order if self._hold(number)), order[0])

    def _hold(self, number: int) -> bool:
        """Keep others from the network; the kernel forgets it with us."""
        if not sys.platform.startswith("linux"):
            return True
        mark = socket.socket(socket.AF_UNIX)
        try:
            mark.bind(f"\0arena-local-network-{number}")
        except OSError:
            mark.close()
            return False
        self._held = mark
        return True

    @property
    def cidr(self) -> str:
        """Return the network as a node tells it in ``spec.podCIDR``."""
        return f"127.{self.number}.0.0/16"

    def pod(self, number: int) -> str:
        """Return the address of pod ``number``, which counts from 1 and begins again after 32,257."""
        return self._address(number % (127 * 254))

    def service(self, namespace: str, name: str) -> str:
        """Return the address that stands for a Service as long as no pod is behind it."""
        return self._address(128 * 254 + zlib.crc32(f"{namespace}/{name}".encode()) % (126 * 254))

    def _address(self, number: int) -> str:
        return f"127.{self.number}.{number // 254}.{number % 254 + 1}" if sys.platform.startswith("linux") else "127.0.0.1"

    def release(self) -> None:
        """Give the network back."""
        if self._held is not None:
            self._held.close()
