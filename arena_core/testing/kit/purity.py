"""What a pure function must not ask: the clock, files, the environment, processes, the network, chance."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

#: Functions of ``posix`` that only look at text.
_TEXT = frozenset({"fspath", "fsencode", "fsdecode", "_path_normpath", "_path_splitroot", "_path_splitroot_ex", "strerror"})
_TIME = frozenset({"mktime", "strftime", "strptime", "asctime"})
#: Written in Python: the file in which such a function stands, and which of its functions count (empty: all).
_FILES = {"os.py": frozenset({"__getitem__"}), "socket.py": frozenset(), "subprocess.py": frozenset(), "tempfile.py": frozenset()}


@contextmanager
def nothing_asked() -> Iterator[list[str]]:
    """Give a list that names, after the block, each impure call that this thread made in it."""
    asked: list[str] = []

    def profile(frame: FrameType, event: str, arg: Any) -> None:
        found = _builtin(frame, arg) if event == "c_call" else _python(frame) if event == "call" else ""
        if found and found not in asked:
            asked.append(found)

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # who watches the collector may look at the clock
    sys.setprofile(profile)
    try:
        yield asked
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()


def _builtin(frame: FrameType, called: Callable[..., Any]) -> str:
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    module = getattr(called, "__module__", None) or getattr(owner, "__name__", "") or type(owner).__module__
    if frame.f_code.co_filename.endswith("logging/__init__.py") or frame.f_code.co_filename.startswith("<frozen importlib"):
        return ""
    if name == "open" and module in ("io", "_io"):
        return "opens a file"
    if module in ("posix", "nt") and name not in _TEXT:
        return f"calls os.{name}"
    if module == "time" and name not in _TIME and name not in ("localtime", "gmtime"):
        return f"asks time.{name}"
    if name in ("now", "today", "utcnow") and isinstance(owner, type) and owner.__module__ == "datetime":
        return f"asks {owner.__name__}.{name}"
    if module in ("random", "_random") or name == "getrandbits":
        return "draws lots (random)"
    return ""


def _python(frame: FrameType) -> str:
    where = frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    names = _FILES.get(where)
    if names is None or "site-packages" in frame.f_code.co_filename or (names and frame.f_code.co_name not in names):
        return ""
    if where == "os.py":
        return "reads the environment"
    return f"uses {where.removesuffix('.py')}"
