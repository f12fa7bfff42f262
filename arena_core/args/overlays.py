"""``--patch``: what the user changes of the objects that a job type builds, read from a file or as it is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.contract.errors import UsageError
from arena_core.home import expanded
from arena_core.records import record

#: No patch of a job is longer.
LARGEST = 2**20
_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")


@record
class Patch:
    """One patch: a mapping is merged strategically, a list are operations of a JSON patch; ``target`` and ``patch`` name an object."""

    document: Any


def patches(value: Any) -> tuple[Patch, ...]:
    """Read patches: a file, a text in JSON or YAML, or what a job file holds; a list of operations is one patch.

    >>> patches(['{"spec": {"x": 1}}'])[0].document
    {'spec': {'x': 1}}
    """
    return tuple(Patch(_checked(document)) for document in _documents(value))


def _documents(value: Any) -> Iterator[Any]:
    if isinstance(value, Patch):
        yield value.document
    elif isinstance(value, str):
        yield from _of_text(value)
    elif isinstance(value, Mapping) or _is_operations(value):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _documents(item)
    else:
        raise ValueError(f"{value!r} is neither a file nor a patch")


def _is_operations(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, Mapping) and "op" in item for item in value)


def _of_text(text: str) -> Iterator[Any]:
    """Yield the patches that were typed, or those of the file that was named."""
    from arena_core.documents import Unreadable, documents

    inline = text.lstrip()[:1] in ("{", "[")
    name = "the patch" if inline else text
    try:
        found = documents(text if inline else _read(text))
    except Unreadable as error:
        raise ValueError(f"{name} cannot be read: {error}") from None
    if not found:
        raise ValueError(f"{name} is empty")
    for document in found:
        if not isinstance(document, Mapping | list):
            raise ValueError(f"{name} is no patch: expected a mapping, or a list of operations")
        yield document


def _read(path: str) -> str:
    try:
        with open(expanded(path), "rb") as file:  # noqa: PTH123 - a device has no end
            content = file.read(LARGEST + 1)
    except UsageError as error:
        raise ValueError(error.message) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or error
        raise ValueError(f"cannot read {path!r}: {why}; a patch that is typed begins with {{ or [") from None
    if len(content) > LARGEST:
        raise ValueError(f"{path!r} is larger than {LARGEST // 2**20} MiB, which no patch is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path!r} is not text in UTF-8") from None


def _checked(document: Any) -> Any:
    """Return a patch whose form is right."""
    body = document
    if isinstance(document, Mapping) and "target" in document and "patch" in document:
        target, body = document["target"], document["patch"]
        fits = isinstance(target, Mapping) and isinstance(target.get("kind"), str) and set(target) <= {"kind", "name"}
        if not fits or len(document) > 2:
            raise ValueError("the target of a patch is a kind, and a name where there are several of it")
    if isinstance(body, Mapping):
        if not body:
            raise ValueError("the patch changes nothing")
    elif not isinstance(body, list) or not body:
        raise ValueError("a patch is a mapping, or a list of operations")
    else:
        for number, operation in enumerate(body, 1):
            if not isinstance(operation, Mapping) or operation.get("op") not in _OPERATIONS or not isinstance(operation.get("path"), str):
                raise ValueError(f"operation {number} of a JSON patch needs op ({', '.join(_OPERATIONS)}) and path")
    return _plain(document)


def _plain(value: Any) -> Any:
    """Return the value as JSON has it: what YAML knows besides (dates, other keys) is refused."""
    if isinstance(value, Mapping):
        if odd := next((key for key in value if not isinstance(key, str)), None):
            raise ValueError(f"the key {odd!r} is not text; write it in quotes")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value)
    raise ValueError(f"{value!r} is not text, a number or true or false; write it in quotes")
