"""Where an API server is and how to prove who we are; secrets are kept out of every text."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Credentials:
    """How requests prove who we are. ``cert`` and ``key`` are PEM bytes or paths of files."""

    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    cert: bytes | str = field(default="", repr=False)
    key: bytes | str = field(default="", repr=False)

    def headers(self) -> dict[str, str]:
        """Return the Authorization header, if there is one. A token file is read anew each time: the kubelet rotates it."""
        token = self.token
        if self.token_file:
            try:
                token = Path(self.token_file).read_text(encoding="utf-8").strip() or token
            except OSError:
                token = self.token
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self.username:
            pair = f"{self.username}:{self.password}".encode()
            return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        return {}


@dataclass(frozen=True)
class Endpoint:
    """An API server and how to reach it. ``refresh`` obtains new credentials after a 401 (exec plugins), or is None.

    ``revive`` starts an embedded cluster again that has crashed, and returns whether it did.
    """

    server: str = field(repr=False)
    ca: bytes | str = b""
    verify: bool = True
    server_name: str = ""
    proxy: str = field(default="", repr=False)
    credentials: Credentials = field(default_factory=Credentials)
    refresh: Callable[[], Credentials] | None = None
    revive: Callable[[], bool] | None = None
    impersonate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def display(self) -> str:
        """The address without its path, user and query: those may hold a secret."""
        parts = urlsplit(self.server)
        host = parts.hostname or ""
        host = f"[{host}]" if ":" in host else host
        return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else "")

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.server).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")
