"""``arena submit TYPE``: from words or a file to a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.inactive import within
from arena_core.cli.output import output_flag
from arena_core.cli.parse import first_word
from arena_core.cli.terminal import note
from arena_core.contract.errors import ArenaError, InvalidArguments, UsageError
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING, Any
from arena_core.usecases.dryrun import dry_run_of
from arena_core.usecases.spoken import an

if TYPE_CHECKING:
    from pydantic import BaseModel

    from arena_core.contract.types import JobHandle

GROUP = "Submission"
FLAGS = (
    Flag(
        "file",
        "job file (YAML; - is stdin); flags override what it says",
        short="f",
        group=GROUP,
        metavar="FILE",
        complete="file",
        once=True,
    ),
    Flag("set", "change a value of the job file, as in Helm: a.b[0]=c", group=GROUP, metavar="KEY=VALUE", repeat=True, often=False),
    Flag("set_string", "like --set, the value stays text", group=GROUP, metavar="KEY=VALUE", repeat=True, often=False),
    Flag(
        "dry_run",
        "client: only build the objects; server: let the cluster check them as well",
        group=GROUP,
        choices=("none", "client", "server"),
        default="none",
    ),
    Flag("what_if", "submit nothing; say when it would start, behind whom, or why never", group=GROUP, boolean=True, often=False),
    Flag("rehearse", "first run it so long on a local cluster; refuse it if it fails", group=GROUP, metavar="DURATION", often=False),
    Flag("force", "submit it although its rehearsal has failed", group=GROUP, boolean=True, often=False),
    output_flag("wide", "name", "jobfile", text="what to print", group=GROUP),
    Flag("wait", "wait until the job has finished; the exit code tells how", group=GROUP, boolean=True),
    Flag("follow", "print the logs until the job has finished; the exit code tells how", group=GROUP, boolean=True),
    Flag("after", "submit when this job has succeeded", group=GROUP, metavar="JOB", repeat=True, complete="job", often=False),
    Flag("sweep", "a job for each value, and each combination (lr=0.1,0.01)", group=GROUP, metavar="KEY=VALUES", repeat=True, often=False),
    Flag("at_once", "of a sweep, run at most so many at a time, and stay until all have ended", group=GROUP, integer=True, often=False),
    Flag(
        "notify",
        "run this command, or post to this address, when the job has ended",
        group=GROUP,
        metavar="CMD|URL",
        repeat=True,
        often=False,
    ),
    Flag("profile", "take defaults of this name from the configuration", group=GROUP, metavar="NAME", often=False),
    Flag("timeout", "give up --wait or --follow after this time; the job keeps running", group=GROUP, metavar="DURATION"),
    *within(GROUP),
)


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Find the job type among the words, or in the job file, and make a command from its argument model."""
    first, rest = first_word(words, FLAGS)
    if first.args and (not first.text("file") or _is_type(first.args[0])):
        return replace(for_type(first.args[0], rest), path=f"submit {first.args[0]}"), rest
    if first.help:
        return overview(), ["--help"]
    if first.text("file"):
        file = JobFile()
        return for_type(file.job_type(first), words, file), words
    from arena_core.cli.discover import type_names
    from arena_core.registry.registry import NO_JOB_TYPE

    known = ", ".join(type_names())
    hint = f"installed: {known}" if known else NO_JOB_TYPE
    raise UsageError("which job type? `arena submit TYPE …`, or `arena submit -f FILE`", hint)


def _is_type(word: str) -> bool:
    """Whether this is a job type; with a job file it may as well be the first word of a program."""
    from arena_core.cli.jobtypes import is_type

    return is_type(word)


class JobFile:
    """The job file of a command line, after ``--set``. It is read once: it may be stdin."""

    def __init__(self) -> None:
        self._read: dict[str, dict[str, Any]] = {}

    def of(self, parsed: Parsed) -> dict[str, Any]:
        """What it says, by key; nothing where the command line names none."""
        path, sets, texts = parsed.text("file"), parsed.many("set"), parsed.many("set_string")
        if not path and not sets and not texts:
            return {}
        from copy import deepcopy

        from arena_core.cli.submit import jobfile

        if path and path not in self._read:
            self._read[path] = jobfile.load(path)
        data = deepcopy(self._read.get(path, {}))
        jobfile.change(data, sets, texts)
        return data

    def job_type(self, parsed: Parsed) -> str:
        """Its ``type:``."""
        found = self.of(parsed).get("type")
        if not found:
            from arena_core.cli.discover import type_names

            one = next(iter(type_names()), "TYPE")
            hint = f"add a line like `type: {one}`, or name it on the command line: `arena submit {one} -f FILE`"
            raise UsageError("the job file names no job type", hint)
        return str(found)


