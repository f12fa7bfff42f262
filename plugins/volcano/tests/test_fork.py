"""The Volcano Job inside the AppWrapper fork's jobs: ours means the same, and each difference has a name."""

from __future__ import annotations

from typing import Any

import pytest
from volcano_shared import arena_case, needs_shared

from arena_core.args import parse
from arena_volcano.args import VolcanoJobArgs
from arena_volcano.manifests import build

#: Flags of the wrapper itself.
WRAPPER = ("inner_type", "kueue_queue", "retry_limit", "warmup_grace_period", "failure_grace_period", "namespace")
#: The fork's defaults, as its wrapper hands them on.
DEFAULTS: dict[str, Any] = {"task_name": "worker", "task_max_retry": 10000, "share_memory": "2Gi", "queue": "", "min_available": 0}
#: path in the job → why it differs.
DIFFERENCES = {
    "volcano-role": "Arena's mark of the chief, by which Arena (Go) finds its logs",
    "PET_": "what torchrun reads; the fork sets only PET_NPROC_PER_NODE",
    "workload.codeflare.dev.appwrapper/": "L8: the wrapper's annotations do not belong on pods",
    "arena.kubeflow.org/": "identity, added by the command line",
    "^.metadata.annotations": "the wrapper keeps the job's annotations to itself",
    "labels.app": "the wrapper relabels",
    "labels.chart": "the wrapper relabels",
    "labels.createdBy": "the wrapper relabels",
    "labels.workload.codeflare.dev/appwrapper": "the wrapper labels",
}


def arguments(argv: list[str]) -> dict[str, Any]:
    raw: dict[str, Any] = dict(DEFAULTS)
    words = argv[2:]
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            raw["command"] = (word,)
            continue
        flag, sign, value = word[2:].partition("=")
        if not sign:
            value = words.pop(0)
        field = {"max_retry": "task_max_retry", "device": "devices", "toleration": "tolerations"}.get(
            flag.replace("-", "_"), flag.replace("-", "_")
        )
        if field in ("devices", "tolerations", "data"):
            raw.setdefault(field, []).append(value)
        elif field not in WRAPPER:
            raw[field] = value
    return raw


def leaves(node: Any, path: str = "") -> dict[str, Any]:
    if isinstance(node, dict):
        found: dict[str, Any] = {}
        for key, value in node.items():
            found |= leaves(value, f"{path}.{key}")
        return found
    if isinstance(node, list):
        found = {}
        for index, value in enumerate(node):
            found |= leaves(value, f"{path}[{value.get('name', value.get('key', index)) if isinstance(value, dict) else index}]")
        return found
    return {path: str(node)}


@needs_shared
@pytest.mark.parametrize("case", ["aw03-readme", "aw04-readme", "aw09-readme"])
def test_the_job_inside_means_the_same(case: str) -> None:
    recorded = arena_case(case)
    wrapper = next(obj for obj in recorded["objects"] if obj["kind"] == "AppWrapper")
    theirs = leaves(wrapper["spec"]["components"][0]["template"])
    ours = leaves(build(parse(VolcanoJobArgs, arguments(recorded["argv"])))[0])
    for path in sorted(set(theirs) | set(ours)):
        if not any(part in f"^{path}" for part in DIFFERENCES):
            assert ours.get(path) == theirs.get(path), path


@needs_shared
def test_what_the_fork_gets_wrong() -> None:
    storage = build(parse(VolcanoJobArgs, arguments(arena_case("aw08-readme")["argv"])))[0]  # refused by the fork: three lines
    container = storage["spec"]["tasks"][0]["template"]["spec"]["containers"][0]
    assert container["command"][2].count("\n") == 2
    colon = build(parse(VolcanoJobArgs, arguments(arena_case("aw14-cmd-colon")["argv"])))[0]
    assert colon["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["command"][2] == 'echo "lr: 0.1"'
    single = build(parse(VolcanoJobArgs, arguments(arena_case("aw12-retry0")["argv"])))[0]  # none of the environment for one replica
    names = {entry["name"] for entry in single["spec"]["tasks"][0]["template"]["spec"]["containers"][0]["env"]}
    assert {"MASTER_ADDR", "NNODES", "RANK", "WORLD_SIZE"} <= names
    git = build(parse(VolcanoJobArgs, {**arguments(arena_case("aw20-git")["argv"])}))[0]  # a repository called y
    init = git["spec"]["tasks"][0]["template"]["spec"]["initContainers"][0]
    assert {e["name"]: e["value"] for e in init["env"]}["GIT_SYNC_DEST"] == "y"
