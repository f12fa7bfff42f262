"""Which form of an answer the client asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from arena_local.api.errors import Refusal

_MEDIA = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


@dataclass(frozen=True)
class Form:
    """The chosen form: ``json`` or ``yaml``, and what the object is turned into (``Table``, ``PartialObjectMetadata`` ...)."""

    media: str = "application/json"
    transform: str = ""
    protobuf_only: bool = False


class NotAcceptable(Exception):  # noqa: N818
    """Nothing of what the client accepts can be given."""

    def __init__(self, *, protobuf: bool) -> None:
        super().__init__()
        self.protobuf = protobuf


def not_acceptable(*, plain: bool) -> Refusal:
    """406; a body that accepts no known type at all gets the older text from built-in kinds."""
    if plain:
        return Refusal(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {_MEDIA}", {})
    return Refusal(406, "NotAcceptable", f"only the following media types are accepted: {_MEDIA}")


@lru_cache(maxsize=256)
def choose(accept: str) -> Form | None:
    """Return the first form of an Accept header that can be given; None where there is none."""
    protobuf = False
    for part in (accept or "*/*").split(","):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        given = dict(piece.split("=", 1) for piece in parameters if "=" in piece)
        if given.get("as"):
            known = given["as"] in ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
            if media == "application/json" and known and given.get("v") == "v1" and given.get("g") == "meta.k8s.io":
                return Form(transform=given["as"])
            continue
        if media in ("application/json", "*/*", "application/*", ""):
            return Form()
        if media in ("application/yaml", "application/x-yaml"):
            return Form(media="application/yaml")
        protobuf = protobuf or media == "application/vnd.kubernetes.protobuf"
    return Form(protobuf_only=True) if protobuf else None
