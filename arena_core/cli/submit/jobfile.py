"""Job files: the same model as the flags, as YAML. Keys are the flags' names in either spelling, ``type:`` the job type."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from arena_core.cli.submit import setpath
from arena_core.contract.errors import UsageError
from arena_core.home import expanded

if TYPE_CHECKING:
    from pydantic import BaseModel


#: What is passed to the containers is in files of its own (--config-file).
LARGEST = 2**20


def load(path: str) -> dict[str, Any]:
    """Read a job file (``-`` is stdin)."""
    from arena_core.documents import Unreadable, documents

    name = "stdin" if path == "-" else path
    try:
        found = documents(_text(path, name))
    except Unreadable as exc:
        raise UsageError(f"{name} is not a readable YAML file: {exc}") from exc
    if any(isinstance(document, dict) and "apiVersion" in document and "kind" in document for document in found):
        raise UsageError(
            f"{name} is a Kubernetes manifest, not a job file",
            "create it with `kubectl apply -f`; arena lists and shows it all the same",
        )
    if len(found) > 1:
        raise UsageError(f"{name} holds {len(found)} documents; a job file describes one job", "put each job into a file of its own")
    data = found[0] if found else None
    if not isinstance(data, dict):
        raise UsageError(f"{name} is not a job file: expected keys such as 'type:' and 'name:'", "`arena schema TYPE` describes the file")
    return {str(k): v for k, v in data.items()}


def _text(path: str, name: str) -> str:
    try:
        if path == "-":
            content: str | bytes = getattr(sys.stdin, "buffer", sys.stdin).read(LARGEST + 1)
        else:
            with open(expanded(path), "rb") as file:
                content = file.read(LARGEST + 1)
    except OSError as exc:
        raise UsageError(f"cannot read {name}: {exc.strerror or exc}") from exc
    except ValueError as exc:
        raise UsageError(f"cannot read {name!r}: {exc}") from exc
    if len(content) > LARGEST:
        raise UsageError(f"{name} is larger than {LARGEST // 2**20} MiB, which no job file is")
    if isinstance(content, str):
        return content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UsageError(f"{name} is not a readable YAML file: it is not text in UTF-8") from exc


def change(data: dict[str, Any], sets: Sequence[str], texts: Sequence[str]) -> None:
    """Apply ``--set`` and ``--set-string``, in this order."""
    for assignment in sets:
        setpath.apply(data, assignment)
    for assignment in texts:
        setpath.apply(data, assignment, text=True)


def to_fields(data: dict[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """Keys in whatever spelling to names of fields; a field that is named twice is an error, an unknown key is left to the model."""
    from arena_core.args import field_for_key

    raw: dict[str, Any] = {}
    for key, value in data.items():
        field = field_for_key(model, key) or key
        if field in raw:
            raise UsageError(f"the job file gives {field!r} twice, in two spellings")
        if value is not None:
            raw[field] = value
    return raw
