"""``arena evaluate``: evaluate a model with an image of your own, by Arena's older command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli.command import Command
from arena_core.cli.views import NONE, status_word
from arena_model.commands import Kind, group
from arena_model.evaluate.names import APP

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2


def _row(job: Job) -> list[str]:
    return [job.name, job.labels.get("modelName", NONE), job.labels.get("modelVersion", NONE), status_word(job.status), job.created]


def start(word: str, words: Sequence[str]) -> Command:
    """Return the command that starts an evaluation."""
    from arena_core.cli.commands import submit
    from arena_core.cli.submit.named import under

    return under(
        submit.for_type(APP, words),
        "evaluate model",
        summary="evaluate a model with an image of your own",
        usage="arena evaluate model --name NAME --image IMAGE --model-name MODEL [flags] [COMMAND...]",
        details="Its environment tells the program what to do: MODEL_NAME, MODEL_PATH, MODEL_VERSION, DATASET_PATH, METRICS_PATH, JOB_ID.",
    )


KIND = Kind("evaluate", APP, ("NAME", "MODEL_NAME", "MODEL_VERSION", "STATUS", "CREATE_TIME"), _row)
COMMAND = group(KIND, start, ("model",), "evaluate a model with an image of your own")