def for_type(name: str, words: Sequence[str] = (), file: JobFile | None = None) -> Command:
    """The command of one job type; only its plugin is loaded, and where it wraps another one, that of the type inside."""
    from arena_core.cli.jobtypes import find_type
    from arena_core.cli.submit.options import by_flag, flags_of, model_for

    handle = find_type(name)
    job_type, file = handle.job_type, file or JobFile()

    def said(parsed: Parsed) -> dict[str, Any]:
        return {**keys_of(file.of(parsed), handle.args_model), **parsed.values}

    try:
        model = handle.behind("its argument model", lambda: model_for(handle.args_model, words, (*FLAGS, *GLOBAL_FLAGS), said))
    except InvalidArguments as error:
        raise InvalidArguments([by_flag(p, handle.args_model) for p in error.problems]) from error
    flags = (*flags_of(model), *_in_words_of(job_type.workload))
    words = "[ARG...]" if getattr(model, "WORDS", "") else "COMMAND [ARG...]"
    return Command(
        f"submit {job_type.name}",
        f"submit {an(job_type.resource.kind)}" + (f": {job_type.summary}" if job_type.summary else ""),
        lambda context, parsed: run(context, parsed, handle, model, file.of(parsed)),
        usage=f"{usage(f'submit {job_type.name}', flags, words)}\n  arena submit -f FILE [flags]",
        details=_details(model),
        prints="small.Object",
        flags=flags,
        program=True,
        collects=True,
        unknown=lambda word: str(handle.behind("its argument model", lambda: model.elsewhere(word))),
    )


def _details(model: type[BaseModel]) -> str:
    """What is to be known of the words behind the flags, and of a wrapper's flags."""
    inside = INSIDE.format(model.model_fields["inner_type"].default) if "inner_type" in model.model_fields else ""
    return str(getattr(model, "WORDS", "") or DETAILS) + inside


def usage(command: str, flags: Iterable[Flag], words: str) -> str:
    """Return how the command is written: with the flags that must be given, and the image, which a program mostly wants."""
    shown = [f for f in flags if f.group == "Required" or (f.name == "image" and not f.default and words.startswith("COMMAND"))]
    return " ".join(["arena", command, *(f"{f.flag} {f.value_name}" for f in shown), "[flags]", words])


#: What waiting means for what does not end by itself.
WAITING = {
    "service": {
        "wait": "wait until the server is ready",
        "follow": "print the logs until Ctrl-C",
    },
}


def _in_words_of(workload: str) -> Iterator[Flag]:
    """Yield the flags of the command itself, with what they mean for such a job."""
    for one in FLAGS:
        said = WAITING.get(workload, {}).get(one.name)
        yield replace(one, help=said) if said else one


DETAILS = """\
The command comes last. One quoted text is run by the shell as it is; of several words each reaches the program as it is typed, \
and flags behind the first word belong to the program:
  arena submit ... python train.py --lr 0.1"""
INSIDE = "\n\nThe flags of the job type inside are among these, here those of {}; with --inner-type TYPE they are those of TYPE."


def overview() -> Command:
    """`arena submit` without a job type: which there are."""
    return Command(
        "submit",
        "submit a job",
        lambda context, parsed: 0,
        usage="arena submit TYPE [flags] COMMAND [ARG...]\n  arena submit -f FILE [flags]",
        prints="small.Object",
        flags=FLAGS,
        footer=_types_footer,
    )


def _types_footer() -> str:
    from arena_core.cli.discover import job_types_together
    from arena_core.cli.usage import two_columns

    return "Job types (`arena submit TYPE --help` lists the flags):\n" + two_columns(job_types_together(), left=18)


def keys_of(data: Mapping[str, Any], model: type[BaseModel]) -> dict[str, Any]:
    """What a job file says, by field where the model knows the key."""
    from arena_core.cli.submit.jobfile import to_fields

    return to_fields({key: value for key, value in data.items() if key != "type"}, model) if data else {}


