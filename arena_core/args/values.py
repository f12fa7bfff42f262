"""The values of flags that are more than text or a number, and how each is read from a flag or a job file."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

_QUANTITY = re.compile(r"\+?(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?")
_DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
MAX_CONFIG_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DataMount:
    """A persistent volume claim and where it is mounted."""

    claim: str
    path: str


@dataclass(frozen=True, slots=True)
class HostDir:
    """A folder of the node and where it is mounted."""

    host: str
    path: str


@dataclass(frozen=True, slots=True)
class Toleration:
    """A toleration; an empty part means "any", as in Kubernetes."""

    key: str = ""
    operator: str = ""
    value: str = ""
    effect: str = ""
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
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
        return base64.b64encode(self.content).decode("ascii")


class Several(ValueError):
    """What is wrong with several values of one repeatable flag."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        super().__init__("; ".join(self.texts))


def each(read: Callable[[Any], T], values: Iterable[Any]) -> tuple[T, ...]:
    """Read every value; raises with all that is wrong, not with the first."""
    found: list[T] = []
    wrong: list[str] = []
    for value in values:
        try:
            found.append(read(value))
        except ValueError as error:
            wrong.append(str(error))
    if wrong:
        raise Several(wrong)
    return tuple(found)


def as_text(value: Any, what: str) -> str:
    """Return a scalar of a job file as text; floats and booleans are refused because YAML has changed how they were written."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{what}: {value!r} is not text; write it in quotes")


def pairs(value: Any, what: str = "KEY=VALUE", check: Callable[[str, str], object] = lambda key, text: None) -> dict[str, str]:
    """Read ``KEY=VALUE`` texts, or a mapping of a job file, and check each pair; a repeated key takes the last value."""

    def pair(item: Any) -> tuple[str, str]:
        if isinstance(item, tuple):
            key, text = as_text(item[0], "key"), as_text(item[1], str(item[0]))
        else:
            key, sign, text = as_text(item, what).partition("=")
            if not sign or not key:
                raise ValueError(f"{item!r} is not of the form {what}")
        check(key, text)
        return key, text

    return dict(each(pair, value.items() if isinstance(value, Mapping) else _items(value)))


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, Mapping)):
        return value
    raise ValueError(f"expected a list, got {value!r}")


def structured(value: Any, keys: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return a mapping of a job file whose keys are all known."""
    unknown = [str(k) for k in value if k not in keys]
    if unknown:
        raise ValueError(f"{what}: unknown key {', '.join(unknown)}; known are {', '.join(keys)}")
    return dict(value)


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
    return each(_data_mount, _items(value))


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
    if len(claim) > 253 or not _DNS_SUBDOMAIN.fullmatch(claim):
        raise ValueError(f"{claim!r} is not the name of a persistent volume claim (lower-case letters, digits, '-' and '.')")
    return DataMount(claim, check_mount_path(path, claim))


def host_dirs(value: Any) -> tuple[HostDir, ...]:
    """Read ``/host[:/container]`` texts."""
    return each(_host_dir, _items(value))


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


_TOLERATION_FORM = "key=value:effect[:operator[:seconds]], key:effect[:operator[:seconds]], key=value:effect,operator, key or all"


def tolerations(value: Any) -> tuple[Toleration, ...]:
    """Read Arena's ``key=value:effect,operator``, the fork's ``key[=value]:effect[:operator[:seconds]]``, ``key`` and ``all``."""
    found = each(_toleration, _items(value))
    every = Toleration(operator="Exists")
    return (every,) if every in found else found


