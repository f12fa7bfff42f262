"""What is built holds against the CRDs of the operators, strictly: no field that they do not know, none of another type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from arena_core.args import parse
from arena_core.registry import Registry
from arena_core.testing.comparing import packed_crd, strict_schema
from arena_core.testing.kit.wrapping import plain

KUBEDL, VOLCANO = ("arena_cron", "crons.apps.kubedl.io"), ("arena_volcano", "cronjobs.batch.volcano.sh")
FULL = {
    "name": "x", "image": "i", "command": ("true",), "schedule": "0 2 * * *", "time_zone": "Europe/Berlin",
    "concurrency_policy": "Forbid", "history_limit": 3, "suspended": True, "labels": {"a": "b"}, "annotations": {"c": "d"},
}  # fmt: skip


def crons() -> Iterator[tuple[str, str, tuple[str, str]]]:
    registry = Registry(environ={})
    for name in registry.names():
        if registry.get(name).job_type.workload == "batch":
            yield "kubedl-cron", name, KUBEDL
    yield "volcano-cron", "volcanojob", VOLCANO


@pytest.mark.parametrize(("cron", "kind", "crd"), [pytest.param(*row, id=f"{row[0]}-{row[1]}") for row in crons()])
def test_every_type_fits(cron: str, kind: str, crd: tuple[str, str]) -> None:
    handle = Registry(environ={}).get(cron)
    raw: dict[str, Any] = (
        dict(FULL)
        if cron == "volcano-cron"
        else {**plain(Registry(environ={}).get(kind)), **FULL, "cron_type": kind, "deadline": "2026-12-31T18:00:00Z"}
    )
    built = handle.build_manifests(parse(handle.args_model, raw))[0]
    jsonschema.validate(built, strict_schema(packed_crd(*crd)))
