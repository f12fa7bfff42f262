"""Answers: objects, lists, Status documents, warnings."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any

from aiohttp import web
from multidict import CIMultiDict

from arena_local.http.negotiate import PROTOBUF, status_media
from arena_local.http.protobuf import encode_status
from arena_local.sdk.bundle import ApiError
from arena_local.server.errors import status_of
from arena_local.store.entry import encode

#: Signs that all warnings of one answer may have, and how long each may be where they have more (as in Kubernetes).
_WARNINGS, _SHORT = 4096, 256
#: Below this size compressing costs more than it saves (as in Kubernetes).
_GZIP_FROM = 128 * 1024


def warning_headers(warnings: Iterable[str]) -> list[tuple[str, str]]:
    """Return one Warning header per text; where they are too many, the first of them and cut short."""
    found, spent = [], 0
    texts = list(dict.fromkeys(warnings))
    short = sum(map(len, texts)) > _WARNINGS
    for text in texts:
        if short:
            text = text[:_SHORT]
            spent += len(text)
            if spent > _WARNINGS:
                break
        clean = text.replace("\\", "\\\\").replace('"', '\\"')
        clean = "".join(sign if sign.isprintable() else " " for sign in clean)[:4096]
        found.append(("Warning", f'299 - "{clean}"'))
    return found


def accepts_gzip(request: web.Request) -> bool:
    """Return whether the client can read compressed answers."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def headers_of(media: str, warnings: Iterable[str]) -> CIMultiDict[str]:
    """Return the headers of an answer."""
    return CIMultiDict([("Content-Type", media), ("Cache-Control", "no-cache, private"), *warning_headers(warnings)])


def raw_answer(
    request: web.Request, data: bytes, *, status: int = 200, media: str = "application/json", warnings: Iterable[str] = ()
) -> web.Response:
    """Answer bytes, compressed when they are many and the client can read it."""
    headers = headers_of(media, warnings)
    if len(data) >= _GZIP_FROM and accepts_gzip(request):
        data = gzip.compress(data, 1, mtime=0)
        headers.add("Content-Encoding", "gzip")
    return web.Response(body=data, status=status, headers=headers)


def answer(
    request: web.Request, obj: Any, *, status: int = 200, media: str = "application/json", warnings: Iterable[str] = ()
) -> web.Response:
    """Answer a document as JSON or YAML."""
    if media == "application/yaml":
        from arena_local.http.yamlbodies import dump

        return raw_answer(request, dump(obj).encode(), status=status, media=media, warnings=warnings)
    return raw_answer(request, encode(obj), status=status, warnings=warnings)


def refusal(request: web.Request, error: ApiError, warnings: Iterable[str] = ()) -> web.Response:
    """Answer the Status of a refusal."""
    status, media = status_of(error), status_media(request.headers.get("Accept", ""))
    if media == PROTOBUF:
        response = raw_answer(request, encode_status(status), status=error.code, media=media, warnings=warnings)
    else:
        response = answer(request, status, status=error.code, media=media, warnings=warnings)
    retry = error.details.get("retryAfterSeconds")
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response


def not_found_page() -> web.Response:
    """Answer what Go's own router answers."""
    return web.Response(status=404, text="404 page not found\n", headers={"X-Content-Type-Options": "nosniff"})
