"""What a person may say when submitting an AppWrapper: the wrapper's own flags; those of the type inside come on top."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any, ClassVar

from arena_core.args import BeforeValidator, Duration, WithJsonSchema, flag
from arena_core.contract.types import Jobs, Problem
from arena_core.families.args import KueueArgs
from arena_core.wrapping import Forced, Wrapper, WrapperArgs

WRAPPER = "AppWrapper"
#: A flag under each of the headings of help.
_appwrapper = partial(flag, group=WRAPPER)


def _exit_codes(value: Any) -> tuple[int, ...]:
    """Read ``3,10``, a number, or a list of either; each code is from 1 to 255."""
    parts = [value] if isinstance(value, str | int) else list(value)
    texts = [code.strip() for part in parts for code in str(part).split(",") if code.strip()]
    for text in texts:
        if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 255:
            raise ValueError(f"{text!r} is not an exit code from 1 to 255")
    return tuple(int(text) for text in texts)


ExitCodes = Annotated[
    tuple[int, ...],
    BeforeValidator(_exit_codes),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 255}}]}),
]


class AppWrapperArgs(KueueArgs, WrapperArgs):
    """The flags that the wrapper claims, whatever is inside: those of the AppWrapper fork of Arena with its defaults, and more."""

    NAME_LETTER_FIRST: ClassVar[bool] = True

    inner_type: str = _appwrapper(
        "", help="Job type inside: any installed one that can be wrapped.", often=True, metavar="TYPE", complete="type"
    )
    retry_limit: int = _appwrapper(3, help="How often a failed run is repeated; 0 makes the first failure final.", often=True, ge=0)
    admission_grace_period: Duration = _appwrapper(60, help="How long pods may take to be created after admission.")
    warmup_grace_period: Duration = _appwrapper(
        300, help="How long pods may take to be running after admission: longer than an image pull."
    )
    failure_grace_period: Duration = _appwrapper(
        60, help="How long a failed pod is left to its own controller before the run counts as failed."
    )
    retry_pause_period: Duration = _appwrapper(90, help="Pause between two runs.")
    success_ttl: Duration = _appwrapper(
        0,
        help="Delete the job inside and its pods this long after they were deployed, if it has succeeded; the AppWrapper itself stays. "
        "0: the operator's own limit, 7 days.",
    )
    forceful_deletion_grace_period: Duration = _appwrapper(0, help="Kill pods that have not ended after this time (0: the operator's 10m).")
    deletion_on_failure_grace_period: Duration = _appwrapper(
        0, help="Keep the pods of a failed job this long, so that their logs can be read."
    )
    terminal_exit_codes: ExitCodes = _appwrapper((), help="Exit codes that end the job without a retry.", metavar="3,10")
    retryable_exit_codes: ExitCodes = _appwrapper((), help="Only these exit codes are retried.", metavar="137,143")
    ttl_after_finished: Duration = _appwrapper(0, help="What other job types call --success-ttl.")

    def rules(self) -> Iterator[Problem]:
        """Periods in order, exit codes one way."""
        yield from super().rules()
        if self.admission_grace_period > self.warmup_grace_period:
            text = (
                f"{self.admission_grace_period}s is longer than the warm-up of {self.warmup_grace_period}s, which begins at the same time"
            )
            yield Problem(text, "admission_grace_period", "make --warmup-grace-period at least as long")
        for field in ("admission", "warmup", "failure", "forceful_deletion", "deletion_on_failure"):
            if getattr(self, f"{field}_grace_period") > 24 * 3600:
                yield Problem("the operator allows at most 24h", f"{field}_grace_period")
        if self.success_ttl >= 7 * 24 * 3600:
            yield Problem("the operator ignores a time of 7 days or more", "success_ttl", "leave it out: 7 days is the operator's default")
        if both := sorted(set(self.terminal_exit_codes) & set(self.retryable_exit_codes)):
            yield Problem(f"{both[0]} is also among --retryable-exit-codes", "terminal_exit_codes")


#: The operator counts the pods that have ended, so they stay; queues are the wrapper's.
FORCED = {
    "clean_task_policy": Forced("None", "its operator needs the pods to stay"),
    "ttl_after_finished": Forced(0),
    "kueue_queue": Forced(""),
    "kueue_priority_class": Forced(""),
    "queue": Forced(False, "the AppWrapper itself waits, in the queue of --kueue-queue"),
}
AROUND = Wrapper("appwrapperjob", AppWrapperArgs, "an AppWrapper", FORCED)


def model(jobs: Jobs) -> type[WrapperArgs]:
    """Return the argument model, which the type inside completes."""
    return AROUND.model(jobs)
