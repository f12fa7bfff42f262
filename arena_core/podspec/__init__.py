"""Pure builders for all the parts of a pod that job types share. No cluster, no clock, no randomness, nothing spliced into text.

A job type calls ``job_metadata`` for the object itself, ``pod_template`` once per role, and ``arena_core.families.companions`` for what
belongs to the job besides (ConfigMaps of ``--config-file``, the PodGroup of ``--gang``, TensorBoard)::

    facts = JobFacts(app="thingjob", created_by="ThingJob", chart="thingjob-1.0", workers=4, total_gpus=8)
    template = pod_template(args, facts, Role(container="main", cpu=args.cpu, memory=args.memory), min_member=args.workers)
    manifests = [job, *companions(args, facts, min_member=args.workers, chief_labels={...})]
"""

from arena_core.podspec.affinity import preferred, required, term
from arena_core.podspec.container import (
    env_from,
    env_list,
    env_references,
    env_values,
    environment,
    literal,
    main_container,
    resources,
    shell_command,
    shell_words,
)
from arena_core.podspec.facts import JobFacts, Role
from arena_core.podspec.metadata import (
    GPUS_OF_JOB,
    beside_labels,
    common_labels,
    job_annotations,
    job_labels,
    job_metadata,
    pod_annotations,
    pod_labels,
    selector_labels,
)
from arena_core.podspec.pod import host_namespaces, placement, pod_spec, pod_template, toleration
from arena_core.podspec.sync import init_containers
from arena_core.podspec.volumes import all_mounts, config_maps, volume_mounts_of, volumes_of
from arena_core.podspec.workdir import parcel_mounts, unpacking

__all__ = [
    "GPUS_OF_JOB",
    "JobFacts",
    "Role",
    "all_mounts",
    "beside_labels",
    "common_labels",
    "config_maps",
    "env_from",
    "env_list",
    "env_references",
    "env_values",
    "environment",
    "host_namespaces",
    "init_containers",
    "job_annotations",
    "job_labels",
    "job_metadata",
    "literal",
    "main_container",
    "parcel_mounts",
    "placement",
    "pod_annotations",
    "pod_labels",
    "pod_spec",
    "pod_template",
    "preferred",
    "required",
    "resources",
    "selector_labels",
    "shell_command",
    "shell_words",
    "term",
    "toleration",
    "unpacking",
    "volume_mounts_of",
    "volumes_of",
]
