"""Exec plugins: the user's own program gives the credentials. Run as kubectl runs it: in the user's directory, with his stderr.

What the program prints to stdout is a secret: no message quotes it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import Any

from arena_core.contract.errors import ClusterUnreachable
from arena_core.k8s import time
from arena_core.kube.endpoint import Credentials
from arena_core.kube.kubefile import Entry
from arena_core.kube.secrets import header_value, pem

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
MODES = ("Never", "IfAvailable", "Always")
MAX_OUTPUT = 1 << 22


class Plugin:
    """What a kubeconfig says of a plugin, checked before it is run."""

    def __init__(self, spec: Entry, cluster: Entry, whose: str) -> None:
        self._spec = spec
        self._cluster = cluster
        self._whose = whose
        self._command: str = spec.get("command") or ""
        self._version: str = spec.get("apiVersion") or ""
        mode = spec.get("interactiveMode") or ("" if self._version == VERSIONS[0] else "IfAvailable")
        if not self._command:
            raise self._misconfigured("has no command")
        if self._version not in VERSIONS:
            raise self._misconfigured(f"needs an apiVersion, one of {', '.join(VERSIONS)}")
        if mode not in MODES:
            raise self._misconfigured(f"needs an interactiveMode, one of {', '.join(MODES)}")
        if not all(one.get("name") for one in spec.get("env") or ()):
            raise self._misconfigured("has an entry of env without a name")
        self._mode = mode

    def obtain(self) -> Credentials:
        """Run the plugin and return what it gave."""
        return self._read(self._run())

    def _run(self) -> bytes:
        terminal = _stdin_is_terminal()
        if self._mode == "Always" and not terminal:
            raise ClusterUnreachable(
                f"{self._name} of {self._whose} must be able to ask you (interactiveMode: Always), but standard input is not a terminal",
                "run the command in a terminal",
            )
        interactive = terminal and self._mode != "Never"
        env = {**os.environ, **{one["name"]: one.get("value") or "" for one in self._spec.get("env") or ()}}
        env["KUBERNETES_EXEC_INFO"] = json.dumps(self._info(interactive=interactive))
        words = [self._command, *(self._spec.get("args") or ())]
        try:
            with subprocess.Popen(words, stdin=None if interactive else subprocess.DEVNULL, stdout=subprocess.PIPE, env=env) as process:
                assert process.stdout is not None
                output = process.stdout.read(MAX_OUTPUT + 1)
                if len(output) > MAX_OUTPUT:
                    process.kill()
                    raise self._failed("prints without end")
        except FileNotFoundError:
            raise self._failed("is not installed: there is no such program") from None
        except (OSError, ValueError) as error:
            raise self._failed(f"cannot be run: {getattr(error, 'strerror', None) or 'a word of its command cannot be used'}") from None
        if process.returncode:
            how = f"failed with exit code {process.returncode}" if process.returncode > 0 else f"was killed by signal {-process.returncode}"
            raise self._failed(how)
        return output

    def _info(self, *, interactive: bool) -> dict[str, Any]:
        spec: dict[str, Any] = {"interactive": interactive}
        if self._spec.get("provideClusterInfo"):
            spec["cluster"] = _cluster_info(self._cluster, self._whose)
        return {"kind": "ExecCredential", "apiVersion": self._version, "spec": spec}

    def _read(self, output: bytes) -> Credentials:
        try:
            data = json.loads(output)
        except (ValueError, RecursionError):
            raise self._failed("printed something that is not JSON") from None
        if not isinstance(data, dict) or data.get("kind") != "ExecCredential":
            raise self._failed("printed something that is not an ExecCredential")
        if data.get("apiVersion") != self._version:
            raise self._failed(f"answered in another version than {self._version}, which the kubeconfig asks for")
        status = data.get("status")
        if not isinstance(status, dict):
            raise self._failed("gave no credentials: its answer has no status")
        texts = [status.get(key) or "" for key in ("token", "clientCertificateData", "clientKeyData")]
        if not all(isinstance(text, str) for text in texts):
            raise self._failed("gave credentials of a wrong type")
        token, cert, key = texts
        if bool(cert) != bool(key):
            raise self._failed("gave a certificate or a key, but not both")
        if not token and not cert:
            raise self._failed("gave no credentials: neither a token nor a certificate")
        header_value(token, f"the token that {self._name} gave", self._hint())
        return Credentials(
            token=token, cert=cert.encode(), key=key.encode(), whose=self._whose, expires=self._expiry(status.get("expirationTimestamp"))
        )

    def _expiry(self, stamp: Any) -> float:
        if not stamp:
            return 0.0
        found = time.parse(stamp)
        if found is None:
            raise self._failed("gave an expirationTimestamp that is not a time")
        return max(1.0, found.timestamp())

    @property
    def _name(self) -> str:
        return f"exec plugin {self._command}"

    def _misconfigured(self, what: str) -> ClusterUnreachable:
        return ClusterUnreachable(f"the exec plugin of {self._whose} {what}", "correct the file")

    def _failed(self, what: str) -> ClusterUnreachable:
        return ClusterUnreachable(f"{self._name} of {self._whose} {what}", self._hint())

    def _hint(self) -> str:
        told = (self._spec.get("installHint") or "").strip()
        return told or "it gives the credentials for this cluster: install it, log in with it, or run it by hand to see why"


def _cluster_info(cluster: Entry, whose: str) -> dict[str, Any]:
    """Return what a plugin with ``provideClusterInfo`` is told of its cluster."""
    ca = pem(cluster, "certificate-authority", whose)
    config = next(
        (e.get("extension") for e in cluster.get("extensions") or () if e.get("name") == f"{GROUP}/exec" and e.get("extension")), None
    )
    info = {
        "server": cluster.get("server"),
        "tls-server-name": cluster.get("tls-server-name"),
        "insecure-skip-tls-verify": cluster.get("insecure-skip-tls-verify"),
        "certificate-authority-data": base64.b64encode(ca).decode(),
        "proxy-url": cluster.get("proxy-url"),
        "disable-compression": cluster.get("disable-compression"),
    }
    return {**{key: value for key, value in info.items() if value}, "config": config}


def _stdin_is_terminal() -> bool:
    try:
        return sys.stdin is not None and sys.stdin.isatty()
    except ValueError:
        return False  # it has been closed
