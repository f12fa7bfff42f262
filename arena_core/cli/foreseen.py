"""What is to be expected of a job, in a line and the reasons for it."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.flags import Parsed
from arena_core.cli.foreign import one_line
from arena_core.cli.output import wants_data, write
from arena_core.cli.terminal import note, say
from arena_core.k8s import duration
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import small
    from arena_core.usecases.whatif.ask import Foreseen

#: So many names are shown; there may be hundreds.
_SHOWN = 5


def show(parsed: Parsed, found: Foreseen) -> int:
    """Print it as a sentence or as data; what could not be seen goes to stderr."""
    if wants_data(parsed):
        write(parsed, as_data(found))
        return 0
    for line in lines(found):
        say(one_line(line))
    for text in found.notes:
        note(f"note: {text}")
    return 0


def lines(found: Foreseen) -> list[str]:
    """Return the sentence and, indented, what belongs to it."""
    forecast = found.forecast
    rows = [sentence(found)]
    rows += [f"  {reason}" for reason in forecast.reasons]
    if forecast.verdict == "waits" and forecast.before:
        rows.append(f"  first: {_names(forecast.before)}")
    if fewer := found.fewer:
        less = f": {fewer.gpus} GPU{'s' if fewer.gpus != 1 else ''} less" if fewer.gpus else ""
        rows.append(f"  -> with --{fewer.field} {fewer.value} instead of {fewer.asked} it would start now{less}")
    return rows


def sentence(found: Foreseen) -> str:
    """Return the verdict in one sentence."""
    forecast, would = found.forecast, "will" if found.live else "would"
    who = f"{found.job_type} {found.name}"
    if forecast.verdict == "now":
        return f"{who} has all its instances placed" if found.live else f"{who} would start now"
    if forecast.verdict == "preempts":
        return f"{who} {would} start now in the place of {_names(forecast.preempts)}"
    if forecast.verdict == "never":
        return f"{who} {would} never start: it does not fit even when nothing else runs"
    if forecast.verdict == "unknown":
        return f"whether {who} {would} start cannot be told"
    count = len(forecast.before)
    behind = f"waits behind {count} job{'s' if count != 1 else ''}" if count else "waits until others end"
    said = f"{who} {behind}" if found.live else f"{who} {behind.replace('waits', 'would wait', 1)}"
    if forecast.seconds is not None:
        return f"{said}, about {duration.human(forecast.seconds)} (a guess)"
    if forecast.endless:
        jobs = "a job runs that has" if forecast.endless == 1 else f"{forecast.endless} jobs run that have"
        return f"{said}; for how long is not known: {jobs} no time limit"
    return f"{said}; for how long is not known"


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def as_data(found: Foreseen) -> small.Foreseen:
    """Return it for programs."""
    forecast, fewer = found.forecast, found.fewer
    return {
        "name": found.name,
        "namespace": found.namespace,
        "trainer": found.job_type,
        "verdict": forecast.verdict,
        "seconds": None if forecast.seconds is None else round(forecast.seconds, 1),
        "before": list(forecast.before),
        "preempts": list(forecast.preempts),
        "reasons": list(forecast.reasons),
        "endless": forecast.endless,
        "fewer": {"argument": fewer.field, "value": fewer.value, "asked": fewer.asked, "gpusLess": fewer.gpus} if fewer else None,
        "notes": list(found.notes),
    }
