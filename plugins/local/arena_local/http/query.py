"""Query parameters of the API's verbs."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import web

from arena_local.server.causes import bad_value, prohibited, required, too_long, unsupported
from arena_local.server.errors import bad_request, invalid_options
from arena_local.server.options import DeleteOptions, ListOptions, WriteOptions

#: More digits than 64 bits have, leading zeros included.
_DIGITS = 64
_FALSE = ("0", "false", "False", "FALSE", "f", "F")


def truth(text: str | None) -> bool:
    """Return a boolean parameter: whatever is not plainly false is true, as in Kubernetes."""
    return text is not None and text not in _FALSE


def go_int(text: str | None) -> int:
    """Return an integer parameter; raises Go's 400."""
    if text is None or text == "":
        return 0
    if not re.fullmatch(r"[+-]?[0-9]+", text):
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text)}: invalid syntax")
    if len(text) > _DIGITS or not -(1 << 63) <= int(text) < 1 << 63:
        raise bad_request(f"strconv.ParseInt: parsing {json.dumps(text[:64])}: value out of range")
    return int(text)


def list_options(request: web.Request, *, watch: bool = False) -> ListOptions:
    """Return what a list or watch asks for."""
    query = request.query
    timeout = query.get("timeoutSeconds")
    initial = query.get("sendInitialEvents")
    return ListOptions(
        labels=query.get("labelSelector", ""),
        fields=query.get("fieldSelector", ""),
        limit=go_int(query.get("limit")),
        cont=query.get("continue", ""),
        resource_version=query.get("resourceVersion", ""),
        match=query.get("resourceVersionMatch", ""),
        watch=watch or truth(query.get("watch")),
        bookmarks=truth(query.get("allowWatchBookmarks")),
        timeout=go_int(timeout) if timeout else None,
        initial_events=None if initial is None else truth(initial),
    )


def user_agent(request: web.Request) -> str:
    """Return the field manager of a client that names none."""
    return request.headers.get("User-Agent", "").partition("/")[0][:128] or "unknown"


def write_options(request: web.Request, kind: str, *, apply: bool = False) -> WriteOptions:
    """Return what a create, update or patch asks for; ``kind`` is the options' own kind in refusals."""
    query, found = request.query, []
    manager = query.get("fieldManager", "")
    if apply and not manager:
        found.append(required("fieldManager", "is required for apply patch"))
    if len(manager) > 128:
        found.append(too_long("fieldManager", 128))
    elif not manager.isprintable():
        found.append(bad_value("fieldManager", manager, "should only contain printable characters"))
    dry_run = query.getall("dryRun", [])
    if any(item != "All" for item in dry_run):
        found.append(unsupported("dryRun", dry_run, ["All"]))
    validation = query.get("fieldValidation", "")
    if validation not in ("", "Ignore", "Warn", "Strict"):
        found.append(unsupported("fieldValidation", validation, ["", "Ignore", "Strict", "Warn"]))
    force = query.get("force")
    if force is not None and kind == "PatchOptions" and not apply:
        found.append(prohibited("force", "may not be specified for non-apply patch"))
    if found:
        raise invalid_options(kind, found)
    return WriteOptions(
        manager=manager or user_agent(request),
        dry_run=bool(dry_run),
        field_validation=validation or "Warn",
        force=truth(force),
    )


def delete_options(request: web.Request, body: dict[str, Any]) -> DeleteOptions:
    """Return what a DELETE asks for, from its body and its query."""
    query, found = request.query, []
    grace = body.get("gracePeriodSeconds")
    if "gracePeriodSeconds" in query:
        grace = go_int(query["gracePeriodSeconds"])
    propagation = body.get("propagationPolicy") or query.get("propagationPolicy") or ""
    orphan = body.get("orphanDependents")
    if "orphanDependents" in query:
        orphan = truth(query["orphanDependents"])
    dry_run: list[Any] = list(body.get("dryRun") or query.getall("dryRun", []) or [])
    if orphan is not None and propagation:
        found.append(bad_value("propagationPolicy", propagation, "orphanDependents and deletionPropagation cannot be both set"))
    elif propagation not in ("", "Foreground", "Background", "Orphan"):
        found.append(unsupported("propagationPolicy", propagation, ["Foreground", "Background", "Orphan", "nil"]))
    if any(item != "All" for item in dry_run):
        found.append(unsupported("dryRun", dry_run, ["All"]))
    if found:
        raise invalid_options("DeleteOptions", found)
    if orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    conditions = body.get("preconditions") or {}
    return DeleteOptions(
        grace=grace if isinstance(grace, int) else None,
        uid=conditions.get("uid") or "",
        resource_version=conditions.get("resourceVersion") or "",
        propagation=propagation,
        dry_run=bool(dry_run),
    )
