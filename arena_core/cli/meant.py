"""Which flags an unknown one was probably meant to be: a typing error, another tool's word, or the flag of each role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Words for the same thing; the first of a row that the command knows is offered.
_SAME = (
    ("workers", "replicas", "nodes", "nnodes", "instances", "parallelism", "executors"),
    ("retry", "max-retry", "retry-limit", "retries", "max-retries", "backoff-limit", "job-backoff-limit"),
    ("data", "volume", "volumes", "pvc", "mount"),
    ("working-dir", "workdir", "cwd", "chdir"),
    ("running-timeout", "active-deadline-seconds", "deadline", "time-limit"),
)
_SYNONYMS = {"cpus": "cpu", "cores": "cpu", "mem": "memory", "ram": "memory", "gpu": "gpus"}
#: Words that say nothing of their own: ``--num-workers``, ``--gpus-per-worker``.
_PADDING = frozenset(["num", "number", "of", "n", "count", "per", "total", "job", "container", "docker", "pod", "node", "worker"])


def meant(word: str, known: Iterable[str]) -> list[str]:
    """Return the known flags that ``word`` was probably meant to be, at most two.

    >>> meant("cpu", ["name", "ps-cpu", "worker-cpu", "worker-memory"])
    ['worker-cpu', 'ps-cpu']
    >>> meant("num-gpus", ["ps-gpus", "gpus"]), meant("workers", ["replicas", "workdir"]), meant("imgae", ["image"])
    (['gpus'], ['replicas'], ['image'])
    """
    flags = list(dict.fromkeys(known))
    parts = _parts(word)
    for same in ([f for f in flags if _parts(f) == parts], [f for f in flags if _parts(f) == parts - _PADDING]):
        if same:
            return same[:1]
    if found := _synonym({word, "-".join(p for p in word.split("-") if p not in _PADDING)}, flags):
        return [found]
    of_roles = [f for f in flags if parts and parts <= _parts(f)]
    if of_roles:
        return sorted(of_roles, key=lambda f: (len(f.split("-")), f.startswith("share"), not f.startswith("worker")))[:2]
    from difflib import get_close_matches

    return get_close_matches(word, flags, n=1, cutoff=0.6)


def _parts(flag: str) -> frozenset[str]:
    """Return the words of a flag, each in one number: ``--worker`` and ``--workers`` are the same."""
    return frozenset(_SYNONYMS.get(part, part).removesuffix("s") for part in flag.lower().split("-") if part)


def _synonym(words: set[str], flags: Sequence[str]) -> str:
    for row in _SAME:
        if words & {*row, *(other.removesuffix("s") for other in row)}:
            return next((other for other in row if other in flags), "")
    return ""
