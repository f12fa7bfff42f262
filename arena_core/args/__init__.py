"""The argument model: what a person may say when submitting a job, as models whose fields are flags.

A job type composes the groups that it takes and adds fields; ``arena_core.families.args`` has the groups that name a system (Kueue,
TensorBoard) and ``SubmitArgs``, all of Arena's common flags::

    class EchoArgs(CpuMemoryArgs, JobArgs):
        times: int = flag(1, help="How often to say it.", ge=1)

The command line, the job file, its JSON Schema and the reference pages all come from these fields. A class of arguments has the fields and
methods of pydantic's models, and takes what pydantic offers for fields; as long as values are right and nothing of pydantic's is used, it
is read without importing pydantic, which costs more than the rest of a submission.
"""

from arena_core.args.fields import (
    AnnotationMap,
    ConfigFiles,
    DataMounts,
    DeviceMap,
    Duration,
    EnvMap,
    EnvSources,
    HostDirs,
    Image,
    LabelMap,
    Names,
    ObjectName,
    Patches,
    Processes,
    Quantity,
    Tolerations,
    Words,
)
from arena_core.args.flags import FlagSpec, field_for_key, flag, flag_name, flag_specs, meta_of, spellings
from arena_core.args.groups import (
    ArgsGroup,
    Extra,
    JobArgs,
    MetadataArgs,
    PodArgs,
    ProblemsFound,
    PullPolicy,
    WorkerArgs,
)
from arena_core.args.image import check_image
from arena_core.args.markers import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema, field_validator
from arena_core.args.more import CpuMemoryArgs, SharedMemoryArgs, SyncArgs
from arena_core.args.mounts import ConfigFile, DataMount, HostDir
from arena_core.args.overlays import Patch
from arena_core.args.preset import Preset, command_words
from arena_core.args.reading import chosen_model, field_for_path, json_schema, parse, problems_from_validation_error, to_job_file, to_record
from arena_core.args.sources import EnvSource
from arena_core.args.tolerations import Toleration
from arena_core.args.values import check_dns_label, check_dns_subdomain
from arena_core.args.workdir import WorkdirArgs, WorkFolder, must_be_brought

__all__ = [
    "AfterValidator",
    "AnnotationMap",
    "ArgsGroup",
    "BeforeValidator",
    "ConfigFile",
    "ConfigFiles",
    "CpuMemoryArgs",
    "DataMount",
    "DataMounts",
    "DeviceMap",
    "Duration",
    "EnvMap",
    "EnvSource",
    "EnvSources",
    "Extra",
    "FlagSpec",
    "HostDir",
    "HostDirs",
    "Image",
    "JobArgs",
    "LabelMap",
    "MetadataArgs",
    "Names",
    "ObjectName",
    "PlainSerializer",
    "PodArgs",
    "Patch",
    "Patches",
    "Preset",
    "Processes",
    "ProblemsFound",
    "PullPolicy",
    "Quantity",
    "SharedMemoryArgs",
    "SyncArgs",
    "Toleration",
    "Tolerations",
    "WithJsonSchema",
    "WorkFolder",
    "Words",
    "WorkdirArgs",
    "WorkerArgs",
    "check_dns_label",
    "check_dns_subdomain",
    "check_image",
    "chosen_model",
    "command_words",
    "field_for_key",
    "field_for_path",
    "field_validator",
    "flag",
    "flag_name",
    "flag_specs",
    "json_schema",
    "meta_of",
    "must_be_brought",
    "parse",
    "problems_from_validation_error",
    "spellings",
    "to_job_file",
    "to_record",
]
