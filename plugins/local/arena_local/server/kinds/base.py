"""The face of a kind's own rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from arena_local.server.causes import Cause
from arena_local.server.core import Host

Obj = dict[str, Any]


class Strategy:
    """Rules of a kind without any; kinds override what they need."""

    #: PUT on a missing object creates it.
    create_on_update = False
    #: PUT needs a resourceVersion.
    needs_version = False
    #: What DELETE does with dependants when the request does not say.
    default_propagation = "Background"
    #: DELETE answers the object and not a Status.
    delete_returns_object = False
    #: The status may be written by the main endpoint (the kind has no status subresource).
    keeps_status = False

    def default(self, obj: Obj) -> None:
        """Fill in defaults."""

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Finish a new object before it is checked."""

    def finish_create(self, host: Host, obj: Obj) -> None:
        """Finish a new object after the webhooks have changed it."""

    def prepare_update(self, host: Host, obj: Obj, old: Obj) -> None:
        """Finish a changed object before it is checked."""

    def validate(self, host: Host, obj: Obj) -> Iterable[Cause]:
        """Return what is wrong with an object."""
        return ()

    def own_causes(self, obj: Obj, causes: list[Cause]) -> list[Cause]:
        """Return what of the metadata's problems the kind reports."""
        return causes

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterable[Cause]:
        """Return what may not change, beside what ``validate`` finds."""
        return ()

    def validate_status(self, host: Host, obj: Obj, old: Obj) -> Iterable[Cause]:
        """Return what is wrong with a new status."""
        return ()

    def warnings(self, obj: Obj, old: Obj | None) -> Iterable[str]:
        """Return warnings for the client."""
        return ()
