"""A file that is written as a whole or not at all: another command never reads half of it."""

from __future__ import annotations

import os


def write(path: str, data: bytes, mode: int = 0o600) -> None:
    """Write a draft beside the file, then put it in its place; ``mode`` is that of the file. Raises ``OSError``; no draft is left then."""
    draft = f"{path}.{os.urandom(4).hex()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        try:
            file.write(data)
            file.flush()
            os.replace(draft, path)
        except OSError:
            os.unlink(draft)
            raise
