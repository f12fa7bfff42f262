"""What a pure function must not ask: the clock, files, the environment, processes, the network, chance."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, FunctionType
from typing import Any

#: Functions of ``posix`` that only look at text.
_TEXT = frozenset({"fspath", "fsencode", "fsdecode", "_path_normpath", "_path_splitroot", "_path_splitroot_ex", "strerror"})
#: Functions of ``time`` that only compute, at least where they are given a time.
_COMPUTED = frozenset({"gmtime", "strftime", "strptime", "asctime"})
#: Modules of which every function asks, by what that is.
_MODULES = {
    **dict.fromkeys(("random", "_random", "secrets"), "draws lots"),
    **dict.fromkeys(("socket", "_socket"), "uses the network"),
    **dict.fromkeys(("subprocess", "_posixsubprocess"), "starts a process"),
    **dict.fromkeys(("tempfile",), "makes files"),
    **dict.fromkeys(("getpass",), "asks who the user is"),
    **dict.fromkeys(("_uuid",), "asks for the time and the machine"),
}
#: How the environment is read; ``in`` and ``get`` come down to these.
_ENVIRONMENT = frozenset(f.__code__ for f in vars(type(os.environ)).values() if isinstance(f, FunctionType))


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
    """Return what a function asks that is written in C; empty for what only computes, and for what logging and imports do."""
    if frame.f_globals.get("__name__") == "logging" or frame.f_code.co_filename.startswith("<frozen importlib"):
        return ""
    name, owner = getattr(called, "__name__", ""), getattr(called, "__self__", None)
    module = getattr(called, "__module__", None) or getattr(owner, "__name__", "") or type(owner).__module__
    if name == "open" and module in ("io", "_io"):
        return "opens a file"
    if module in ("posix", "nt") and name not in _TEXT:
        return f"calls os.{name}"
    if module == "time" and name not in _COMPUTED:
        return f"asks time.{name}"
    if name in ("now", "today", "utcnow") and isinstance(owner, type) and owner.__module__ == "datetime":
        return f"asks {owner.__name__}.{name}"
    return "draws lots" if name == "getrandbits" else _MODULES.get(module, "")


def _python(frame: FrameType) -> str:
    """Return what a function asks that is written in Python."""
    if frame.f_code in _ENVIRONMENT:
        return "reads the environment"
    return _MODULES.get(str(frame.f_globals.get("__name__")), "")
