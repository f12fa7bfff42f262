"""Keeps a log while it is followed: a file for each instance, up to a size."""

from __future__ import annotations

import os
from typing import BinaryIO

from arena_core.history.journal import Journal

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")


class Tee:
    """Writes what a command shows of a job, in the background of its own work."""

    def __init__(self, journal: Journal, submission: str) -> None:
        self._journal = journal
        self._submission = submission
        self._files: dict[str, BinaryIO | None] = {}
        self._left = journal.rules.megabytes << 20

    def write(self, instance: str, data: bytes) -> None:
        """Keep a piece of the log of an instance, as long as there is room."""
        if self._left < len(data):
            return
        try:
            file = self._file(instance)
            if file is not None:
                self._left -= len(data)
                file.write(data)
        except OSError as error:
            self._left = -1
            self._journal.trouble(error)

    def _file(self, instance: str) -> BinaryIO | None:
        if instance not in self._files:
            self._files[instance] = None
            if instance and _NAME.issuperset(instance) and not instance.startswith(".") and len(instance) < 200:
                folder = self._journal.path("logs", self._submission)
                os.makedirs(folder, mode=0o700, exist_ok=True)
                handle = os.open(os.path.join(folder, f"{instance}~{os.getpid()}.log"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
                self._files[instance] = open(handle, "wb")  # noqa: SIM115
        return self._files[instance]

    def close(self) -> None:
        """End it."""
        for file in self._files.values():
            if file is not None:
                try:
                    file.close()
                except OSError as error:
                    self._journal.trouble(error)
