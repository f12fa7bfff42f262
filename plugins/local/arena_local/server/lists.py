"""Lists: selectors, paging over a stable snapshot, resourceVersion semantics."""

from __future__ import annotations

import base64
import binascii
import bisect
import json
from typing import TYPE_CHECKING

from arena_local.server import selectors
from arena_local.server.causes import bad_value, prohibited, unsupported
from arena_local.server.errors import Refusal, bad_request, expired, internal, invalid_options
from arena_local.server.options import ListOptions, Page
from arena_local.server.registry import Resource
from arena_local.store import Entry

if TYPE_CHECKING:
    from arena_local.server.core import Core

_OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue "
    "parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token "
    "results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and "
    "now may show up in the list."
)


def check_options(options: ListOptions) -> None:
    """Refuse combinations of parameters that Kubernetes refuses."""
    found, match, version = [], options.match, options.resource_version
    if options.watch:
        if options.initial_events is not None and match != "NotOlderThan":
            found.append(prohibited("resourceVersionMatch", "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
        if options.initial_events is None and match:
            text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            found.append(prohibited("resourceVersionMatch", text))
    else:
        if match and not version:
            found.append(prohibited("resourceVersionMatch", "resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if match and options.cont:
            found.append(prohibited("resourceVersionMatch", "resourceVersionMatch is forbidden when continue is provided"))
        if match and match not in ("Exact", "NotOlderThan"):
            found.append(unsupported("resourceVersionMatch", match, ["Exact", "NotOlderThan", ""]))
        if match == "Exact" and version == "0":
            found.append(prohibited("resourceVersionMatch", 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
        if options.initial_events is not None:
            found.append(prohibited("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if found:
        raise invalid_options("ListOptions", found)


def parse_version(text: str, *, plain: bool = False) -> int:
    """Return a resourceVersion as a number; anything else is Kubernetes' 400 (or the 500 of a watch)."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 20:
        cause = bad_value("resourceVersion", text, f"strconv.ParseUint: parsing {json.dumps(text)}: invalid syntax")
        message = f"{cause.field}: {cause.message}"
        raise internal(message) if plain else bad_request(f"invalid resource version: {message}")
    return int(text)


def too_new(wanted: int, current: int) -> Refusal:
    """504 of a revision that has not come yet."""
    details = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}], "retryAfterSeconds": 1}
    return Refusal(504, "Timeout", f"Timeout: Too large resource version: {wanted}, current: {current}", details)


def matcher_of(resource: Resource, options: ListOptions):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Return the test of the selectors; raises 400."""
    terms = selectors.parse_fields(options.fields) if options.fields else ()
    selectable = None
    if resource.custom:
        given = resource.crd_version.get("selectableFields") or ()
        selectable = frozenset(item["jsonPath"].lstrip(".") for item in given)
    selectors.check_fields(terms, resource.storage_id, resource.kind, selectable=selectable)
    return selectors.matcher(options.labels, terms)


def list_page(server: Core, resource: Resource, namespace: str, options: ListOptions) -> Page:
    """Return one page of a list."""
    check_options(options)
    matches = matcher_of(resource, options)
    store = server.store
    if options.cont:
        if options.resource_version:
            raise bad_request("specifying resource version is not allowed when using continue")
        revision, start = _read_token(options.cont)
        entries = store.at(resource.storage_id, namespace, revision)
        if entries is None:
            refusal = expired(_OLD_TOKEN)
            refusal.metadata = {"continue": _token(store.revision, start)}
            raise refusal
        entries = entries[bisect.bisect_right([entry.key for entry in entries], start) :]
    else:
        revision = store.revision
        wanted = parse_version(options.resource_version)
        if wanted > revision:
            raise too_new(wanted, revision)
        exact = options.match == "Exact" or (options.limit > 0 and wanted and not options.match)
        found: list[Entry] | None = None
        if exact and wanted:
            found, revision = store.at(resource.storage_id, namespace, wanted), wanted
            if found is None:
                raise expired(f"The resourceVersion for the provided list is too old: {wanted}")
        entries = store.entries(resource.storage_id, namespace) if found is None else found
    if matches is not None:
        entries = [entry for entry in entries if matches(entry.obj)]
    if options.limit <= 0 or len(entries) <= options.limit:
        return Page(entries, revision)
    remaining = len(entries) - options.limit if matches is None else None
    kept = entries[: options.limit]
    return Page(kept, revision, _token(revision, kept[-1].key), remaining)


def _token(revision: int, key: tuple[str, str]) -> str:
    text = json.dumps({"v": "meta.k8s.io/v1", "rv": revision, "start": f"{key[0]}/{key[1]}\0"})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_token(text: str) -> tuple[int, tuple[str, str]]:
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise bad_request("invalid continue token: continue key is not valid: illegal base64 data") from None
    try:
        value = json.loads(data)
        revision, start = int(value["rv"]), str(value["start"])
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        sign = data.decode("latin-1")[:1]
        shown = f"\\u{ord(sign):04x}" if sign and not sign.isprintable() else sign
        raise bad_request(
            f"invalid continue token: continue key is not valid: invalid character '{shown}' looking for beginning of value"
        ) from None
    namespace, _, name = start.rstrip("\0").rpartition("/")
    return revision, (namespace, name)
