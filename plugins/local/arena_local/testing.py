"""A local cluster for tests: its own state folder, a free port, and nothing left behind.

As a pytest fixture: ``from arena_local.testing import local_cluster`` in a ``conftest.py`` (session-scoped). As a context manager:
``with LocalCluster.start() as cluster: ...``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.forking import Forker
from arena_local.daemon.owner import TEMPORARY
from arena_local.daemon.state import CONTEXT, State
from arena_local.sdk.bundle import Bundle

if TYPE_CHECKING:
    from arena_local.server.server import ApiServer

#: Daemons of tests are forked: an interpreter that imports all anew takes most of a second.
FORKER = Forker()


@dataclass
class LocalCluster:
    """A running daemon and the shortest way to talk to it."""

    state: State
    server: str
    context: str = CONTEXT
    _namespaces: int = field(default=0, repr=False)

    @classmethod
    @contextlib.contextmanager
    def start(cls, options: Options | None = None, folder: Path | None = None) -> Iterator[LocalCluster]:
        """Start a daemon with a temporary state folder (or ``folder``); everything is gone afterwards, also where this process is killed.

        The folder is not below pytest's own: a path of a UNIX socket holds 108 bytes only.
        """
        own = folder is None
        base = folder or Path(tempfile.mkdtemp(prefix="arena-test-"))
        state = State(base / "local" if own else base)
        if own:
            (base / TEMPORARY).touch()
        state.save_options(options or Options())
        try:
            yield cls.at(state)
        finally:
            control.stop(state)
            if own:
                shutil.rmtree(base, ignore_errors=True)

    @classmethod
    def at(cls, state: State) -> LocalCluster:
        """Start (or find) the daemon of a state folder; one that is started ends with this process at the latest."""
        daemon, _ = control.start(state, by=FORKER.spawn)
        return cls(state, f"http://127.0.0.1:{daemon.port}/{state.token()}")

    @property
    def kubeconfig(self) -> Path:
        """The path of the kubeconfig."""
        return self.state.kubeconfig

    @property
    def pid(self) -> int:
        """The daemon's process."""
        daemon = self.state.daemon()
        assert daemon is not None
        return daemon.pid

    def kill(self) -> None:
        """Kill the daemon as a crash would (pods go on)."""
        daemon = self.state.daemon()
        assert daemon is not None
        os.kill(daemon.pid, signal.SIGKILL)
        self.until(lambda: not daemon.alive, what="the end of the killed daemon")

    def restart(self) -> LocalCluster:
        """Start the daemon again on the same state."""
        return LocalCluster.at(self.state)

    def environment(self) -> dict[str, str]:
        """Return what a subprocess needs to work against this cluster: ``KUBECONFIG`` and a home of its own."""
        return os.environ | {"KUBECONFIG": str(self.kubeconfig), "ARENA_HOME": str(self.state.folder.parent)}

    def request(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> tuple[int, Any]:
        """Send one request; returns the code and the decoded answer (text where it is no JSON)."""
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(self.server + path, data, {"Content-Type": content_type}, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.status, _decoded(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _decoded(error.read())

    def advance(self, seconds: float) -> str:
        """Move the cluster's clock (started with ``Options(movable_clock=True)``), from wait to wait; returns the time that it is then."""
        code, answer = self.request("POST", f"/arena/v1/clock?seconds={seconds}")
        assert code == 200, answer
        return str(answer["now"])

    def namespace(self, prefix: str = "test") -> str:
        """Make a fresh namespace and return its name."""
        self._namespaces += 1
        name = f"{prefix}-{os.getpid()}-{self._namespaces}"
        self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        return name

    def create(self, obj: Mapping[str, Any]) -> Any:
        """Create an object of a built-in or installed kind; fails the test where the server refuses."""
        code, answer = self.request("POST", self.path(obj), obj)
        assert code in (200, 201), answer
        return answer

    def path(self, obj: Mapping[str, Any]) -> str:
        """Return the collection's path for an object (plural by Kubernetes' habit)."""
        version, kind = obj["apiVersion"], obj["kind"].lower()
        plural = kind[:-1] + "ies" if kind.endswith("y") else kind + ("es" if kind.endswith(("s", "x")) else "s")
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        namespace = obj["metadata"].get("namespace")
        return f"{root}/namespaces/{namespace}/{plural}" if namespace else f"{root}/{plural}"

    def pod(self, namespace: str, name: str) -> Any:
        """Return a pod, or None."""
        code, answer = self.request("GET", f"/api/v1/namespaces/{namespace}/pods/{name}")
        return answer if code == 200 else None

    def logs(self, namespace: str, name: str, query: str = "") -> str:
        """Return a pod's log."""
        code, answer = self.request("GET", f"/api/v1/namespaces/{namespace}/pods/{name}/log{query}")
        assert code == 200, answer
        return answer if isinstance(answer, str) else json.dumps(answer)

    def until(self, check: Callable[[], Any], timeout: float = 15.0, what: str = "") -> Any:
        """Wait until ``check`` returns something true and return that."""
        end = time.monotonic() + timeout
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"timed out after {timeout:g} s waiting for {what or check}")
            time.sleep(0.03)

    def wait_phase(self, namespace: str, name: str, *phases: str, timeout: float = 15.0) -> Any:
        """Wait until a pod is in one of the phases; returns the pod."""

        def there() -> Any:
            pod = self.pod(namespace, name)
            return pod if pod and pod["status"].get("phase") in phases else None

        try:
            return self.until(there, timeout)
        except AssertionError:
            status = (self.pod(namespace, name) or {"status": "the pod is gone"})["status"]
            raise AssertionError(f"pod {name} is not {' or '.join(phases)} after {timeout:g} s: {json.dumps(status)}") from None


def _decoded(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="replace")


def make_pod(namespace: str, name: str, command: list[str] | str, **spec: Any) -> dict[str, Any]:
    """Return a pod with one container; text is run by ``sh -c``; further words go into the pod's spec."""
    argv = ["sh", "-c", command] if isinstance(command, str) else command
    container = {"name": "c", "image": "local", "command": argv, **spec.pop("container", {})}
    body = {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [container], **spec}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": body}


#: Servers for their bundles (by identity, so they are kept, too), and whether there are queues.
_SERVERS: dict[tuple[object, ...], tuple[tuple[Bundle, ...], ApiServer]] = {}


def api_server(bundles: Sequence[Bundle] = (), options: Options | None = None, *, queues: bool = False) -> ApiServer:
    """Return an API server in memory, without HTTP and controllers, that serves the kinds of bundles; with ``queues`` Kueue's, too.

    Kinds are installed once for the same bundles: each server is the twin of one that nobody changes. ``bundles`` of it are all it serves.
    """
    from arena_local import kueue
    from arena_local.server.server import ApiServer
    from arena_local.store import Store

    key = (*map(id, bundles), queues)
    if key not in _SERVERS:
        whole = (*bundles, kueue.bundle(tuple(bundles))) if queues else tuple(bundles)
        _SERVERS[key] = tuple(bundles), ApiServer(Store(None), whole)
    return _SERVERS[key][1].twin(options or Options())


@pytest.fixture(scope="session")
def local_cluster() -> Iterator[LocalCluster]:
    """A cluster of one node with 8 pretended GPUs, and a clock that ``advance`` moves, for the whole session of a worker."""
    with LocalCluster.start(Options(resources={"nvidia.com/gpu": "8"}, movable_clock=True)) as cluster:
        yield cluster
