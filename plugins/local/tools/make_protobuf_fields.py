"""Make ``arena_local/server/data/protobuf.json.gz``: the numbers of the fields of the built-in kinds in protobuf bodies.

Usage: ``python make_protobuf_fields.py KUBERNETES_API APIMACHINERY OUT.gz`` with two checkouts (or bare clones) of
github.com/kubernetes/api and github.com/kubernetes/apimachinery (Copyright The Kubernetes Authors, Apache-2.0). Of each message that
``builtin.json.gz`` defines it keeps: number -> [JSON name, kind, whether a zero is kept]. An empty name is a message whose fields
belong to the one around it. Kinds: s text, i number, b flag, y bytes, d float, T and M times, Q quantity, I number or text, D duration,
R raw JSON, L list of texts in a message of its own, a definition's name; ``[]`` and ``{}`` before one make lists and maps of it.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

DEFINITIONS = Path(__file__).parents[1] / "arena_local/server/data/builtin.json.gz"
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
SCALARS = {"string": "s", "bool": "b", "bytes": "y", "double": "d", "int32": "i", "int64": "i", "uint32": "i", "uint64": "i"}
SPECIAL = {"Time": "T", "MicroTime": "M", "Quantity": "Q", "IntOrString": "I", "Duration": "D", "FieldsV1": "R", "RawExtension": "R"}
#: Messages whose fields belong to the one around them, and which therefore have no definition of their own.
INLINE: tuple[str, ...] = (
    "core.v1.VolumeSource",
    "core.v1.PersistentVolumeSource",
    "core.v1.ProbeHandler",
    "core.v1.EphemeralContainerCommon",
)
INLINE += ("networking.v1.IngressRuleValue",)
LISTS = ("ExtraValue", "Verbs")
FIELD = re.compile(r"^  (?:(optional|repeated) )?(map<\w+, *[.\w]+>|[.\w]+) (\w+) = (\d+);")
MEMBER = re.compile(r'^\s+(?:\w+\s+)?(\S+)\s+`json:"([^"]*)"\s+protobuf:"\w+,(\d+)')


def show(repository: str, path: str) -> str:
    """Return a file of a repository's newest commit."""
    return subprocess.run(["git", "-C", repository, "show", f"HEAD:{path}"], check=True, capture_output=True, text=True).stdout


def blocks(text: str, opening: str) -> dict[str, list[str]]:
    """Return the lines of each ``message NAME {`` or ``type NAME struct {``."""
    found: dict[str, list[str]] = {}
    lines: list[str] | None = None
    for line in text.splitlines():
        start = re.match(opening, line)
        if start:
            lines = found.setdefault(start.group(1), [])
        elif line == "}":
            lines = None
        elif lines is not None:
            lines.append(line)
    return found


def kind_of(written: str, package: str, known: set[str]) -> str:
    """Return the kind of a type as the proto file writes it; empty for one that is not served."""
    last = written.rsplit(".", 1)[-1]
    if written in SCALARS:
        return SCALARS[written]
    if last in SPECIAL or last in LISTS:
        return SPECIAL.get(last, "L")
    name = package + written if "." not in written else "io" + written.removeprefix(".").join([".", ""]).replace(".k8s.io.", ".k8s.")
    return name if name in known else ""


def members(go: dict[str, list[str]], message: str) -> dict[str, tuple[str, bool]]:
    """Return number -> (JSON name, zero is kept) from the Go type."""
    found = {}
    for line in go.get(message, ()):
        match = MEMBER.match(line)
        if match:
            name, *options = match.group(2).split(",")
            found[match.group(3)] = (name, match.group(1).startswith("*") or (bool(name) and "omitempty" not in options))
    return found


def messages(repository: str, folder: str, package: str, known: set[str]) -> dict[str, dict[str, list[Any]]]:
    """Return the fields of the messages of one package."""
    proto = blocks(show(repository, f"{folder}/generated.proto"), r"message (\w+) \{")
    go = blocks(show(repository, f"{folder}/types.go"), r"type (\w+) struct \{")
    found: dict[str, dict[str, list[Any]]] = {}
    for message, lines in proto.items():
        if package + message not in known:
            continue
        names, fields = members(go, message), found.setdefault(package + message, {})
        for line in lines:
            match = FIELD.match(line)
            if match is None:
                continue
            label, written, own, number = match.groups()
            mark = "[]" if label == "repeated" else ""
            if written.startswith("map<"):
                mark, written = "{}", written[4:-1].split(",")[1].strip()
            kind = kind_of(written, package, known)
            name, kept = names.get(number, (own, False))
            if kind or name:
                fields[number] = [name, mark + kind, kept] if kind else [name, "", False]
    return {name: {number: row for number, row in fields.items() if row[1]} for name, fields in found.items()}


def main() -> None:
    """Write the table."""
    api, machinery, out = sys.argv[1:]
    known = set(json.loads(gzip.decompress(DEFINITIONS.read_bytes())))
    known |= {f"io.k8s.api.{name}" for name in INLINE}
    table = messages(machinery, "pkg/apis/meta/v1", META, known | {META + "Preconditions"})
    packages = {tuple(name.split(".")[3:5]) for name in known if name.startswith("io.k8s.api.")}
    for group, version in sorted(packages):
        table |= messages(api, f"{group}/{version}", f"io.k8s.api.{group}.{version}.", known)
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(table, separators=(",", ":"), sort_keys=True).encode())


if __name__ == "__main__":
    main()
