"""What a person may say of any job on a model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from arena_core.args import CpuMemoryArgs, JobArgs, PullPolicy, SyncArgs, WorkdirArgs, flag, values
from arena_core.contract.types import Problem
from arena_core.families.args import KueueArgs, SchedulingArgs, SharedGpuArgs, TensorboardArgs

#: A flag under each of the headings of help.
_model = partial(flag, group="Model")


class OnePodArgs(KueueArgs, TensorboardArgs, WorkdirArgs, SyncArgs, SharedGpuArgs, CpuMemoryArgs, SchedulingArgs, JobArgs):
    """Flags of a job with one pod that works on a model."""

    REQUIRES_COMMAND: ClassVar[bool] = False

    image_pull_policy: PullPolicy = flag(
        "IfNotPresent", help="When the image is pulled: Always, IfNotPresent or Never.", paths=("containers[].imagePullPolicy",)
    )
    retry: int = flag(0, help="How many failed pods are replaced before the job fails.", ge=0, paths=("spec.backoffLimit",))
    model_name: str = _model("", help="Name of the model; also a label of the job.", often=True, metavar="NAME")
    model_path: str = _model("", help="Where the model is, in the container.", often=True, metavar="PATH")
    dataset_path: str = _model("", help="Where the data for evaluating is, in the container.", often=True, metavar="PATH")

    def rules(self) -> Iterator[Problem]:
        """The model's name fits into a label."""
        yield from super().rules()
        try:
            values.labels({"modelName": self.model_name})
        except ValueError as error:
            yield Problem(str(error), "model_name")
