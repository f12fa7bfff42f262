"""Names of JobSet's API, and how many of what a JobSet has."""

from __future__ import annotations

from typing import Any

from arena_local.sdk.bundle import Obj

JOBSETS = "jobsets.jobset.x-k8s.io"
PREFIX = "jobset.sigs.k8s.io/"
NAME, REPLICATED, JOB_INDEX = PREFIX + "jobset-name", PREFIX + "replicatedjob-name", PREFIX + "job-index"
ATTEMPT = PREFIX + "restart-attempt"
CONTROLLER = PREFIX + "jobset-controller"
MANAGER = "jobset"
#: Annotations of the user's: the Jobs are to have a topology domain (a rack) each.
EXCLUSIVE, BY_SELECTOR = "alpha.jobset.sigs.k8s.io/exclusive-topology", "alpha.jobset.sigs.k8s.io/node-selector"


def entries(jobset: Obj) -> list[Obj]:
    """Return the replicated jobs."""
    return list((jobset.get("spec") or {}).get("replicatedJobs") or [])


def replicas(entry: Obj) -> int:
    """Return how many Jobs a replicated job has."""
    return max(int(entry.get("replicas", 1)), 0)


def pods_of(spec: Any) -> int:
    """Return how many pods of a Job's spec run at a time."""
    parallelism, completions = spec.get("parallelism", 1), spec.get("completions")
    return int(parallelism if completions is None else min(parallelism, completions))


def subdomain(jobset: Obj) -> str:
    """Return the name of the headless Service."""
    return str((jobset["spec"].get("network") or {}).get("subdomain") or jobset["metadata"]["name"])


def dns(jobset: Obj) -> bool:
    """Return whether the pods get names."""
    return bool((jobset["spec"].get("network") or {}).get("enableDNSHostnames"))


def role(job: Obj) -> str:
    """Return the replicated job that a Job is of."""
    return str((job["metadata"].get("labels") or {}).get(REPLICATED, ""))


def job_name(jobset: Obj, entry: Obj, index: int) -> str:
    """Return ``<jobset>-<replicated job>-<index>``."""
    return f"{jobset['metadata'].get('name', '')}-{entry.get('name', '')}-{index}"


def coordinator(jobset: Obj, chief: Obj) -> str:
    """Return the host name of the coordinator's pod."""
    name = jobset["metadata"]["name"]
    return f"{name}-{chief['replicatedJob']}-{chief.get('jobIndex', 0)}-{chief.get('podIndex', 0)}.{subdomain(jobset)}"
