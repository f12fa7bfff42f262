"""``arena model analyze``: profile, optimize, benchmark or evaluate a model in a Job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from arena_core.cli import views
from arena_core.cli.command import Command
from arena_core.cli.views import NONE
from arena_core.k8s import duration, time
from arena_model.analyze.names import APP, TASK
from arena_model.commands import Kind, group

if TYPE_CHECKING:
    from arena_core.usecases.views import Job

TASKS = ("profile", "optimize", "benchmark", "evaluate")


def _row(job: Job) -> list[str]:
    ran, age = duration.compact(views.duration(job)), duration.compact(time.seconds_between(job.created))
    return [job.name, views.status_word(job.status), job.labels.get(TASK, NONE), ran, age, str(job.requested_gpus)]


def start(word: str, words: Sequence[str]) -> Command:
    """Return the command that starts an analysis; it has the flags of this task alone."""
    from arena_core.cli.commands import submit
    from arena_core.cli.submit.named import under
    from arena_model.analyze.args import ONLY

    found = submit.for_type(APP, ["--task", word, *words])
    others = {field: tasks for field, tasks in ONLY.items() if word not in tasks}
    elsewhere = {flag.flag: others[flag.name] for flag in found.flags if flag.name in others}

    def unknown(flag: str) -> str:
        tasks = elsewhere.get(flag, ())
        return f"it belongs to {' and '.join(tasks)}" if tasks else ""

    path = f"model analyze {word}"
    return under(
        found,
        path,
        fixed={"task": word},
        summary=f"{word} a model in a Job",
        usage=f"arena {path} --name NAME --image IMAGE [flags] [COMMAND...]",
        details="Without a command the program of the image is run, `python easy_inference/main.py`, with what the flags say.",
        flags=tuple(flag for flag in found.flags if flag.name not in others),
        unknown=unknown,
    )


KIND = Kind("model analyze", APP, ("NAME", "STATUS", "TYPE", "DURATION", "AGE", "GPU(Requested)"), _row, TASK, TASKS)
COMMAND = group(KIND, start, TASKS, "profile, optimize, benchmark or evaluate a model in a Job")
