"""What a person may say of an analysis, and the command that it is for the program in the image."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from functools import partial
from typing import ClassVar, Literal

from arena_core.args import JobArgs, SyncArgs, flag
from arena_core.contract.types import Problem
from arena_model.args import OnePodArgs

PROGRAM = ("python", "easy_inference/main.py")
TASKS = ("profile", "optimize", "benchmark", "evaluate")
#: Task → the fields that its command names, in order; the first ones must be given.
TOLD: Mapping[str, tuple[str, ...]] = {
    "profile": ("model_config_file", "report_path"),
    "optimize": ("optimizer", "model_config_file", "export_path"),
    "benchmark": ("model_config_file", "report_path", "concurrency", "requests", "duration"),
    "evaluate": ("model_path", "model_platform", "dataset_path", "batch_size", "report_path"),
}
NEEDED: Mapping[str, tuple[str, ...]] = {
    "profile": ("model_config_file", "report_path"),
    "optimize": ("model_config_file", "export_path"),
    "benchmark": ("model_config_file", "report_path"),
    "evaluate": (),
}
#: Flags that some tasks have alone.
ONLY: Mapping[str, tuple[str, ...]] = {
    "report_path": ("profile", "benchmark", "evaluate"),
    **dict.fromkeys(("tensorboard", "tensorboard_image", "logdir"), ("profile",)),
    **dict.fromkeys(("optimizer", "target_device", "export_path"), ("optimize",)),
    **dict.fromkeys(("concurrency", "requests", "duration"), ("benchmark",)),
    **dict.fromkeys(("model_platform", "dataset_path", "batch_size"), ("evaluate",)),
    **dict.fromkeys(SyncArgs.model_fields.keys() - JobArgs.model_fields.keys(), ("evaluate",)),
}
#: All that is meant for the program.
_ABOUT = {"inputs", "outputs", "target_device", *(field for told in TOLD.values() for field in told)}
#: A flag under each of the headings of help.
_model = partial(flag, group="Model")
_optimize = partial(flag, group="Optimize")
_benchmark = partial(flag, group="Benchmark")


class ModelJobArgs(OnePodArgs):
    """Flags of ``arena model analyze TASK``."""

    OWN_LABELS: ClassVar[frozenset[str]] = OnePodArgs.OWN_LABELS | {"type"}

    task: Literal["profile", "optimize", "benchmark", "evaluate"] = _model(
        help="What to do with the model: profile, optimize, benchmark or evaluate.", often=True
    )
    model_config_file: str = _model("", help="File that describes the model, in the container.", often=True, metavar="PATH")
    inputs: str = _model("", help="Inputs of the model.", metavar="TEXT")
    outputs: str = _model("", help="Outputs of the model.", metavar="TEXT")
    report_path: str = _model("", help="Where the report goes, in the container.", often=True, metavar="PATH")
    optimizer: str = _optimize("tensorrt", help="What optimizes the model.", min_length=1, metavar="NAME")
    target_device: str = _optimize("gpu", help="What it is optimized for.", metavar="DEVICE")
    export_path: str = _optimize("", help="Where the optimized model goes, in the container.", often=True, metavar="PATH")
    concurrency: int = _benchmark(0, help="How many requests at a time (0: as the program likes).", ge=0)
    requests: int = _benchmark(0, help="How many requests in all (0: as the program likes).", ge=0)
    duration: int = _benchmark(0, help="How long it asks, in seconds (0: as the program likes).", ge=0, metavar="SECONDS")
    model_platform: str = flag("", help="What the model is made with.", group="Evaluate", metavar="NAME")
    batch_size: int = flag(1, help="How much of the data at a time.", ge=1, group="Evaluate")
    logdir: str = flag("", help="Folder in which TensorBoard looks (default: --report-path).", group="TensorBoard", metavar="PATH")

    def board_folder(self) -> str:
        """TensorBoard shows the report."""
        return self.logdir or self.report_path

    @property
    def command_line(self) -> str | None:
        """The user's own command, or the one that the flags are for the program in the image."""
        return super().command_line or shlex.join([*PROGRAM, self.task, *self._told()])

    def _told(self) -> Iterator[str]:
        for field in TOLD[self.task]:
            if value := getattr(self, field):
                yield f"--{field.replace('_', '-')}={value}"

    def rules(self) -> Iterator[Problem]:
        """What the program needs is there, and nothing is said of another task."""
        yield from super().rules()
        for field in NEEDED[self.task] if not self.command else ():
            if not getattr(self, field):
                yield Problem("is required", field, "or give a command of your own")
        for field in sorted(self.model_fields_set & ONLY.keys()):
            if self.task not in ONLY[field]:
                yield Problem(f"is a flag of {' and '.join(ONLY[field])}, not of {self.task}", field)

    def notes(self) -> Iterator[str]:
        """Say what the program is not told."""
        yield from super().notes()
        heard = set() if self.command else set(TOLD[self.task])
        if self.tensorboard and not self.logdir:
            heard.add("report_path")  # TensorBoard shows it
        why = "your own command runs instead of the program" if self.command else f"{' '.join(PROGRAM)} {self.task} is not told of it"
        for field in sorted(self.model_fields_set & _ABOUT - heard):
            yield f"--{field.replace('_', '-')} has no effect: {why}"
