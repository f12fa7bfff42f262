"""How the types of servers differ in what they are called, and in what their container runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.records import field, record

#: Arena's names of the ports of a Service, by those of the container's.
SERVICE_PORTS: Mapping[str, str] = {
    "grpc": "grpc-serving",
    "serving": "grpc-serving",
    "restful": "http-serving",
    "http": "http-serving",
    "http1": "http-serving",
    "http-serving": "http-serving",
    "metrics": "http-metrics",
}


@record
class Form:
    """A type of server: ``kind`` is Arena's name of it, ``app`` that of its chart, which its objects carry.

    ``own_service`` says that the Service is called as the workload is, not by name and version alone.
    """

    kind: str
    app: str
    container: str
    chart: str
    own_service: bool = False

    def workload(self, release: str) -> str:
        """Return the name of the Deployment or whatever else runs the server."""
        return f"{release}-{self.app}"

    def service(self, release: str) -> str:
        """Return the name of the Service in front of it."""
        return self.workload(release) if self.own_service else release


@record
class Start:
    """What the container runs where the user gives no command; both empty: what its image runs."""

    command: Sequence[str] = ()
    args: Sequence[str] = ()
    ports: Sequence[tuple[str, int]] = field(default_factory=tuple)