def _toleration(item: Any) -> Toleration:
    if isinstance(item, Toleration):
        return item
    if isinstance(item, Mapping):
        raw = structured(item, ("key", "operator", "value", "effect", "seconds"), "toleration")
        texts = {str(k): as_text(v, str(k)) for k, v in raw.items()}
        after = _seconds(texts.pop("seconds", ""), str(item))
        return check_toleration(Toleration(**texts, seconds=after), str(item))
    text = as_text(item, "toleration")
    if text == "all":
        return Toleration(operator="Exists")
    head, comma, operator = text.partition(",")
    head, *rest = head.split(":")
    key, sign, content = head.partition("=")
    if not key or (sign and not rest) or "" in rest or len(rest) > 3 or (comma and (not operator or len(rest) > 1)):
        raise ValueError(f"{text!r} is not a toleration: expected {_TOLERATION_FORM}")
    effect, named, wait = (*rest, "", "", "")[:3]
    operator = operator or named or ("Equal" if sign else "Exists")
    return check_toleration(Toleration(key, operator, content, effect, _seconds(wait, text)), text)


def _seconds(text: str, what: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{what!r}: {text!r} is not a number of seconds")
    return int(text)


def check_toleration(toleration: Toleration, text: str) -> Toleration:
    """Return the toleration if Kubernetes will take it."""
    if toleration.operator not in ("", "Equal", "Exists"):
        raise ValueError(f"{text!r}: the operator is Equal or Exists, not {toleration.operator!r}")
    if toleration.effect and toleration.effect not in EFFECTS:
        raise ValueError(f"{text!r}: the effect is one of {', '.join(EFFECTS)}, not {toleration.effect!r}")
    if toleration.seconds is not None and toleration.effect != "NoExecute":
        raise ValueError(f"{text!r}: seconds go with the effect NoExecute")
    if toleration.operator == "Exists" and toleration.value:
        raise ValueError(f"{text!r}: with the operator Exists there is no value")
    if not toleration.key and toleration.operator != "Exists":
        raise ValueError(f"{text!r}: without a key the operator must be Exists")
    if toleration.key:
        check_qualified(toleration.key, "key of the toleration")
    if not _LABEL_VALUE.fullmatch(toleration.value) or len(toleration.value) > 63:
        raise ValueError(f"{text!r}: {toleration.value!r} is not a label value")
    return toleration


def config_files(value: Any) -> tuple[ConfigFile, ...]:
    """Read ``local[:/container/path]`` texts, and the files."""
    return each(_config_file, _items(value))


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
    expanded = str(Path(source).expanduser())
    return ConfigFile(source, _file_path(path or expanded, source), _read(expanded))


def _file_path(path: str, what: str) -> str:
    checked = check_mount_path(path, what)
    if path.endswith("/"):
        raise ValueError(f"{what}: {path!r} must be a file's path, not a folder's")
    if not re.fullmatch(r"[-._a-zA-Z0-9]{1,253}", checked.rpartition("/")[2]) or checked.endswith(("/.", "/..")):
        raise ValueError(f"{what}: the file name in {path!r} may only have letters, digits, '-', '_' and '.'")
    return checked


def _read(path: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read {path!r}: {error.strerror or error}") from None
    if len(content) > MAX_CONFIG_BYTES:
        raise ValueError(f"{path!r} has {len(content)} bytes; a ConfigMap holds at most {MAX_CONFIG_BYTES}")
    return content


def quantity(value: Any) -> str:
    """Return a Kubernetes quantity (``500m``, ``2Gi``) as text; an empty text means "not given"."""
    text = as_text(value, "quantity") if not isinstance(value, float) else f"{value:g}"
    if text and not _QUANTITY.fullmatch(text):
        raise ValueError(f"{text!r} is not a quantity such as 500m, 2, 1.5 or 2Gi")
    return text


def duration(value: Any) -> int:
    """Return seconds from Go's ``1h30m``, ``90s``, ``1.5h``, or from a plain number of seconds."""
    if isinstance(value, int) and not isinstance(value, bool):
        seconds: float = value
    else:
        text = as_text(value, "duration")
        body = text.lstrip("+")
        if re.fullmatch(r"\d+", body):
            seconds = int(body)
        elif body and not _DURATION_PART.sub("", body):
            seconds = round(sum(float(n) * _SECONDS[unit] for n, unit in _DURATION_PART.findall(body)), 6)
        else:
            raise ValueError(f"{text!r} is not a duration such as 90s, 10m or 1h30m")
    if seconds < 0 or seconds != int(seconds):
        raise ValueError(f"{value!r} must be a whole number of seconds and not negative")
    return int(seconds)


def processes(value: Any) -> str:
    """Return how many processes torchrun starts on a node: ``auto``, ``cpu``, ``gpu``, a number from 1, or nothing."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not (text in ("", "auto", "cpu", "gpu") or (text.isascii() and text.isdigit() and int(text) > 0)):
        raise ValueError(f"{value!r} must be auto, cpu, gpu or a number from 1")
    return text


def check_dns_label(text: str, limit: int = 63) -> str:
    """Return a DNS label (RFC 1123)."""
    if len(text) > limit or not _DNS_LABEL.fullmatch(text):
        raise ValueError(f"{text!r} is not a name of lower-case letters, digits and '-' (at most {limit} characters)")
    return text


def check_dns_subdomain(text: str) -> str:
    """Return a DNS subdomain, the form of most object names; an empty text means "not given"."""
    if text and (len(text) > 253 or not _DNS_SUBDOMAIN.fullmatch(text)):
        raise ValueError(f"{text!r} is not a name of lower-case letters, digits, '-' and '.'")
    return text


def check_qualified(text: str, what: str = "key") -> str:
    """Return a qualified name: ``name`` or ``prefix/name``."""
    prefix, slash, name = text.rpartition("/")
    bad_prefix = bool(slash) and (len(prefix) > 253 or not _DNS_SUBDOMAIN.fullmatch(prefix))
    if bad_prefix or len(name) > 63 or not _QUALIFIED.fullmatch(name):
        raise ValueError(f"{what} {text!r} must be of letters, digits, '-', '_' and '.', with an optional DNS prefix and '/'")
    return text


def labels(value: Any) -> dict[str, str]:
    """Read ``key=value`` labels (also of a node selector)."""

    def check(key: str, text: str) -> None:
        check_qualified(key, "label")
        if len(text) > 63 or not _LABEL_VALUE.fullmatch(text):
            raise ValueError(
                f"label {key}: the value {text!r} may have at most 63 letters, digits, '-', '_', '.', a letter or digit at both ends"
            )

    return pairs(value, check=check)


def annotation_map(value: Any) -> dict[str, str]:
    """Read ``key=value`` annotations."""
    return pairs(value, check=lambda key, text: check_qualified(key, "annotation"))


def env(value: Any) -> dict[str, str]:
    """Read ``NAME=value`` environment variables, split at the first ``=``."""

    def check(name: str, text: str) -> None:
        if not _ENV_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an environment variable (letters, digits, '_', '-' and '.', no digit first)")
        if "\0" in text:
            raise ValueError(f"{name}: the value contains a NUL character")

    return pairs(value, "NAME=VALUE", check)


def devices(value: Any) -> dict[str, str]:
    """Read ``vendor/resource=quantity`` extended resources."""

    def check(name: str, amount: str) -> None:
        if name == "nvidia.com/gpu":
            raise ValueError(f"use --gpus={amount} for nvidia.com/gpu")
        check_qualified(name, "resource")
        if "/" not in name:
            raise ValueError(f"{name!r} is not an extended resource (vendor/resource, such as amd.com/gpu)")
        if not re.fullmatch(r"\d+([kMGTPE]i?)?", amount):
            raise ValueError(f"{name}: {amount!r} is not a whole number")

    return pairs(value, "VENDOR/RESOURCE=QUANTITY", check)


def words(value: Any) -> tuple[str, ...]:
    """Read the command: one text, or a list of words."""
    return tuple(as_text(item, "command") for item in _items(value))


def names(value: Any) -> tuple[str, ...]:
    """Read a list of object names."""

    def read(item: Any) -> str:
        name = as_text(item, "name")
        if not name:
            raise ValueError("a name is empty")
        return check_dns_subdomain(name)

    return each(read, _items(value))
