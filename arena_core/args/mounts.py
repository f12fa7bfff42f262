"""What is mounted: claims, folders of the node, files that travel with the job; and how each is read from a flag or a job file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from arena_core.args.values import as_text, each, items_of, structured
from arena_core.contract.errors import UsageError
from arena_core.home import expanded
from arena_core.k8s import names
from arena_core.records import record

MAX_CONFIG_BYTES = 1024 * 1024


@record
class DataMount:
    """A persistent volume claim and where it is mounted."""

    claim: str
    path: str


@record
class HostDir:
    """A folder of the node and where it is mounted."""

    host: str
    path: str


@record
class ConfigFile:
    """A file that travels with the job: where it came from, where it goes, and its bytes (read when the arguments are read)."""

    source: str
    path: str
    content: bytes = b""

    @property
    def directory(self) -> str:
        """The folder inside the container."""
        return self.path.rpartition("/")[0] or "/"

    @property
    def file_name(self) -> str:
        """The last part of the path inside the container."""
        return self.path.rpartition("/")[2]

    @property
    def text(self) -> str | None:
        """The content as text, or None if it is not UTF-8 (then a ConfigMap keeps it as ``binaryData``)."""
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    @property
    def base64(self) -> str:
        """The content for ``binaryData``."""
        from base64 import b64encode

        return b64encode(self.content).decode("ascii")


def check_mount_path(path: str, what: str = "") -> str:
    """Return an absolute path other than ``/``, without a trailing slash; ``what`` says of a problem what the path is for."""
    about = f"{what}: " if what and what != path else ""
    if not path.startswith("/") or path.rstrip("/") == "":
        raise ValueError(f"{about}the path {path!r} must be absolute and not '/'")
    if ":" in path or "\0" in path:
        raise ValueError(f"{about}the path {path!r} must not contain ':'")
    return path.rstrip("/")


def data_mounts(value: Any) -> tuple[DataMount, ...]:
    """Read ``CLAIM:/path`` texts."""
    return each(_data_mount, items_of(value))


def _data_mount(item: Any) -> DataMount:
    if isinstance(item, DataMount):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("claim", "path"), "data")
        claim, path = str(raw.get("claim", "")), str(raw.get("path", ""))
    else:
        text = as_text(item, "data")
        if text.count(":") != 1:
            raise ValueError(f"{text!r} is not of the form CLAIM:/path")
        claim, _, path = text.partition(":")
    if names.subdomain(claim):
        raise ValueError(f"{claim!r} is not the name of a persistent volume claim (lower-case letters, digits, '-' and '.')")
    return DataMount(claim, check_mount_path(path, claim))


def host_dirs(value: Any) -> tuple[HostDir, ...]:
    """Read ``/host[:/container]`` texts."""
    return each(_host_dir, items_of(value))


def _host_dir(item: Any) -> HostDir:
    if isinstance(item, HostDir):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("host", "path"), "data-dir")
        host, path = str(raw.get("host", "")), str(raw.get("path", "") or raw.get("host", ""))
    else:
        text = as_text(item, "data-dir")
        if text.count(":") > 1:
            raise ValueError(f"{text!r} is not of the form /host[:/container]")
        host, _, path = text.partition(":")
        path = path or host
    if ".." in host.split("/"):
        raise ValueError(f"{host!r} must not contain '..'")
    return HostDir(check_mount_path(host), check_mount_path(path))


def config_files(value: Any) -> tuple[ConfigFile, ...]:
    """Read ``local[:/container/path]`` texts, and the files."""
    return each(_config_file, items_of(value))


def _config_file(item: Any) -> ConfigFile:
    if isinstance(item, ConfigFile):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("source", "path", "content"), "config-file")
        if "content" in raw:
            path = _file_path(str(raw.get("path", "")), str(item))
            return ConfigFile(str(raw.get("source", "")), path, as_text(raw["content"], "content").encode())
        source, path = str(raw.get("source", "")), str(raw.get("path", ""))
    else:
        text = as_text(item, "config-file")
        if text.count(":") > 1 or not text.strip(":"):
            raise ValueError(f"{text!r} is not of the form local[:/container/path]")
        source, _, path = text.partition(":")
    if not source:
        raise ValueError(f"{item!r}: the local file is missing")
    try:
        local = expanded(source)
    except UsageError as error:
        raise ValueError(error.message) from None
    if not path and not local.startswith("/"):
        # The place in the containers is the local path unless it is said: a relative one is none.
        raise ValueError(f"{source!r}: where in the containers? for example {source}:/etc/{source.rstrip('/').rpartition('/')[2]}")
    return ConfigFile(source, _file_path(path or local, source), _read(local))


def _file_path(path: str, what: str) -> str:
    checked = check_mount_path(path, what)
    if path.endswith("/"):
        raise ValueError(f"{what}: {path!r} must be a file's path, not a folder's")
    if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", checked.rpartition("/")[2]) or checked.endswith(("/.", "/..")):
        raise ValueError(f"{what}: the file name in {path!r} may contain only letters, digits, '-', '_' and '.'")
    return checked


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a device has no end
            content = file.read(MAX_CONFIG_BYTES + 1)
    except OSError as error:
        raise ValueError(f"cannot read {path!r}: {error.strerror or error}") from None
    if len(content) > MAX_CONFIG_BYTES:
        raise ValueError(f"{path!r} is larger than the {MAX_CONFIG_BYTES} bytes that a ConfigMap holds")
    return content
