"""JobSet's kind, and the labels that its controller writes on Jobs and pods."""

from arena_core.contract.types import Resource

RESOURCE = Resource("jobset.x-k8s.io", "v1alpha2", "JobSet", "jobsets")
JOB = Resource("batch", "v1", "Job", "jobs")
PREFIX = "jobset.sigs.k8s.io/"
NAME, ROLE, JOB_INDEX = PREFIX + "jobset-name", PREFIX + "replicatedjob-name", PREFIX + "job-index"
