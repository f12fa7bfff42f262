"""Commands as a person would type them about a job: a server goes by the name and version that were given to it."""

from __future__ import annotations

from arena_core.contract.types import Manifest
from arena_core.usecases.marks import labels_of, metadata_of
from arena_core.usecases.views import Job

#: Arena's labels: a server's name, its version, and its type, which every one has.
NAME, VERSION, TYPE = "servingName", "servingVersion", "servingType"


def of(manifest: Manifest, verb: str, more: str = "") -> str:
    """Return the command in backticks: ``arena logs JOB``, of a server ``arena serve logs NAME -v VERSION``.

    >>> of({"metadata": {"name": "a"}}, "logs", "-i worker-0")
    '`arena logs a -i worker-0`'
    >>> of({"metadata": {"name": "a-v1-x", "labels": {"servingType": "x", "servingName": "a", "servingVersion": "v1"}}}, "get")
    '`arena serve get a -v v1`'
    """
    labels = labels_of(manifest)
    name, first = str(metadata_of(manifest).get("name", "")), f"arena {verb}"
    if labels.get(TYPE) and labels.get(NAME):
        first = f"arena serve {verb}"
        name = f"{labels[NAME]} -v {labels[VERSION]}" if labels.get(VERSION) else labels[NAME]
    return f"`{first} {name}{f' {more}' if more else ''}`"


def about(job: Job, verb: str, more: str = "") -> str:
    """Return the command about a job that was read."""
    return of(job.manifest, verb, more)


def an(word: str) -> str:
    """Return a type or kind with its article.

    >>> an("MPIJob"), an("appwrapperjob"), an("volcanojob")
    ('an MPIJob', 'an appwrapperjob', 'a volcanojob')
    """
    spelt = word[:2].isupper() or word[:3] == "mpi"  # letter by letter
    return f"an {word}" if word[:1].upper() in ("AEFHILMNORSX" if spelt else "AEIO") else f"a {word}"
