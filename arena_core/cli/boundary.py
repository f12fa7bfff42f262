"""The one error boundary: an expected failure is a line, a hint and an exit code; anything else is a bug, and says so."""

from __future__ import annotations

import sys
from collections.abc import Callable

from arena_core.cli.terminal import colour_wanted, drop, note, paint
from arena_core.contract.errors import ArenaError, InvalidArguments, PluginError, UsageError

INTERRUPTED = 130
#: Modules that write results: trouble in them is that of the output.
WRITERS = frozenset(f"arena_core.cli.{name}" for name in ("boundary", "terminal", "printing", "shell", "following", "live"))
#: A value of any length may stand in a message; nobody reads more than this of it.
LONGEST = 1500


def guarded(run: Callable[[], int], *, debug: Callable[[], bool]) -> int:
    """Run a command and turn every way it can end into an exit code."""
    try:
        code = run()
        sys.stdout.flush()
        return code
    except ArenaError as exc:
        if debug():
            _traceback()
        show(exc)
        return exc.exit_code
    except KeyboardInterrupt:
        note("stopped")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our pipe has gone (`arena list | head`): nobody is left to be told. Python would complain at exit.
        drop(sys.stdout)
        return 0
    except OSError as exc:
        # A full disk, a folder that may not be written: trouble of this machine, not of the program.
        if debug():
            _traceback()
        _say_error(f"{_what_failed(exc)}{exc.strerror or exc}")
        drop(sys.stdout)
        return 1
    except Exception as exc:
        if debug():
            _traceback()
        _say_error(f"this is a bug: {type(exc).__name__}: {exc}")
        note(f"hint: run it again with --loglevel debug and report the output to the authors of {_culprit(exc)}")
        return 1


def _what_failed(error: OSError) -> str:
    """Name the file, or the output where it was that; of other trouble (no more descriptors, no memory) the system's words say all."""
    if error.filename:
        return f"{error.filename}: "
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = str(frame.tb_frame.f_globals.get("__name__", "")) if frame else ""
    return "the output cannot be written: " if place in WRITERS else ""


def show(error: ArenaError) -> None:
    """Print the error and what to do next; of bad arguments each problem on a line of its own, with its own way out."""
    problems = error.problems if isinstance(error, InvalidArguments) else ()
    for problem in problems:
        flag = problem.field if problem.field.startswith("-") or not problem.field else "--" + problem.field.replace("_", "-")
        text = f"{flag}: {problem.message}" if flag and not problem.message.startswith(flag) else problem.message
        alone = len(problems) == 1
        _say_error(text + (f" ({problem.hint})" if problem.hint and not alone else ""))
        if problem.hint and alone:
            note(f"hint: {problem.hint}")
    if not problems:
        _say_error(error.message)
    if len(problems) == 1 and problems[0].hint:
        return
    for hint in [error.hint] if error.hint else _hints_of_extensions(error):
        note(f"hint: {hint}")


def _hints_of_extensions(error: ArenaError) -> list[str]:
    """What installed extensions know about the error, for example a site's page on quotas. Not for typing errors: these cost nothing."""
    if isinstance(error, UsageError | PluginError):
        return []
    from arena_core.cli.jobtypes import registry

    return registry().extensions.error_hints(error)


def _say_error(text: str) -> None:
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]} … {text[-LONGEST // 3 :]}"
    note(text, paint("error:", "1;31", wanted=colour_wanted(sys.stderr)) + " ")


def _culprit(error: BaseException) -> str:
    """The distribution to blame: that of the last frame in a package of ours or of a plugin."""
    package, frame = "arena_core", error.__traceback__
    while frame is not None:
        name = str(frame.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        if name.startswith("arena") or (name and frame.tb_next is None and name not in sys.stdlib_module_names):
            package = name
        frame = frame.tb_next
    return package.replace("_", "-")


def _traceback() -> None:
    import traceback

    note(traceback.format_exc().rstrip())
