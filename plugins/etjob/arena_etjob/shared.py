"""What the hooks of both types do alike; reading commands load this, so what builds jobs is imported when it is asked for."""

from __future__ import annotations

from arena_core.contract.types import JOB_TYPE, JobType, Wrapping
from arena_core.families import hooks
from arena_core.k8s import dig
from arena_core.k8s.selectors import exactly
from arena_core.typed import TYPE_CHECKING
from arena_etjob import status as state
from arena_etjob.names import CONTAINER, DEEPSPEED, RESOURCE

if TYPE_CHECKING:
    from arena_core.contract.types import Manifest

PROVIDER = "the et-operator (kai.alibabacloud.com/v1alpha1), which Arena's own charts install"


#: What a wrapper does not count.
INSIDE = (
    "an AppWrapper sees only the launcher of a TrainingJob, because workers never end by themselves: a queue does not count what the "
    "workers ask for; and AppWrapper's operator needs rights on trainingjobs"
)


def is_deepspeed(job: Manifest) -> bool:
    """Whether a TrainingJob is one of DeepSpeed, by our label, or by that of Arena (Go)."""
    labels = dig.labels(job)
    return labels.get(JOB_TYPE, labels.get("app")) == DEEPSPEED


def job_type(name: str, args: str, summary: str, display: str, shorthand: str, otherwise: str = "") -> JobType:
    """Return what a type on TrainingJobs is."""
    return JobType(
        name=name,
        resource=RESOURCE,
        args=args,
        summary=summary,
        display=display,
        shorthand=shorthand,
        selectors=lambda job: exactly(state.pod_labels(job)),
        container=CONTAINER,
        matches=is_deepspeed if name == DEEPSPEED else None,
        wrapping=Wrapping(warn=hooks.warning(INSIDE)),
        scale=state.scale if name != DEEPSPEED else lambda job: (),
        scale_check=lambda job: (
            "DeepSpeed was started with the workers that there were" if name == DEEPSPEED else "the et-operator looks at it while it runs"
        ),
        provider=PROVIDER,
        operator="et-operator",
        otherwise=otherwise,
    )
