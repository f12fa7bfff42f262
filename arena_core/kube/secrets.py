"""What goes into the head of a request, checked before: a refusal names whose it is and what is wrong with it, never the value."""

from __future__ import annotations

from collections.abc import Mapping

from arena_core.contract.errors import ClusterUnreachable
from arena_core.typed import Any


def header_value(text: str, what: str, hint: str = "") -> str:
    """Return the text if it can be sent as a header by Go's rule (no control characters but the tab)."""
    if "\n" in text or "\r" in text:
        raise ClusterUnreachable(f"{what} has a line break in it", hint or "correct the kubeconfig, or log in again")
    if any((c < " " and c != "\t") or c == "\x7f" for c in text):
        raise ClusterUnreachable(
            f"{what} has a control character in it", hint or "correct the kubeconfig, or log in again; is a file saved as UTF-16?"
        )
    return text


def read_token(path: str, what: str) -> str:
    """Return the token that a file holds, without the white space around it."""
    try:
        with open(path, "rb") as file:
            data = file.read(1 << 20)
    except OSError as error:
        raise ClusterUnreachable(f"{what}: token file {path} {reason_of(error)}", "log in again, or correct the kubeconfig") from None
    token = data.decode("utf-8", "surrogateescape").strip()
    if not token:
        raise ClusterUnreachable(f"{what}: token file {path} is empty", "log in again")
    return header_value(token, f"the token of {what} in {path}")


def reason_of(error: OSError) -> str:
    """Return why a file cannot be read, to follow its name."""
    if isinstance(error, FileNotFoundError):
        return "does not exist"
    return f"cannot be read: {error.strerror or type(error).__name__}"


def pem(entry: Mapping[str, Any], key: str, whose: str) -> bytes:
    """Return ``KEY-data``, or what the file in ``KEY`` holds; both at once are refused, as by kubectl."""
    data: bytes = entry.get(f"{key}-data") or b""
    path = entry.get(key) or ""
    if not path:
        return data
    if data:
        raise ClusterUnreachable(f"{whose} has both {key} and {key}-data", "correct the file: keep one")
    try:
        with open(path, "rb") as file:
            return file.read(1 << 24)
    except OSError as error:
        raise ClusterUnreachable(f"{whose}: {key} {path} {reason_of(error)}", "correct the file") from None
