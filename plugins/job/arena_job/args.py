"""What a person may say when submitting a Job."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, Literal

from arena_core.args import ArgsGroup, BeforeValidator, CpuMemoryArgs, Duration, SharedMemoryArgs, WithJsonSchema, flag
from arena_core.contract.types import Problem
from arena_core.families.args import SubmitArgs

#: Set by the Job controller in every pod of an indexed Job, unless the pod has it.
INDEX_ENV = "JOB_COMPLETION_INDEX"
#: A flag under each of the headings of help.
_run_policy = partial(flag, group="Run policy")


def exit_codes(value: Any) -> tuple[int, ...]:
    """Read exit codes: numbers, or texts of them parted by commas; each once, in order."""
    items = value if isinstance(value, (list, tuple)) else [value]
    words = [word.strip() for item in items for word in (item.split(",") if isinstance(item, str) else [str(item)])]
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 255)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is not an exit code of a failure (1 to 255)")
    return tuple(sorted({int(word) for word in words}))


ExitCodes = Annotated[
    tuple[int, ...], BeforeValidator(exit_codes), WithJsonSchema({"type": "array", "items": {"type": ["integer", "string"]}})
]


class EndArgs(ArgsGroup):
    """How a Job ends."""

    running_timeout: Duration = _run_policy(
        0, help="Fail the job when it has run this long (1h30m; 0 = no limit).", paths=("spec.activeDeadlineSeconds",)
    )
    ttl_after_finished: Duration = _run_policy(
        0, help="Delete the job this long after its end (0 = never).", paths=("spec.ttlSecondsAfterFinished",)
    )


class BatchJobArgs(EndArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit job``."""

    workers: int = flag(1, help="How many pods run at a time.", ge=1, often=True, old=("parallelism",), paths=("spec.parallelism",))
    completions: int = flag(
        0, help="How many pods must succeed (0: as many as --workers).", ge=0, group="Job", often=True, paths=("spec.completions",)
    )
    completion_mode: Literal["", "Indexed", "NonIndexed"] = flag(
        "",
        help=f"Indexed: each pod has a number, in {INDEX_ENV}, and each number must succeed once. Default: Indexed for more than one pod.",
        group="Job",
        paths=("spec.completionMode",),
    )
    retry: int = flag(0, help="How many pods may fail, and be replaced, before the job fails.", ge=0, paths=("spec.backoffLimit",))
    retry_per_index: int = _run_policy(
        0,
        help="How often each number's pod may fail and be replaced; then that number has failed (indexed jobs; 0: --retry counts for all).",
        ge=0,
        paths=("spec.backoffLimitPerIndex",),
    )
    max_failed_indexes: int = _run_policy(
        0,
        help="With --retry-per-index: stop the whole job when more numbers have failed (0: let the others finish).",
        ge=0,
        paths=("spec.maxFailedIndexes",),
    )
    fail_on_exit_code: ExitCodes = _run_policy(
        (),
        help="Exit code that fails the whole job at once, without retries; repeatable.",
        metavar="CODE",
        paths=("spec.podFailurePolicy",),
    )

    @property
    def wanted(self) -> int:
        """How many pods must succeed."""
        return self.completions or self.workers

    @property
    def parallel(self) -> int:
        """How many pods run at a time: never more than must succeed."""
        return min(self.workers, self.wanted)

    @property
    def indexed(self) -> bool:
        """Whether the pods are numbered."""
        return self.completion_mode == "Indexed" or (not self.completion_mode and max(self.workers, self.wanted) > 1)

    def rules(self) -> Iterator[Problem]:
        """What counts numbers needs numbers; a gang starts as a whole."""
        yield from super().rules()
        if self.retry_per_index and not self.indexed:
            hint = "say --completion-mode=Indexed, or --retry"
            yield Problem("the pods have no numbers: this job is not indexed", "retry_per_index", hint)
        if self.retry_per_index and self.retry:
            yield Problem("--retry and --retry-per-index count the same failures", "retry_per_index", "give one of them")
        if self.max_failed_indexes and not self.retry_per_index:
            yield Problem("it counts numbers whose retries are used up", "max_failed_indexes", "give --retry-per-index, too")
        if self.max_failed_indexes > self.wanted:
            yield Problem(f"the job has only {self.wanted} numbers", "max_failed_indexes")

    def notes(self) -> Iterator[str]:
        """Say where more pods were asked for than there is work, and whose value of the index counts."""
        yield from super().notes()
        if self.workers > self.wanted:
            yield f"--workers {self.workers}: only {self.wanted} pods must succeed, so no more than {self.wanted} run at a time"
        if self.indexed and INDEX_ENV in self.variables:
            yield f"--env {INDEX_ENV}: your value hides the pod's own number, so every pod sees the same one"
