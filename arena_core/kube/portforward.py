"""A connection to a port of a pod, through the API server: Kubernetes' websocket protocol with two channels, data and error."""

from __future__ import annotations

from arena_core.kube.frames import Broken, Frames
from arena_core.kube.streams import V4, upgraded
from arena_core.kube.transport import Transport

DATA, ERROR = 0, 1
#: The first message of each channel repeats the number of the port.
_GREETING = 2


class Tunnel:
    """Bytes to and from one port. One thread may read while another writes; ``trouble`` is what the node said of a failure."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._greeted: set[int] = set()
        self.trouble = ""
        frames.start()

    def read(self) -> bytes:
        """Return the next bytes, none at the end."""
        while True:
            try:
                message = self._frames.read()
            except Broken as error:
                self.trouble = self.trouble or str(error)
                return b""
            if message is None or not message.data:
                return b""
            channel, data = message.data[0], message.data[1:]
            if channel not in self._greeted:
                self._greeted.add(channel)
                data = data[_GREETING:]
            if channel == ERROR and data:
                self.trouble = data.decode("utf-8", "replace").strip()
                return b""
            if channel == DATA and data:
                return data

    def write(self, data: bytes) -> None:
        """Send bytes; raises OSError when the connection is gone."""
        self._frames.write(bytes([DATA]) + data)

    def close(self) -> None:
        """Leave."""
        self._frames.close()


def open_tunnel(transport: Transport, namespace: str, pod: str, port: int) -> Tunnel:
    """Connect to a port of a pod; raises where the API server refuses. That nothing listens there is told by reading."""
    connection, _ = upgraded(transport, namespace, pod, "portforward", {"ports": port}, (V4,), "forward a port of")
    return Tunnel(Frames(connection))
