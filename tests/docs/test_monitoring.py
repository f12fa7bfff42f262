"""The example of a monitoring set-up: strict against the API, and Prometheus's own tool reads its configuration."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena_core.kube.resources import path_of, resource_of
from arena_core.usecases.top.gpus import METRICS
from arena_core.usecases.top.prometheus import MARKS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "monitoring"


def documents(name: str) -> list[dict[str, Any]]:
    return [doc for doc in yaml.safe_load_all((EXAMPLE / name).read_text()) if doc]


@pytest.mark.parametrize("name", ["dcgm-exporter.yaml", "prometheus.yaml", "access.yaml"])
def test_the_api_takes_every_field(local_cluster: Any, name: str) -> None:
    where = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}}
    local_cluster.request("POST", "/api/v1/namespaces", where)
    for obj in documents(name):
        if obj["kind"] == "Namespace":
            continue
        path = path_of(resource_of(obj["apiVersion"], obj["kind"]), obj["metadata"].get("namespace", ""))
        code, answer = local_cluster.request("POST", f"{path}?dryRun=All&fieldValidation=Strict", obj)
        assert code == 201, (obj["kind"], answer)


def test_the_service_is_one_that_is_found() -> None:
    (service,) = (obj for obj in documents("prometheus.yaml") if obj["kind"] == "Service")
    labels = [f"{key}={value}" for key, value in service["metadata"]["labels"].items()]
    assert any(mark in labels and port == service["spec"]["ports"][0]["port"] for mark, port in MARKS)


def test_the_page_names_every_metric_and_mark() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    for name in METRICS:
        assert name in page or f"...{name[name.rindex('_') :]}" in page, name
    for mark, _ in MARKS:
        assert mark in page, mark


def test_prometheus_reads_its_configuration_and_rules(tmp_path: Path) -> None:
    tool = shutil.which("promtool")
    if tool is None:
        assert not os.environ.get("ARENA_TEST_NEEDS_PROMETHEUS"), "promtool is missing (Debian, Ubuntu: the package prometheus)"
        pytest.skip("promtool is not installed (Debian, Ubuntu: the package prometheus)")
    (config,) = (obj for obj in documents("prometheus.yaml") if obj["kind"] == "ConfigMap")
    for name, text in config["data"].items():
        (tmp_path / name).write_text(text.replace("/etc/prometheus/", f"{tmp_path}/"))
    done = subprocess.run([tool, "check", "config", str(tmp_path / "prometheus.yml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rules found" in done.stdout
