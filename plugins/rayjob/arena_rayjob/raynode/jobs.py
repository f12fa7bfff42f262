"""Commands that the stand-in runs in the head's pod, with the states and messages of Ray's job manager."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MISSING = "Ray is not installed on this machine, where the local cluster runs its pods (pip install 'ray[default]')"
NOTICE = f"[arena] {MISSING}: this command runs as a plain process, without a Ray cluster.\n"
TAIL = 20_000
_TOLD = {
    "PENDING": "Job has not started yet.",
    "RUNNING": "Job is currently running.",
    "SUCCEEDED": "Job finished successfully.",
    "STOPPED": "Job was intentionally stopped.",
}


@dataclass
class Job:
    """One command."""

    id: str
    entrypoint: str
    environ: Mapping[str, str]
    log: Path
    status: str = "PENDING"
    code: int = 0
    start: int = 0
    end: int = 0
    process: subprocess.Popen[bytes] | None = None
    asked_to_stop: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Run the command to its end."""
        with self.lock, self.log.open("wb") as out:
            if self.asked_to_stop:
                self.status = "STOPPED"
                return
            out.write(f"{NOTICE}Running entrypoint for job {self.id}: {self.entrypoint}\n".encode())
            out.flush()
            self.start, self.status = _now(), "RUNNING"
            self.process = subprocess.Popen(
                self.entrypoint,
                shell=True,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=dict(self.environ),
                start_new_session=True,
            )
        self.code = self.process.wait()
        self.end = _now()
        self.status = "STOPPED" if self.asked_to_stop else "SUCCEEDED" if self.code == 0 else "FAILED"

    def stop(self) -> None:
        """End the command with everything that it has started."""
        with self.lock:
            self.asked_to_stop = True
            if self.process is not None and self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGTERM)

    def info(self) -> dict[str, Any]:
        """Return what the dashboard says of it."""
        message = _TOLD.get(self.status) or self._failure()
        found = {"type": "SUBMISSION", "submission_id": self.id, "entrypoint": self.entrypoint, "status": self.status, "message": message}
        times = {"start_time": self.start, "end_time": self.end}
        return {**found, **{key: value for key, value in times.items() if value}}

    def output(self) -> str:
        """Return the log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _failure(self) -> str:
        code = self.code if self.code >= 0 else 128 - self.code
        told = f"Job entrypoint command failed with exit code {code}, last available logs (truncated to 20,000 chars):"
        return f"{told}\n{self.output()[-TAIL:]}"


class Jobs:
    """All commands of a head."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._folder = Path(tempfile.mkdtemp(prefix="ray-jobs-"))
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def get(self, job_id: str) -> Job | None:
        """Return a command."""
        return self._jobs.get(job_id)

    def all(self) -> list[dict[str, Any]]:
        """Return what the dashboard says of all of them."""
        return [job.info() for job in self._jobs.values()]

    def submit(self, body: Mapping[str, Any]) -> str:
        """Start a command; raises ``ValueError`` where its id is taken, or there is no command."""
        entrypoint, job_id = str(body.get("entrypoint") or ""), str(body.get("submission_id") or f"raysubmit_{time.time_ns():x}")
        if not entrypoint.strip():
            raise ValueError("there is no entrypoint")
        env = (body.get("runtime_env") or {}).get("env_vars") or {}
        environ = {**self._environ, **{str(key): str(value) for key, value in env.items()}, "RAY_JOB_SUBMISSION_ID": job_id}
        with self._lock:
            if job_id in self._jobs:
                raise ValueError(f"Job with submission_id {job_id} already exists. Please use a different submission_id.")
            job = self._jobs[job_id] = Job(job_id, entrypoint, environ, self._folder / f"{len(self._jobs)}.log")
        threading.Thread(target=job.run, daemon=True).start()
        return job_id


def _now() -> int:
    return int(time.time() * 1000)
