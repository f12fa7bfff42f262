"""``ssh`` as mpirun needs it: runs a command in the pod of a worker, through the API of the local cluster that runs the launcher.

Called as ``ssh [options] HOST COMMAND...``. A host that is no pod of an MPIJob is left to the machine's own ssh.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Options of ssh that take a value as the next word.
_VALUED = frozenset("BbcDEeFIiJLlmOopQRSWw")
_SELECTOR = "training.kubeflow.org/operator-name=mpi-operator"
#: Runs the command in a session of its own. Where the launcher goes without a word, an exec is killed with its group at once; MPI's
#: daemon then lives long enough to notice, and takes its processes with it, as it does behind a real ssh.
REMOTE = 'command -v setsid >/dev/null || exec sh -c "$1"; setsid sh -c "$1" & wait $!'
#: ssh's own exit code for its own failures.
FAILED = 255


@dataclass(frozen=True)
class Call:
    """One command line: where to, what to run there, and how often to try."""

    host: str
    command: str
    attempts: int = 1


def read(argv: Sequence[str]) -> Call:
    """Read a command line of ssh; of its options only ConnectionAttempts counts here."""
    words, attempts = list(argv), 1
    while words and words[0].startswith("-"):
        word = words.pop(0)
        value = word[2:]
        if word[1:2] in _VALUED and not value and words:
            value = words.pop(0)
        name, _, number = value.replace("=", " ").partition(" ")
        if word[1:2] == "o" and name.lower() == "connectionattempts" and number.strip().isdigit():
            attempts = max(int(number), 1)
    host = words.pop(0) if words else ""
    return Call(host.rpartition("@")[2], " ".join(words), attempts)


def find(pods: Sequence[Any], host: str) -> Any:
    """Return the pod that a name means: ``j-worker-0``, ``j-worker-0.j``, ``j-worker-0.j.NS.svc``; or None."""
    name, _, rest = host.partition(".")
    domain = rest.partition(".")[0]
    for pod in pods:
        spec = pod.get("spec") or {}
        if spec.get("hostname") == name and domain in ("", spec.get("subdomain")) and not pod["metadata"].get("deletionTimestamp"):
            return pod
    return None


class Cluster:
    """The way into the cluster that a pod finds in its kubeconfig."""

    def __init__(self, kubeconfig: str) -> None:
        config = json.loads(kubeconfig)
        context = config["contexts"][0]["context"]
        self.server = str(config["clusters"][0]["cluster"]["server"]).rstrip("/")
        self.namespace = str(context.get("namespace") or "default")

    def pods(self) -> list[Any]:
        """Return the pods of all MPIJobs in the namespace."""
        path = f"/api/v1/namespaces/{self.namespace}/pods?{urllib.parse.urlencode({'labelSelector': _SELECTOR})}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.server + path, timeout=30) as answer:
            found: list[Any] = json.load(answer)["items"]
            return found

    def run(self, pod: Any, command: str) -> int:
        """Run a command in a pod's first container, with its output on ours; return its exit code."""
        import websocket

        words = [("command", word) for word in ("sh", "-c", REMOTE, "sh", command)]
        query = urllib.parse.urlencode([*words, ("container", pod["spec"]["containers"][0]["name"]), ("stdout", "1"), ("stderr", "1")])
        path = f"/api/v1/namespaces/{self.namespace}/pods/{pod['metadata']['name']}/exec?{query}"
        url = self.server.replace("http", "ws", 1) + path
        options: dict[str, Any] = {"subprotocols": ["v4.channel.k8s.io"], "suppress_origin": True, "http_no_proxy": ["*"]}
        session = websocket.create_connection(url, **options)
        status: dict[str, Any] = {}
        while True:
            try:
                data = session.recv()
            except websocket.WebSocketConnectionClosedException:
                break
            if not data:
                break
            frame = data if isinstance(data, bytes) else data.encode()
            if frame[0] in (1, 2):
                os.write(frame[0], frame[1:])
            elif frame[0] == 3:
                status = json.loads(frame[1:])
        return exit_code(status)


def exit_code(status: Any) -> int:
    """Return the exit code that the last frame of an exec tells; ssh's own where it tells none."""
    if status.get("status") == "Success":
        return 0
    for cause in (status.get("details") or {}).get("causes") or ():
        if cause.get("reason") == "ExitCode" and str(cause.get("message", "")).isdigit():
            return int(cause["message"])
    return FAILED


def the_machines_own() -> str:
    """Return the path of the machine's ssh, or nothing."""
    here = os.path.dirname(os.environ.get("ARENA_SSH_ITSELF", ""))  # noqa: PTH120 - a PATH holds texts
    others = [folder for folder in os.environ.get("PATH", os.defpath).split(":") if folder != here]
    return shutil.which("ssh", path=":".join(others)) or ""


def fail(text: str) -> int:
    """Say what is wrong, as ssh does."""
    print(f"ssh: {text}", file=sys.stderr)  # noqa: T201 - a program of its own
    return FAILED


def main(argv: Sequence[str]) -> int:
    """Run the command in the pod, or hand over to the machine's own ssh."""
    call = read(argv)
    path = os.environ.get("KUBECONFIG", "")
    try:
        with open(path, encoding="utf-8") as file:
            cluster = Cluster(file.read())
    except (OSError, ValueError, KeyError):
        return fail("this pod has no way into the local cluster (automountServiceAccountToken: false?), so no worker can be reached")
    pod = None
    for attempt in range(call.attempts):
        if attempt:
            time.sleep(1)
        try:
            pod = find(cluster.pods(), call.host)
        except (urllib.error.URLError, OSError) as error:
            return fail(f"the local cluster does not answer: {error}")
        if pod is None and (own := the_machines_own()) and not call.host.endswith(f".{cluster.namespace}.svc"):
            os.execv(own, [own, *argv])  # noqa: S606 - what the caller wanted
        if pod is not None and (pod.get("status") or {}).get("phase") == "Running":
            return cluster.run(pod, call.command) if call.command else fail("a command is needed: there is no shell to log into")
    if pod is None:
        return fail(f"Could not resolve hostname {call.host}: no such pod")
    return fail(f"connect to host {call.host} port 22: Connection refused (the pod is {(pod.get('status') or {}).get('phase', 'new')})")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
