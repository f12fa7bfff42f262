"""What the kit calls impure is found whatever way it is asked, and what only computes is let pass."""

from __future__ import annotations

import base64
import copy
import datetime as dt
import getpass
import hashlib
import json
import logging
import os
import os.path
import posixpath
import random
import re
import secrets
import shlex
import socket
import string
import subprocess
import tempfile
import time
import uuid
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from arena_core.testing.kit.purity import nothing_asked

HERE = Path(__file__)
RANDOM = random.Random(1)
IMPURE: dict[str, Any] = {
    "time": lambda: time.time(),
    "time_ns": lambda: time.time_ns(),
    "monotonic": lambda: time.monotonic(),
    "localtime": lambda: time.localtime(),
    "ctime": lambda: time.ctime(),
    "now": lambda: dt.datetime.now(),
    "now in UTC": lambda: dt.datetime.now(dt.UTC),
    "today": lambda: dt.date.today(),
    "open": lambda: open(HERE).close(),
    "read_text": lambda: HERE.read_text(),
    "exists": lambda: HERE.exists(),
    "listdir": lambda: os.listdir("."),  # noqa: PTH208
    "cwd": lambda: Path.cwd(),
    "absolute": lambda: Path("x").absolute(),
    "home": lambda: Path.home(),
    "environ": lambda: os.environ["PATH"],
    "environ.get": lambda: os.environ.get("NO_SUCH"),
    "getenv": lambda: os.getenv("NO_SUCH"),
    "in environ": lambda: "NO_SUCH" in os.environ,
    "all of environ": lambda: dict(os.environ),
    "expandvars": lambda: os.path.expandvars("$PATH"),
    "expanduser": lambda: Path("~/x").expanduser(),
    "getpid": lambda: os.getpid(),
    "user": lambda: getpass.getuser(),
    "hostname": lambda: socket.gethostname(),
    "resolve": lambda: socket.getaddrinfo("127.0.0.1", 1),
    "socket": lambda: socket.socket().close(),
    "subprocess": lambda: subprocess.run(["true"], check=True),
    "tempfile": lambda: tempfile.mkdtemp(),
    "random": lambda: random.random(),
    "choice": lambda: random.choice("abc"),
    "own random": lambda: RANDOM.randint(1, 9),
    "urandom": lambda: os.urandom(2),
    "secrets": lambda: secrets.token_hex(2),
    "uuid4": lambda: uuid.uuid4(),
    "uuid1": lambda: uuid.uuid1(),
}
PURE: dict[str, Any] = {
    "json": lambda: json.loads(json.dumps({"a": [1, 2.5]})),
    "copies": lambda: copy.deepcopy({"a": [{}]}),
    "patterns": lambda: re.sub("a+", "b", "caat"),
    "hashes": lambda: hashlib.sha256(b"x").hexdigest(),
    "names of hashes": lambda: uuid.uuid5(uuid.NAMESPACE_DNS, "x"),
    "base64": lambda: base64.b64encode(b"x"),
    "given times": lambda: dt.datetime.fromisoformat("2026-01-01T00:00:00+00:00") + dt.timedelta(seconds=1),
    "a given moment": lambda: time.gmtime(0),
    "its text": lambda: time.strftime("%Y", time.gmtime(0)),
    "paths": lambda: PurePosixPath("/a") / "b" / ".." / "c",
    "joined": lambda: posixpath.normpath(os.path.join("/a", "../b")),  # noqa: PTH118
    "words": lambda: shlex.split("a 'b c'"),
    "templates": lambda: string.Template("$a").substitute(a="b"),
    "logging": lambda: logging.getLogger("tests.kit").warning("something"),
    "imports that are there": lambda: __import__("json"),
}


@pytest.mark.parametrize("name", IMPURE)
def test_it_is_found(name: str) -> None:
    IMPURE[name]()  # what it imports is there now
    with nothing_asked() as asked:
        IMPURE[name]()
    assert asked, name


@pytest.mark.parametrize("name", PURE)
def test_it_passes(name: str) -> None:
    PURE[name]()
    with nothing_asked() as asked:
        PURE[name]()
    assert not asked, (name, asked)
