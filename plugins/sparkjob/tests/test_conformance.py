"""What every job type must do."""

from __future__ import annotations

from pathlib import Path

from arena_core.families.testing import common
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_sparkjob import plugin
from arena_sparkjob.args import SparkJobArgs

FLAGS = {
    **common(SparkJobArgs.model_fields),
    "spark": [{}, {"jar": "local:///a.py", "command": ("10", "a b")}, {"spark_conf": ["spark.x=1"], "spark_version": "3.4.1"}],
    "resources": [{}, {"gpus": 1, "executor_cores": 2, "executor_memory": "2g", "driver_memory": "1g", "driver_cores": 2, "rdma": True}],
    "account": [{}, {"service_account": "mine"}],
    "gang": [{}, {"gang": True, "scheduler": "volcano"}],
}


class TestSparkJob(JobTypeConformance):
    plugin = plugin
    samples = read_samples(Path(__file__).parent / "data" / "samples.json")
    matrix = FLAGS
    operator_labels = ("sparkoperator.k8s.io/app-name",)
    minimal = {"name": "x", "image": "spark:3.5.0", "command": "10"}
    full = {
        "workers": 3,
        "gpus": 1,
        "env": ["A=b"],
        "data": ["claim:/data"],
        "gang": True,
        "scheduler": "volcano",
        "kueue_queue": "q",
        "retry": 2,
        "driver_memory": "1g",
        "jar": "local:///opt/app.py",
    }
    keys = ("applicationState", "state", "errorMessage", "driver", "executor", "instances", "template", "driverInfo", "spark-role")
