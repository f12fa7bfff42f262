"""What each type needs beyond name, image and command, for tests that build a job of every one."""

from __future__ import annotations

from typing import Any

NEEDS: dict[str, dict[str, Any]] = {
    "tf-serving": {"model_name": "m", "model_path": "/m", "version": "v1"},
    "triton-serving": {"model_repository": "/m", "version": "v1"},
    "kserve": {"version": "v1", "port": 8080},
    "seldon-serving": {"version": "v1", "model_uri": "s3://m", "implementation": "SKLEARN_SERVER"},
    "custom-serving": {"version": "v1", "restful_port": 8000},
    "distributed-serving": {"version": "v1", "restful_port": 8000},
    "cron": {"schedule": "@daily"},
    "kubedl-cron": {"schedule": "@daily"},
    "volcano-cron": {"schedule": "@daily"},
    "evaluatejob": {"model_name": "m", "model_path": "/m", "dataset_path": "/d", "metrics_path": "/x"},
    "modeljob": {"task": "profile", "model_name": "m", "model_config_file": "/c"},
}