def run(context: Context, parsed: Parsed, handle: JobHandle, model: type[BaseModel], file: Mapping[str, Any]) -> int:
    """Read the arguments, then hand over to whatever ``--dry-run`` and ``-o`` ask for."""
    from arena_core.cli.submit import finish
    from arena_core.cli.submit.options import by_flag, read_arguments

    def read(raw: dict[str, Any], problems: Sequence[str]) -> Any:
        args = handle.behind("its argument model", lambda: read_arguments(model, raw, problems))
        if wrong := handle.validate(args):
            raise InvalidArguments(wrong)
        return args

    if parsed.on("explain_config"):
        from arena_core.cli.submit.explain import explain

        return explain(context, parsed, handle, model, keys_of(file, model))
    _can_be_told(context, parsed)
    try:
        if parsed.on("what_if"):
            return _what_if(context, parsed, handle, read(gather(context, parsed, handle, model, file), parsed.problems))
        if parsed.many("sweep"):
            from arena_core.cli.submit import sweep

            base, jobs = sweep.members(parsed, model, file, lambda one, data: gather(context, one, handle, model, data), read)
            _await(context, parsed)
            return sweep.run(context, parsed, handle, base, jobs)
        if "at_once" in parsed.values:
            parsed.problems.append("--at-once has no effect without --sweep")
        args = read(gather(context, parsed, handle, model, file), parsed.problems)
        _await(context, parsed)
        return finish.submit(context, parsed, handle, args)
    except InvalidArguments as exc:
        raise InvalidArguments([by_flag(p, model) for p in exc.problems]) from exc


#: What creates or prints something else than what ``--what-if`` is asked for.
_CREATES = ("rehearse", "force", "sweep", "at_once", "after", "wait", "follow", "timeout", "inactive", "dry_run")


def _what_if(context: Context, parsed: Parsed, handle: JobHandle, args: Any) -> int:
    """Say what would become of the job."""
    from arena_core.cli.foreseen import show

    for name in _CREATES:
        if parsed.values.get(name) and parsed.values[name] != "none":
            raise UsageError(f"--what-if submits nothing, so --{name.replace('_', '-')} has no effect", "leave one of them out")
    if parsed.text("output") in ("name", "jobfile"):
        raise UsageError(f"-o {parsed.text('output')} does not go with --what-if", "leave it out, or use -o json")
    return show(parsed, context.client.what_if(handle.job_type.name, args))


def _can_be_told(context: Context, parsed: Parsed) -> None:
    """Refuse what --notify cannot do, before anything is submitted."""
    if parsed.many("notify"):
        from arena_core.usecases import notify

        if not context.config.history.on:
            raise UsageError("--notify: the history is switched off, so nobody notes the end", "`arena config set history on`")
        for target in parsed.many("notify"):
            notify.check(target)


def _await(context: Context, parsed: Parsed) -> None:
    """Wait for the jobs of ``--after``; one that fails ends it, and nothing is submitted."""
    if not parsed.many("after") or dry_run_of(parsed.text("dry_run")) or parsed.text("output") == "jobfile":
        return
    from arena_core.cli.waitmany import wait_for_many

    names = list(dict.fromkeys(parsed.many("after")))
    note(f"waiting for {', '.join(names)}; nothing has been submitted yet")
    code = wait_for_many(context, names, "succeeded", "", None, any_of_them=False)
    if code:
        raise NotSubmitted(code)


class NotSubmitted(ArenaError):
    """What was to come before has failed: that has been told already, with the exit code of its own."""

    def __init__(self, code: int) -> None:
        super().__init__("nothing was submitted, since what --after names has not succeeded")
        self.exit_code = code


def gather(context: Context, parsed: Parsed, handle: JobHandle, model: type[BaseModel], file: Mapping[str, Any]) -> dict[str, Any]:
    """Raw values by field: the configuration file's, then the job file's, then the flags'."""
    from arena_core.cli.submit.fromconfig import with_config
    from arena_core.cli.submit.options import words_of

    _same_type(file, handle)
    raw = keys_of(file, model)
    words = words_of(parsed)
    own = {f.name for f in FLAGS} | {f.name for f in GLOBAL_FLAGS}
    flags = {name: value for name, value in parsed.values.items() if name not in own}
    if raw:
        from arena_core.cli.submit.merge import merge

        before = len(parsed.notes)
        raw = merge(model, raw, flags, parsed)
        for text in parsed.notes[before:]:
            note(f"note: {text}")
    else:
        raw = flags
    if words:
        if "command" not in model.model_fields:
            parsed.problems.append(f"{handle.job_type.name} takes no command: {' '.join(words)}")
        else:
            raw["command"] = words
    whole, left = with_config(raw, model, handle.job_type.name, context.config, parsed.text("profile"))
    context.tell_once(left)
    return whole


def _same_type(file: Mapping[str, Any], handle: JobHandle) -> None:
    """Refuse a job file of another type than the command names."""
    named = str(file.get("type") or "")
    if not named:
        return
    from arena_core.cli.jobtypes import find_type

    if find_type(named).job_type.name != handle.job_type.name:
        raise UsageError(f"the job file is of type {named}, the command says {handle.job_type.name}")


COMMAND = Group(_open, overview)
