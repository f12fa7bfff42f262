"""The registry of models behind MLflow's REST API: registered models, and their versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from arena_core.contract.errors import AlreadyExists, NotFound
from arena_model.server import Server

#: Arena's mark on what it makes.
MARK = {"createdBy": "arena"}
PAGE = 200
#: More pages than this are a server that never ends.
PAGES = 1000


class Registry:
    """The calls of ``arena model``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def models(self) -> Iterator[Mapping[str, Any]]:
        """Yield all registered models, page by page."""
        token = ""
        for _ in range(PAGES):
            found = self._server.call("GET", "registered-models/search", max_results=PAGE, page_token=token)
            yield from found.get("registered_models") or ()
            token = str(found.get("next_page_token") or "")
            if not token:
                return

    def model(self, name: str) -> Mapping[str, Any]:
        """Return a registered model."""
        found: Mapping[str, Any] = self._server.call("GET", "registered-models/get", name=name)["registered_model"]
        return found

    def versions(self, name: str) -> list[Mapping[str, Any]]:
        """Return all versions of a model, the newest first."""
        escaped = name.replace("'", "''")
        found: list[Mapping[str, Any]] = []
        token = ""
        for _ in range(PAGES):
            page = self._server.call("GET", "model-versions/search", filter=f"name='{escaped}'", max_results=PAGE, page_token=token)
            found += page.get("model_versions") or ()
            token = str(page.get("next_page_token") or "")
            if not token:
                break
        return sorted(found, key=lambda one: number(one.get("version")), reverse=True)

    def version(self, name: str, version: str) -> Mapping[str, Any]:
        """Return one version."""
        found: Mapping[str, Any] = self._server.call("GET", "model-versions/get", name=name, version=version)["model_version"]
        return found

    def create(self, name: str, description: str, tags: Mapping[str, str]) -> bool:
        """Register a model; False where it is there already, and stays as it is."""
        try:
            self._server.call("POST", "registered-models/create", name=name, description=description, tags=_rows({**MARK, **tags}))
        except AlreadyExists:
            return False
        return True

    def add(self, name: str, source: str, description: str, tags: Mapping[str, str]) -> Mapping[str, Any]:
        """Add a version to a model and return it."""
        given = {"name": name, "source": source, "description": description, "tags": _rows({**MARK, **tags})}
        found: Mapping[str, Any] = self._server.call("POST", "model-versions/create", **given)["model_version"]
        return found

    def describe(self, name: str, description: str, version: str = "") -> None:
        """Change the description of a model, or of a version."""
        if version:
            self._server.call("PATCH", "model-versions/update", name=name, version=version, description=description)
        else:
            self._server.call("PATCH", "registered-models/update", name=name, description=description)

    def tag(self, name: str, changes: Mapping[str, str | None], version: str = "") -> None:
        """Set tags of a model or of a version; one whose value is None is removed, and may be gone already."""
        where, about = ("model-versions", {"version": version}) if version else ("registered-models", {})
        for key, value in changes.items():
            if value is not None:
                self._server.call("POST", f"{where}/set-tag", name=name, key=key, value=value, **about)
                continue
            try:
                self._server.call("DELETE", f"{where}/delete-tag", name=name, key=key, **about)
            except NotFound as error:
                if "tag" not in error.message.lower():
                    raise

    def delete(self, name: str, version: str = "") -> None:
        """Delete a model with all its versions, or one version."""
        if version:
            self._server.call("DELETE", "model-versions/delete", name=name, version=version)
        else:
            self._server.call("DELETE", "registered-models/delete", name=name)


def _rows(tags: Mapping[str, str]) -> Sequence[Mapping[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def number(version: Any) -> int:
    """Return a version as a number, 0 for what is none."""
    text = str(version or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def tags_of(obj: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a model or version."""
    return {str(row.get("key")): str(row.get("value", "")) for row in obj.get("tags") or () if isinstance(row, dict)}
