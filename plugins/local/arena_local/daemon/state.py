"""The state folder of a local cluster: who may read it, what lies where, and whether a daemon is at work."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from arena_local.access import CONTEXT, MARKER, Access
from arena_local.context import Options
from arena_local.daemon.found import Daemon, announced
from arena_local.files import read_json
from arena_local.kubelet.shim.identity import start_ticks
from arena_local.options import BadOption
from arena_local.options import read as read_options

#: A pod may not see the processes of the machine, and ends nothing that it runs in.
INSIDE_A_POD = MARKER in os.environ
#: Seconds until the threads of a daemon that was killed have let go of its lock.
LETTING_GO = 5.0
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,}")


def default_state() -> Path:
    """Return the state folder: ``$ARENA_HOME/local``, ``~/.arena/local`` by default."""
    home = os.environ.get("ARENA_HOME") or "~/.arena"
    try:
        return Path(home).expanduser() / "local"
    except RuntimeError:
        raise Unusable(f"{home}: there is no such home folder") from None


class Unusable(Exception):
    """The state folder cannot be made or written; the text says why."""


class State:
    """Paths and small files below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().absolute()
        self.database = self.folder / "state.db"
        self.log = self.folder / "daemon.log"
        self.kubeconfig = self.folder / "kubeconfig"
        self._ready = self.folder / "daemon.json"
        self._options = self.folder / "options.json"
        self._token = self.folder / "token"
        self._problems = self.folder / "problems.json"
        #: Beside the folder: whoever removes that holds the lock all the same.
        self._locks = self.folder.parent

    def prepare(self) -> None:
        """Make the folder, readable by its owner alone."""
        with _usable(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
        if not os.access(self.folder, os.W_OK | os.X_OK):
            raise Unusable(f"{self.folder} cannot be written")

    def private(self, name: str) -> BinaryIO:
        """Open a file of the folder, emptied, that nobody else may read."""
        with _usable(self.folder / name):
            fd = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            os.fchmod(fd, 0o600)
            return os.fdopen(fd, "wb")

    def secure_database(self) -> None:
        """See to it that the database is its owner's alone; SQLite gives its other files the same mode."""
        log = self.database.with_name(f"{self.database.name}-wal")
        if self.database.exists() and not self.database.stat().st_size and self.last_port() and not log.exists():
            raise Unusable(f"the database {self.database} is empty: what it held is lost")
        fd = os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.fchmod(fd, 0o600)
        os.close(fd)

    @contextlib.contextmanager
    def serving(self) -> Iterator[bool]:
        """Be the only daemon of this folder; yields whether there is no other. One that was just killed may take a moment to let go."""
        self.prepare()
        until = time.monotonic() + LETTING_GO
        while True:
            with _locked(self.folder / "daemon.lock", wait=False) as mine:
                if mine or self.daemon() is not None or time.monotonic() > until:
                    yield mine
                    return
            time.sleep(0.02)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Be the only command that starts, changes, ends or removes this cluster; the others wait."""
        with _usable(self._locks):
            self._locks.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(self._locks / f"{self.folder.name}.lock", wait=True):
            yield

    def identity(self) -> tuple[int, int]:
        """Return what tells this folder and its database from others of that name; zeros where they are gone."""
        try:
            return self.folder.stat().st_ino, self.database.stat().st_ino
        except OSError:
            return 0, 0

    def token(self) -> str:
        """Return the secret of this run of the cluster (after a crash the same one), made on first use."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            found = self._token.read_text().strip()
            if _TOKEN.fullmatch(found):
                return found
        token = secrets.token_urlsafe(24)
        self._write(self._token, token)
        return token

    def options(self) -> Options:
        """Return what the cluster was told to be."""
        try:
            return read_options(read_json(self._options))
        except (BadOption, TypeError) as error:
            raise Unusable(f"{self._options} holds {error}; mend or remove that file") from None

    def save_options(self, options: Options) -> None:
        """Keep the options for the next start."""
        self.prepare()
        self._write(self._options, json.dumps({k: dict(v) if isinstance(v, dict) else v for k, v in asdict(options).items()}, indent=1))

    def problems(self) -> list[str]:
        """Return what the running daemon left out, because it is broken."""
        return [str(text) for text in read_json(self._problems).get("problems") or ()]

    def tell_problems(self, problems: Sequence[str]) -> None:
        """Keep what is left out, for whoever asks."""
        self._write(self._problems, json.dumps({"problems": list(problems)}))

    def last_port(self, kind: str = "port") -> int:
        """Return the port of the last daemon (``tls``: the other one): copies of the kubeconfig stay good across a crash."""
        port = read_json(self.folder / "port.json").get(kind, 0)
        return port if isinstance(port, int) and 0 < port < 65536 else 0

    def daemon(self) -> Daemon | None:
        """Return the daemon that is ready and alive, or None."""
        daemon = announced(str(self._ready))
        return daemon if daemon is not None and (daemon.alive or (INSIDE_A_POD and self._served())) else None

    def _served(self) -> bool:
        """Whether a daemon holds the lock of this folder, also one whose process cannot be seen from here."""
        path = self.folder / "daemon.lock"
        if not path.exists():
            return False
        with _locked(path, wait=False) as free:
            return not free

    @property
    def used(self) -> bool:
        """Whether a cluster was ever started here."""
        return self.database.exists()

    @property
    def crashed(self) -> bool:
        """Whether a daemon was ready and is gone without a farewell."""
        return bool(read_json(self._ready)) and self.daemon() is None

    def announce(self, access: Access) -> None:
        """Write kubeconfig and ready file: whoever waits may come."""
        self._write(self.folder / "port.json", json.dumps({"port": access.port, "tls": access.tls_port}))
        self._write(self.kubeconfig, json.dumps(access.kubeconfig(), indent=1) + "\n")
        self._write(self._ready, json.dumps({"pid": os.getpid(), "start": start_ticks(os.getpid()), "port": access.port}))

    def farewell(self) -> None:
        """Take the ready file away, unless it is another daemon's, and the secret: who listens on the old port then learns nothing."""
        if read_json(self._ready).get("pid") == os.getpid():
            self._token.unlink(missing_ok=True)
            self._ready.unlink(missing_ok=True)

    def kubeconfig_object(self, port: int) -> dict[str, Any]:
        """Return a complete kubeconfig."""
        return Access(self.token(), port).kubeconfig()

    def wipe(self) -> bool:
        """Remove everything (nobody may be at work); returns whether there was something."""
        if not self.folder.exists():
            return False
        with _usable(self.folder):
            shutil.rmtree(self.folder)
        return True

    @staticmethod
    def _write(path: Path, text: str) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        with _usable(path):
            part.unlink(missing_ok=True)
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
                out.write(text)
            part.replace(path)


@contextlib.contextmanager
def _usable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unusable(f"{error.filename or path} cannot be used: {error.strerror}") from None


@contextlib.contextmanager
def _locked(path: Path, *, wait: bool) -> Iterator[bool]:
    with _usable(path):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            yield False
            return
        yield True
    finally:
        os.close(fd)


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody else may read, also where it was there before with other rights."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        os.fchmod(fd, 0o600)
        file.truncate()
        file.write(text)


__all__ = ["CONTEXT", "INSIDE_A_POD", "Daemon", "State", "Unusable", "default_state", "write_private"]
