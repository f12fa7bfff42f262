"""``--workdir`` of every installed type, also of one inside another: what is built, and what is remembered."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from arena_core.args import parse, to_job_file, to_record
from arena_core.contract.types import Instance
from arena_core.podwords import cause_of
from arena_core.registry import Registry

MINIMAL: dict[str, Any] = {"name": "x", "image": "i", "command": "true"}


def tree(root: Path, name: str) -> Path:
    (root / name).write_text(name)
    return root


#: What must be said of some types besides.
NEEDED = {
    "modeljob": {"task": "profile", "model_config_file": "/m/c", "report_path": "/m/r", "command": ""},
    "evaluatejob": {"model_name": "m", "model_path": "/m", "dataset_path": "/d", "metrics_path": "/r"},
}


def test_what_is_remembered_names_the_whole_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`arena clone` may be called from anywhere; of a type inside another, too."""
    monkeypatch.chdir(tree(tmp_path, "a"))
    for name in ("job", "appwrapperjob"):
        args = parse(Registry().get(name).args_model, {**MINIMAL, "workdir": "."})
        assert to_job_file(name, args)["workdir"] == "."
        assert to_record(name, args)["workdir"] == str(tmp_path)


TYPES = [name for name in Registry().names() if Registry().get(name).job_type.workload != "service"]


@pytest.mark.parametrize("name", TYPES)
def test_every_training_type_brings_it(name: str, tmp_path: Path) -> None:
    """Each container that runs what the user typed finds the folder at its working directory, and the archive is there before the job."""
    handle = Registry().get(name)
    raw = {"name": "x", "image": "i", "command": "python train.py", "workdir": str(tree(tmp_path, "train.py"))}
    raw = {key: value for key, value in {**raw, **NEEDED.get(name, {})}.items() if value}
    if "schedule" in handle.args_model.model_fields:
        raw["schedule"] = "@daily"
    args = parse(handle.args_model, raw)
    job, *others = handle.build_manifests(args)
    (parcel,) = [obj for obj in others if obj["metadata"]["name"].startswith("workdir-")]
    assert parcel["metadata"]["annotations"]["arena.kubeflow.org/created-before-the-job"] == "true"
    digest = parcel["metadata"]["annotations"]["arena.kubeflow.org/workdir"]
    if "schedule" not in raw:
        assert job["metadata"]["annotations"]["arena.kubeflow.org/workdir"] == digest
    where = [job, *(obj["data"]["job.json"] for obj in others if isinstance((obj.get("data") or {}).get("job.json"), dict))]
    specs = [spec for obj in where for spec in _pod_specs(obj) if any(v["name"] == "workdir" for v in spec.get("volumes", ()))]
    assert specs
    for spec in specs:
        assert {"name": "workdir-parcel", "configMap": {"name": parcel["metadata"]["name"]}} in spec["volumes"]
        main = spec["containers"][0]
        assert {"name": "workdir", "mountPath": "/workdir"} in main["volumeMounts"]
        if name == "trainjob":
            assert job["spec"]["trainer"]["command"][3:5] == ["/arena-workdir/workdir.tar.gz", "/workdir"]
            continue
        assert main["workingDir"] == "/workdir"
        (unpacks,) = [one for one in spec["initContainers"] if one["name"] == "workdir"]
        assert unpacks["image"] == main["image"] or name == "sparkjob"


def test_what_is_too_large_to_travel_is_waited_for(tmp_path: Path) -> None:
    """Then no object holds it: an empty place does, and the pods say what they wait for. A cron refuses it: nobody is there to bring it."""
    (tmp_path / "big").write_bytes(os.urandom(1_000_000))
    raw = {"name": "x", "image": "i", "command": "true", "workdir": str(tmp_path)}
    handle = Registry().get("job")
    args = parse(handle.args_model, raw)
    (job,) = handle.build_manifests(args)
    spec = job["spec"]["template"]["spec"]
    assert {"name": "workdir-parcel", "emptyDir": {}} in spec["volumes"]
    waiting = {"initContainerStatuses": [{"name": "workdir", "state": {"running": {}}}], "phase": "Pending"}
    pod = {"metadata": {"name": "x-0", "labels": {"release": "x"}}, "spec": {**spec, "nodeName": "n"}, "status": waiting}
    cause = cause_of(pod, Instance("x-0", "worker", phase="Pending"))
    assert cause is not None
    assert (cause.message, cause.hint) == ("x-0 waits for its working directory", "`arena workdir push x` brings it")
    cron = Registry().get("cron")
    found = cron.validate(parse(cron.args_model, {**raw, "schedule": "@daily", "cron_type": "job"}))
    assert [problem.field for problem in found] == ["workdir"]
    held = {**raw, "workdir_claim": "code"}
    assert not cron.validate(parse(cron.args_model, {**held, "schedule": "@daily", "cron_type": "job"}))
    (job,) = handle.build_manifests(parse(handle.args_model, held))
    spec = job["spec"]["template"]["spec"]
    assert {"name": "workdir-parcel", "persistentVolumeClaim": {"claimName": "code"}} in spec["volumes"]
    assert spec["initContainers"][0]["volumeMounts"][0]["subPath"] == ".arena-workdirs"


def _pod_specs(value: Any) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) and isinstance(value.get("containers"), list) else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [spec for one in inner for spec in _pod_specs(one)]
