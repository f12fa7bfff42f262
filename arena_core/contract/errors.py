"""The tree of expected failures. Each is one line for the user, a hint what to do next, and a documented exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.types import Problem

#: Exit codes of the command line; ``docs/exit-codes.md`` is generated from this table.
EXIT_CODES: dict[int, str] = {
    0: "success",
    1: "a failure that has no code of its own; the message says which",
    2: "wrong usage: unknown flag, bad value, missing argument; nothing was sent to the cluster",
    3: "the job, instance or other named object does not exist",
    4: "the object already exists",
    5: "the cluster refused: no permission or not logged in",
    6: "the cluster cannot be reached, or no cluster is configured",
    7: "the cluster refused the object: invalid, a quota or a webhook",
    8: "a kind of object is not installed on this cluster",
    9: "a plugin is broken, blocked or too new",
    20: "`arena wait`, `submit --wait` or `--follow`: the job failed",
    124: "timed out",
    130: "stopped by Ctrl-C",
}


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known word that looks most like ``word``, for a hint; empty if none does.

    >>> nearest("pytorchjbo", ["tfjob", "pytorchjob"])
    'pytorchjob'
    """
    import difflib  # 3 ms that only a mistake should pay

    found = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


class ArenaError(Exception):
    """An expected failure. ``message`` names the culprit and what was expected, ``hint`` says what to do next."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ArenaError):
    """What the user typed cannot be understood."""

    exit_code = 2


class InvalidArguments(UsageError):
    """Bad values; carries every problem, not the first one."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" if p.field else p.message for p in problems))
        self.problems = tuple(problems)


class NotFound(ArenaError):
    """A named object does not exist. ``name`` is that of a job of whatever type that was looked for."""

    exit_code = 3
    name = ""


class NamespaceNotFound(NotFound):
    """The namespace itself does not exist, and so nothing in it."""


class AlreadyExists(ArenaError):
    """An object of that name is there already; nothing was touched."""

    exit_code = 4


class PermissionDenied(ArenaError):
    """The cluster answered 401 or 403."""

    exit_code = 5


class ClusterUnreachable(ArenaError):
    """No cluster is configured, or the API server cannot be reached."""

    exit_code = 6


class Refused(ArenaError):
    """The API server or a webhook refused the object (400, 409 conflict, 422)."""

    exit_code = 7


class KindNotInstalled(ArenaError):
    """The cluster does not serve this kind of object (its CRD is missing)."""

    exit_code = 8


class PluginError(ArenaError):
    """A plugin is broken, blocked, clashes with another or speaks a newer contract."""

    exit_code = 9


class PluginBroken(PluginError):
    """One plugin cannot be used. ``kind`` is a word for tables (``missing dependency``, ``misspelt hook`` …), ``reason`` the sentence."""

    plugin = ""
    distribution = ""
    kind = "broken"
    reason = ""


class UnknownJobType(UsageError):
    """No installed job type has this name or alias."""


class JobFailed(ArenaError):
    """The job that was waited for or followed has failed.

    ``job`` is its name, ``instance`` the instance that failed (``worker-1``), ``instance_exit_code`` the exit code of its container,
    ``reason`` the cluster's word for what happened (``OOMKilled``), ``last_lines`` the end of its log: each where it could be told.
    ``exit_code`` is that of the command line, as with every error.
    """

    exit_code = 20
    job = ""
    instance = ""
    instance_exit_code: int | None = None
    reason = ""
    last_lines: tuple[str, ...] = ()


class RehearsalFailed(JobFailed):
    """The job failed in its rehearsal, and was not submitted."""


class Cancelled(ArenaError):
    """The call was ended from outside: by its ``Cancel``, by ``close()``, or with its asyncio task. The job itself keeps running."""

    exit_code = 130


class TimedOut(ArenaError):
    """A time-out of the user's passed."""

    exit_code = 124
