"""Which form of an answer the client asked for, and where none of what it accepts can be given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from arena_local.server.errors import Refusal

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
#: What resources, discovery and Status documents can be written as.
MEDIA = (JSON, YAML, PROTOBUF)
_TRANSFORMS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


@dataclass(frozen=True)
class Form:
    """The chosen form: ``json`` or ``yaml``, and what the object is turned into (``Table``, ``PartialObjectMetadata`` ...)."""

    media: str = JSON
    transform: str = ""
    protobuf_only: bool = False


def not_acceptable(*offered: str) -> Refusal:
    """406 of the negotiation of objects."""
    return Refusal(406, "NotAcceptable", "only the following media types are accepted: " + ", ".join(offered or MEDIA))


def _parts(accept: str) -> list[tuple[str, dict[str, str]]]:
    """Return the media types of an Accept header with their parameters."""
    found = []
    for part in (accept or "*/*").split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        found.append((media, dict(piece.split("=", 1) for piece in parameters if "=" in piece)))
    return found


@lru_cache(maxsize=256)
def names_any(accept: str, offered: tuple[str, ...]) -> bool:
    """Return whether an Accept header names one of the types, whatever its parameters say."""
    return not accept or any(media in offered or media == "*/*" for media, _ in _parts(accept))


def require(accept: str, *offered: str) -> None:
    """Refuse a request on a built-in route that accepts none of the types; the first of two looks that a real server takes."""
    if not names_any(accept, offered):
        text = f"406: Not Acceptable\n\nAvailable representations: {', '.join(offered)}"
        raise Refusal(406, "NotAcceptable", text, {})


@lru_cache(maxsize=256)
def choose(accept: str, transforms: tuple[str, ...] = _TRANSFORMS) -> Form | None:
    """Return the first form of an Accept header that can be given; None where there is none."""
    protobuf = False
    for media, given in _parts(accept):
        if given.get("as"):
            if media == JSON and given["as"] in transforms and given.get("v") == "v1" and given.get("g") == "meta.k8s.io":
                return Form(transform=given["as"])
            continue
        if media in (JSON, "*/*", "application/*", ""):
            return Form()
        if media in (YAML, "application/x-yaml"):
            return Form(media=YAML)
        protobuf = protobuf or media == PROTOBUF
    return Form(protobuf_only=True) if protobuf else None


def plain_form(accept: str) -> Form:
    """Return the form of a document that cannot be turned into a Table or the like; raises 406."""
    form = choose(accept, ())
    if form is None:
        raise not_acceptable()
    return form


def status_media(accept: str) -> str:
    """Return what a refusal is written as: it is never refused itself."""
    form = choose(accept)
    if form is None:
        return JSON
    return PROTOBUF if form.protobuf_only else form.media
