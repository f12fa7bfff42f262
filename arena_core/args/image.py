"""The grammar of an image reference, as ``distribution/reference`` reads it: a node refuses any other for ever (InvalidImageName)."""

from __future__ import annotations

import re

from arena_core.lazily import pattern

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = pattern(rf"(?P<name>(?:(?P<host>{_HOST})/)?{_PART}(?:/{_PART})*)(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")
LONGEST_NAME = 255


def check_image(text: str) -> str:
    """Return the reference of an image; raises ``ValueError`` where no node would take it. An empty text means "not given".

    >>> check_image("ghcr.io/team/train:v1")
    'ghcr.io/team/train:v1'
    """
    if not text or _is_plain(text):
        return text
    found = _REFERENCE.fullmatch(text)
    name = text.partition("@")[0]
    if found is None:
        raise ValueError(f"{text!r} is not the name of an image: {_reason(name)}")
    if len(found["name"]) > LONGEST_NAME:
        raise ValueError(f"the name of the image has {len(found['name'])} characters, at most {LONGEST_NAME} are allowed")
    if re.fullmatch(r"[0-9a-f]{64}", found["name"]):
        raise ValueError(f"{text!r} is an image's ID; a name is expected")
    return text


def _is_plain(text: str) -> bool:
    """Whether it is plainly a reference (``ghcr.io/team/train:v1``): compiling the grammar takes longer than building a job."""
    name, colon, tag = text.partition(":")
    words = name.replace("/", "-").replace(".", "-").split("-")
    good_tag = not colon or (tag[:1].isalnum() and len(tag) < 129 and tag.replace(".", "").replace("-", "").isalnum())
    return good_tag and text.isascii() and len(name) < 64 and name == name.lower() and all(word.isalnum() for word in words)


def _reason(name: str) -> str:
    """Say what is wrong, as far as it is plain to see."""
    if any(c.isspace() for c in name):
        return "it contains spaces"
    if "://" in name:
        return "leave out the scheme"
    first, slash, rest = name.partition("/")
    path = rest if slash and (any(sign in first for sign in ".:") or first == "localhost" or first != first.lower()) else name
    repository = path.partition(":")[0]
    if repository != repository.lower():
        return "the repository must be in lower case"
    return "expected [HOST[:PORT]/]NAME[:TAG][@DIGEST], for example python:3.12"
