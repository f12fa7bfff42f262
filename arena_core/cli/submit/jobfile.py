"""Job files: the same model as the flags, as YAML. Keys are the flags' names in either spelling, ``type:`` the job type."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena_core.cli.submit import setpath
from arena_core.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel


def load(path: str) -> dict[str, Any]:
    """Read a job file (``-`` is stdin)."""
    import yaml

    from arena_core.cli.submit.loader import Loader

    name = "stdin" if path == "-" else path
    try:
        text = sys.stdin.read() if path == "-" else Path(path).expanduser().read_text(encoding="utf-8")
        data = yaml.load(text, Loader=Loader)  # noqa: S506 - a SafeLoader
    except OSError as exc:
        raise UsageError(f"cannot read {name}: {exc.strerror or exc}") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise UsageError(f"{name} is not YAML: {' '.join(str(exc).split())}") from exc
    if not isinstance(data, dict):
        raise UsageError(f"{name} is not a job file: expected keys such as 'type:' and 'name:'", "`arena schema TYPE` describes the file")
    if "apiVersion" in data and "kind" in data:
        raise UsageError(
            f"{name} is a Kubernetes manifest, not a job file",
            "create it with `kubectl apply -f`; arena lists and shows it all the same",
        )
    return {str(k): v for k, v in data.items()}


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
            raise UsageError(f"the job file names {field!r} twice, in two spellings")
        if value is not None:
            raw[field] = value
    return raw
