"""Syntax of names, labels and annotations, with the messages of ``apimachinery/validation``."""

from __future__ import annotations

import re

_LABEL_RX = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_RX = _LABEL_RX + r"(\." + _LABEL_RX + ")*"
_LABEL_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_WORD_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
_QNAME_RX = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE_RX = "(" + _QNAME_RX + ")?"

SUBDOMAIN_MESSAGE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN_RX}')"
)
LABEL_MESSAGE = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
    f"character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL_RX}')"
)
LABEL_1035_MESSAGE = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
)
QNAME_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_QNAME_RX}')"
)
VALUE_MESSAGE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    f"alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '{_VALUE_RX}')"
)


def _too_long(limit: int, unit: str = "characters") -> str:
    return f"must be no more than {limit} {unit}"


def _is_label(text: str) -> bool:
    """Whether the text matches ``_LABEL_RX``; nearly every command asks, and compiling a pattern takes a hundred times as long."""
    return bool(text) and _LABEL_CHARACTERS.issuperset(text) and text[0] != "-" != text[-1]


def _is_word(text: str) -> bool:
    """Whether the text matches ``_QNAME_RX``."""
    return bool(text) and _WORD_CHARACTERS.issuperset(text) and text[0] not in "-_." and text[-1] not in "-_."


def subdomain(name: str) -> list[str]:
    """Return what is wrong with a DNS subdomain."""
    problems = [_too_long(253)] if len(name) > 253 else []
    return problems if all(map(_is_label, name.split("."))) else [*problems, SUBDOMAIN_MESSAGE]


def label(name: str) -> list[str]:
    """Return what is wrong with a DNS label."""
    problems = [_too_long(63)] if len(name) > 63 else []
    return problems if _is_label(name) else [*problems, LABEL_MESSAGE]


def label_1035(name: str) -> list[str]:
    """Return what is wrong with an RFC 1035 label."""
    problems = [_too_long(63)] if len(name) > 63 else []
    return problems if re.fullmatch("[a-z]([-a-z0-9]*[a-z0-9])?", name) else [*problems, LABEL_1035_MESSAGE]


def path_segment(name: str) -> list[str]:
    """Return what is wrong with a name that may hold almost anything (RBAC)."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{sign}'" for sign in ("/", "%") if sign in name]


def qualified_name(key: str) -> list[str]:
    """Return what is wrong with a label key, annotation key or finalizer."""
    parts = key.split("/")
    problems = []
    if len(parts) == 1:
        name = parts[0]
    elif len(parts) == 2:
        prefix, name = parts
        if not prefix:
            problems.append("prefix part must be non-empty")
        else:
            problems += ["prefix part " + text for text in subdomain(prefix)]
    else:
        return [f"a valid label key {QNAME_TEXT} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    if not name:
        problems.append("name part must be non-empty")
    elif len(name) > 63:
        problems.append("name part " + _too_long(63, "bytes"))
    if not _is_word(name):
        problems.append("name part " + QNAME_TEXT)
    return problems


def is_label_value(value: str) -> bool:
    """Whether a label may have this value."""
    return not value or (len(value) <= 63 and _WORD_CHARACTERS.issuperset(value) and value[0] not in "-_." and value[-1] not in "-_.")


def label_value(value: str) -> list[str]:
    """Return what is wrong with a label's value."""
    problems = [_too_long(63, "bytes")] if len(value) > 63 else []
    return problems if not value or _is_word(value) else [*problems, VALUE_MESSAGE]
