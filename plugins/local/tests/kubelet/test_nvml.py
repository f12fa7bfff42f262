"""Real GPUs: the driver's library is asked where it is there; in this test a module of the same functions stands in for it."""

from __future__ import annotations

import os
import subprocess
import sys
import types
from pathlib import Path

import pytest

from arena_local.context import Options
from arena_local.kubelet.nvml import Measured, Nvml
from arena_local.testing import LocalCluster

#: As nvidia-ml-py 12 and 13 have it; the second GPU is a partition, of which no duty is told.
PYNVML = """
class NVMLError(Exception): pass
class NVMLError_NotSupported(NVMLError): pass
class _Rates:
    gpu, memory = 63, 20
class _Memory:
    total, free, used = 80 << 30, 50 << 30, 30 << 30
def nvmlInit(): pass
def nvmlDeviceGetCount(): return 2
def nvmlDeviceGetHandleByIndex(index): return index
def nvmlDeviceGetUUID(handle): return f"GPU-{handle}" if handle else b"GPU-0"
def nvmlDeviceGetMemoryInfo(handle): return _Memory
def nvmlDeviceGetUtilizationRates(handle):
    if handle: raise NVMLError_NotSupported("Not Supported")
    return _Rates
"""


def module(**more):
    found = types.ModuleType("pynvml")
    exec(PYNVML, found.__dict__)
    found.__dict__.update(more)
    return found


def test_what_is_told_and_what_is_not():
    assert Nvml(module).measure() == [Measured(0, "GPU-0", 63.0, 30 << 30, 80 << 30), Measured(1, "GPU-1", None, 30 << 30, 80 << 30)]


def test_without_the_library_nothing_is_told_and_it_is_looked_for_once():
    looked = []

    def missing():
        looked.append(1)
        raise ModuleNotFoundError("No module named 'pynvml'")

    nvml = Nvml(missing)
    assert nvml.measure() == [] == nvml.measure() and len(looked) == 1


def test_a_driver_that_fails_may_come_back():
    def failing():
        raise RuntimeError("Driver Not Loaded")

    broken, works = module(nvmlInit=failing), module()
    answers = iter([broken, works])
    nvml = Nvml(lambda: next(answers))
    assert nvml.measure() == [] and len(nvml.measure()) == 2


def test_the_real_library_has_these_functions():
    pynvml = pytest.importorskip("pynvml", reason="nvidia-ml-py is not installed")
    fake = module()
    assert all(hasattr(pynvml, name) for name in vars(fake) if name.startswith(("nvml", "NVML")))


def test_top_shows_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pynvml.py").write_text(PYNVML)
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'GPU 0: A (UUID: GPU-0)'\necho 'GPU 1: A (UUID: GPU-1)'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with LocalCluster.start(Options()) as cluster:
        env = cluster.environment()

        def arena(*words: str) -> str:
            program = str(Path(sys.executable).with_name("arena"))
            done = subprocess.run([program, *words], env=env, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            return done.stdout + done.stderr

        arena("submit", "pytorchjob", "--name", "train", "--image", "i", "--gpus", "1", "sh -c 'echo $CUDA_VISIBLE_DEVICES; sleep 300'")
        arena("wait", "train", "--for", "running", "--timeout", "60s")
        node = arena("top", "node", "-d")
        assert "0      63.0%  30Gi/80Gi           train-master-0" in node and "1      N/A    30Gi/80Gi           N/A" in node, node
        assert "no Prometheus" not in node
        job = arena("top", "job", "train")
        assert "63.0%" in job and "30Gi/80Gi" in job, job
