"""What every job type must do."""

from __future__ import annotations

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import PLAIN_JOB_LABELS, plain_job_samples
from arena_model.analyze import plugin as analyze
from arena_model.evaluate import plugin as evaluate

KEYS = ("parallelism", "active", "ready", "failed", "suspend", "template")
OPTIMIZE = {"task": "optimize", "export_path": "/out", "report_path": ""}
BENCHMARK = {"task": "benchmark"}
EVALUATE = {"task": "evaluate", "model_config_file": ""}
BOARD = {"tensorboard": True, "report_path": "/reports"}


class TestModelJob(JobTypeConformance):
    plugin = analyze
    samples = plain_job_samples()
    operator_labels = PLAIN_JOB_LABELS
    keys = KEYS
    minimal = {"name": "x", "image": "busybox", "task": "profile", "model_config_file": "/m/config.yaml", "report_path": "/m/report"}
    full = {"gpus": 1, "cpu": "2", "memory": "4Gi", "env": ["A=b"], "data": ["claim:/m"], "model_name": "digits", **BOARD}
    effects = {
        "tensorboard": BOARD,
        "tensorboard_image": {**BOARD, "tensorboard_image": "board:1"},
        "logdir": {**BOARD, "logdir": "/logs"},
    }


class TestEvaluateJob(JobTypeConformance):
    plugin = evaluate
    samples = plain_job_samples()
    operator_labels = PLAIN_JOB_LABELS
    keys = KEYS
    minimal = {
        "name": "x",
        "image": "busybox",
        "model_name": "digits",
        "model_path": "/m",
        "dataset_path": "/d",
        "metrics_path": "/r",
    }
    full = {"gpus": 1, "cpu": "2", "memory": "4Gi", "env": ["A=b"], "data": ["claim:/m"], "model_version": "3", "command": "python e.py"}
