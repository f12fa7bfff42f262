"""Where an API server is and how to prove who we are; secrets are kept out of every text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.address import Address, is_loopback, parts_of, shown
from arena_core.kube.secrets import read_token
from arena_core.records import field, record


@record(slots=False)
class Credentials:
    """How requests prove who we are. ``cert`` and ``key`` are PEM bytes or paths of files; ``whose`` names the user in messages.

    ``expires`` is when they are to be obtained anew (``time.time()``), or 0.
    """

    token: str = field(default="", repr=False)
    token_file: str = ""
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    cert: bytes | str = field(default="", repr=False)
    key: bytes | str = field(default="", repr=False)
    whose: str = "the user"
    expires: float = 0.0

    def headers(self) -> dict[str, str]:
        """Return the Authorization header, if there is one. A token file is read anew each time: the kubelet rotates it."""
        token = self.token
        if self.token_file:
            try:
                token = read_token(self.token_file, self.whose)
            except ClusterUnreachable:
                if not token:
                    raise
        if token:
            return {"Authorization": f"Bearer {token}"}
        if self.username:
            import base64

            pair = f"{self.username}:{self.password}".encode()
            return {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        return {}


@record(slots=False)
class Endpoint:
    """An API server and how to reach it. ``refresh`` obtains new credentials after a 401 (exec plugins), or is None.

    ``revive`` starts an embedded cluster again that has crashed, and returns whether it did.
    """

    server: str = field(repr=False)
    ca: bytes | str = field(default=b"", repr=False)
    verify: bool = True
    server_name: str = ""
    proxy: str = field(default="", repr=False)
    compress: bool = True
    credentials: Credentials = field(default_factory=Credentials)
    refresh: Callable[[], Credentials] | None = None
    revive: Callable[[], bool] | None = None
    impersonate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The address in its parts."""
        return _known(self.server)[0]

    @property
    def display(self) -> str:
        """The address without its path, user and query: those may hold a secret."""
        return _known(self.server)[1]

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return _known(self.server)[2]

    @property
    def trusted(self) -> bool:
        """Whether credentials may be sent: not in the clear over a network. kubectl keeps them from plain HTTP altogether."""
        return self.loopback or self.server.startswith("https:")


@lru_cache(maxsize=16)
def _known(server: str) -> tuple[Address, str, bool]:
    """Return the address in its parts, what may be shown of it, and whether it is this machine: every request asks several times."""
    parts = parts_of(server)
    return parts, shown(parts), is_loopback(parts.hostname or "")
