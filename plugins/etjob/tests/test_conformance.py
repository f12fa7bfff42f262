"""What every job type must do: both types on TrainingJobs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace

from arena_core.families.testing import USUAL, common
from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.samples import read_samples
from arena_etjob import plugin
from arena_etjob.args import ETJobArgs
from arena_etjob.deepspeed import plugin as deepspeed

SAMPLES = read_samples(Path(__file__).parent / "data" / "samples.json")
#: Nothing of the operator runs on the local cluster; its CRD is here for what is built to be held against.
CRD = Path(__file__).parent / "data" / "crds" / "trainingjobs.kai.alibabacloud.com.json.gz"
BUNDLE = SimpleNamespace(crds=lambda: [json.loads(gzip.decompress(CRD.read_bytes()))], quota=())
#: What a TrainingJob has no flag for, and the queue that does not know it, is left out.
SHARED = {
    **common(ETJobArgs.model_fields.keys() - {"kueue_queue", "kueue_priority_class"}),
    "roles": [{}, {"launcher_selectors": {"a": "b"}, "launcher_annotations": {"n": "1"}, "worker_annotations": {"n": "2"}}],
    "ssh": [{}, {"ssh_secret": "keys"}],
    "ends": [{}, {"job_restart_policy": "OnFailure", "job_backoff_limit": 2}, {"retry": 2}],
    "resources": [{}, {"gpus": 2, "cpu": "1.5", "memory": "4Gi", "devices": {"amd.com/gpu": "1"}, "rdma": True}],
    "gang": [{}, {"gang": True}, {"gang": True, "scheduler": "volcano"}],
}
KEYS = ("etReplicaSpecs", "launcher", "worker", "replicas", "phase", "currentWorkers", "restartCount", "training-job-role", "replica-index")
FULL = {**USUAL, "workers": 3, "scheduler": "volcano", "retry": 2}


class TestETJob(JobTypeConformance):
    plugin = plugin
    bundle = BUNDLE
    samples = SAMPLES
    matrix = {**SHARED, "elastic": [{}, {"workers": 2, "min_workers": 2, "max_workers": 9, "worker_restart_policy": "ExitCode"}]}
    operator_labels = ("training-job-name", "group-name")
    minimal = {"name": "x", "image": "et:1", "command": "horovodrun python train.py"}
    full = {**FULL, "min_workers": 2, "max_workers": 8, "spot_instance": True, "max_wait_time": "10m"}
    keys = KEYS
    effects = {"min_workers": {"workers": 2, "min_workers": 2}, "job_backoff_limit": {"job_backoff_limit": 3}}


class TestDeepSpeedJob(JobTypeConformance):
    plugin = deepspeed
    bundle = BUNDLE
    samples = SAMPLES
    matrix = SHARED
    operator_labels = ("training-job-name", "group-name")
    minimal = {"name": "x", "image": "ds:1", "command": "deepspeed train.py"}
    full = FULL
    keys = KEYS
