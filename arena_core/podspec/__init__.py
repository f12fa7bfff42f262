"""Pure builders for all the parts of a pod that job types share. No cluster, no clock, no randomness, nothing spliced into text.

A job type calls ``job_metadata`` for the object itself, ``pod_template`` once per role, and ``companions`` for what belongs to the
job besides (ConfigMaps of ``--config-file``, the PodGroup of ``--gang``, TensorBoard)::

    facts = JobFacts(app="pytorchjob", created_by="PyTorchJob", chart="pytorchjob-0.5.2", workers=4, total_gpus=8)
    template = pod_template(args, facts, Role(container="pytorch", cpu=args.cpu, memory=args.memory), min_member=args.workers)
    manifests = [job, *companions(args, facts, min_member=args.workers, chief_labels={...})]
"""

from arena_core.podspec.affinity import preferred, required, term
from arena_core.podspec.container import env_list, env_values, literal, main_container, resources, shell_command
from arena_core.podspec.extras import companions, gang_group
from arena_core.podspec.facts import JobFacts, Role
from arena_core.podspec.gang import (
    gang_annotations,
    gang_labels,
    pod_group,
    pod_group_name,
)
from arena_core.podspec.metadata import (
    GPUS_OF_JOB,
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
from arena_core.podspec.tensorboard import tensorboard
from arena_core.podspec.volumes import all_mounts, config_maps, volume_mounts_of, volumes_of

__all__ = [
    "GPUS_OF_JOB",
    "JobFacts",
    "Role",
    "all_mounts",
    "common_labels",
    "companions",
    "config_maps",
    "env_list",
    "env_values",
    "gang_annotations",
    "gang_group",
    "gang_labels",
    "host_namespaces",
    "init_containers",
    "job_annotations",
    "job_labels",
    "job_metadata",
    "literal",
    "main_container",
    "placement",
    "pod_annotations",
    "pod_group",
    "pod_group_name",
    "pod_labels",
    "pod_spec",
    "pod_template",
    "preferred",
    "required",
    "resources",
    "selector_labels",
    "shell_command",
    "tensorboard",
    "term",
    "toleration",
    "volume_mounts_of",
    "volumes_of",
]
