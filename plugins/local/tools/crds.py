"""Turn CustomResourceDefinition YAML into the gzipped JSON that a plugin ships.

    python plugins/local/tools/crds.py OUT_DIR FILE.yaml...

Writes ``OUT_DIR/<plural>.<group>.json.gz``. The same input always gives the same bytes: keys stay in order, the gzip header has
no time and no name. Descriptions inside the schemas go, they are nine tenths of the size; the top one of each kind stays.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import yaml


def _slim(schema: Any, depth: int = 0) -> Any:
    """Drop descriptions of a schema node; ``properties`` holds names, not keywords, so a field called description survives."""
    if isinstance(schema, list):
        return [_slim(item, depth + 1) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "description" and isinstance(value, str):
            if depth == 0:
                out[key] = value
        elif key in ("properties", "patternProperties", "definitions") and isinstance(value, dict):
            out[key] = {name: _slim(node, depth + 1) for name, node in value.items()}
        elif key in ("default", "enum", "example", "x-kubernetes-validations", "required"):
            out[key] = value
        else:
            out[key] = _slim(value, depth + 1)
    return out


def slim(crd: dict[str, Any]) -> dict[str, Any]:
    """Return the CRD without status and without descriptions below the top of each version's schema."""
    crd = {key: value for key, value in crd.items() if key != "status"}
    versions = []
    for version in crd["spec"]["versions"]:
        schema = version.get("schema", {}).get("openAPIV3Schema")
        versions.append({**version, "schema": {"openAPIV3Schema": _slim(schema)}} if schema else version)
    spec = {key: value for key, value in crd["spec"].items() if key != "conversion"}
    return {**crd, "spec": {**spec, "versions": versions}}


def pack(crd: dict[str, Any]) -> bytes:
    """Return the gzipped JSON of a CRD; equal input gives equal bytes."""
    text = json.dumps(slim(crd), separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def main(argv: list[str]) -> int:
    """Convert the files named on the command line."""
    if len(argv) < 2:
        sys.stderr.write("usage: crds.py OUT_DIR FILE.yaml...\n")
        return 2
    out = Path(argv[0])
    out.mkdir(parents=True, exist_ok=True)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for name in argv[1:]:
        for crd in yaml.load_all(Path(name).read_text(encoding="utf-8"), loader):
            if crd and crd.get("kind") == "CustomResourceDefinition":
                target = out / f"{crd['spec']['names']['plural']}.{crd['spec']['group']}.json.gz"
                target.write_bytes(pack(crd))
                sys.stdout.write(f"{target} {target.stat().st_size}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
