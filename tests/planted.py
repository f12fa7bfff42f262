"""Secrets that are planted for the whole session: whatever the suite makes a command print is searched for them."""

from __future__ import annotations

#: A bearer token, a password in a URL, a password of a registry. Fixtures add more (the local clusters' own).
TOKEN = "planted-bearer-4f1c9a7e"
PASSWORD = "planted-password-77ab03"
PLANTED: set[str] = {TOKEN, PASSWORD}


def plant(secret: str) -> str:
    """Have everything that is printed from now on searched for this text."""
    if len(secret) >= 12:
        PLANTED.add(secret)
    return secret


def found_in(text: str | bytes) -> list[str]:
    """Return the secrets that a text holds."""
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [secret for secret in PLANTED if secret in shown]


def clean(text: str | bytes, what: object) -> None:
    """Fail if the text holds a secret; the secret itself is not repeated."""
    assert not found_in(text), f"a secret is printed by {what}"
