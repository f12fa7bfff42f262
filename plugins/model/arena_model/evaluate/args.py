"""What a person may say of an evaluation."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args import flag, values
from arena_core.contract.types import Problem
from arena_model.args import OnePodArgs

#: Field → variable by which the program in the image is told of it.
TOLD = {
    "model_name": "MODEL_NAME",
    "model_path": "MODEL_PATH",
    "model_version": "MODEL_VERSION",
    "dataset_path": "DATASET_PATH",
    "metrics_path": "METRICS_PATH",
}


class EvaluateJobArgs(OnePodArgs):
    """Flags of ``arena evaluate model``."""

    model_version: str = flag("", help="Version of the model; also a label of the job.", group="Model", metavar="VERSION")
    metrics_path: str = flag("", help="Where the metrics go, in the container.", group="Model", often=True, metavar="PATH")

    def rules(self) -> Iterator[Problem]:
        """What the program must be told is there, and is said in one way."""
        yield from super().rules()
        for field in ("model_name", "model_path", "dataset_path", "metrics_path"):
            if not getattr(self, field):
                yield Problem("is required", field)
        try:
            values.labels({"modelVersion": self.model_version})
        except ValueError as error:
            yield Problem(str(error), "model_version")

    def notes(self) -> Iterator[str]:
        """Whoever sets a variable of ours sees theirs."""
        yield from super().notes()
        yield from self.overridden(("JOB_ID", *TOLD.values()), "arena evaluate")
