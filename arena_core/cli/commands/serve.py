"""``arena serve``: start a model server of some type, and list, show, update or delete servers."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.commands import attach, delete, logs, open, wait, why
from arena_core.cli.commands import submit as submitting
from arena_core.cli.commands.serving.changing import FLAGS as UPDATE_FLAGS
from arena_core.cli.commands.serving.changing import SCALE, update_of
from arena_core.cli.commands.serving.meant import find, for_server, titled
from arena_core.cli.commands.serving.parting import TRAFFIC
from arena_core.cli.commands.serving.reading import GET, LIST
from arena_core.cli.flags import Parsed
from arena_core.cli.parse import chosen_word, first_word, nearest
from arena_core.cli.submit.named import under
from arena_core.contract.errors import ArenaError, UsageError
from arena_core.contract.types import JobHandle
from arena_core.records import replace
from arena_core.usecases.views import Deleted

DETAILS = """\
Versions of one name stand side by side, each with a Service of its own, NAME-VERSION. Without a command the image's own runs."""


def _delete(context: Context, parsed: Parsed) -> int:
    """Delete each server; a missing one does not stop the others."""
    if not parsed.args:
        raise UsageError("which server? `arena serve delete NAME...`", "`arena serve list` shows the servers")
    results: list[Deleted] = []
    titles: dict[str, str] = {}
    for name in dict.fromkeys(parsed.args):
        try:
            server = find(context, parsed, name)
        except ArenaError as error:
            results.append(Deleted(name, namespace=context.client.namespace, error=error))
            continue
        titles[server.job.uid] = titled(server)
        results += context.client.delete(server.job, wait=parsed.on("wait") if "wait" in parsed.values else "job")
    return delete.report_all(results, parsed, lambda one: f"The serving job {titles.get(one.uid, one.name)} has been deleted successfully")


DELETE = replace(
    for_server(delete.COMMAND, "delete model servers and everything that belongs to them", "arena serve delete NAME... [flags]"),
    run=_delete,
    flags=tuple(f for f in for_server(delete.COMMAND, "", "").flags if f.name in ("version", "type", "wait", "ignore_not_found", "output")),
)
PARTS = {
    "list": LIST,
    "get": GET,
    "logs": for_server(logs.COMMAND, "print or follow the logs of a model server", "arena serve logs NAME [flags]"),
    "attach": for_server(
        attach.COMMAND, "run a command in an instance of a model server", "arena serve attach NAME [flags] [-- COMMAND...]"
    ),
    "why": for_server(why.COMMAND, "explain why a model server does not serve", "arena serve why NAME [flags]"),
    "wait": for_server(wait.COMMAND, "wait until a model server serves", "arena serve wait NAME [flags]"),
    "open": for_server(open.COMMAND, "open what a model server serves in the browser", "arena serve open NAME [ENDPOINT] [flags]"),
    "scale": SCALE,
    "traffic-split": TRAFFIC,
    "delete": DELETE,
}
_NO_V1ALPHA2 = "what it made (serving.kubeflow.org/v1alpha2) no KServe serves", "`arena serve kserve` took its place"
_NO_TENSORRT = "Arena never offered it, though its code is there", "`arena serve triton` serves TensorRT models"
#: Words of Arena's that nothing answers to, with the reason and what to do.
GONE = {**dict.fromkeys(("kfserving", "kfs", "kf"), _NO_V1ALPHA2), **dict.fromkeys(("tensorrt", "trt"), _NO_TENSORRT)}
_SPLIT = ("trs", "traffic-router", "traffic-router-split", "traffic-shift", "traffic-shifting")
SHORT = {"ls": "list", "log": "logs", "del": "delete", **dict.fromkeys(_SPLIT, "traffic-split")}


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose by the first word: one of the commands, ``update TYPE``, or the type of a server to start."""
    word, rest = chosen_word(words, "serve what?", "`arena serve --help` lists types and commands")
    if not word:
        return overview(), ["--help"]
    if part := PARTS.get(SHORT.get(word, word)):
        return part, rest
    if word == "update":
        return _open_update(rest)
    if gone := GONE.get(word):
        raise UsageError(f"there is no `arena serve {word}` any more: {gone[0]}", gone[1])
    from arena_core.cli.jobtypes import registry

    if preset := next((entry for entry in registry().presets() if entry.name == word), None):
        from arena_core.cli.commands.serving.presets import start

        return start(preset), rest
    return _start(_type(word), word, rest), rest


def _open_update(words: list[str]) -> tuple[Command, list[str]]:
    first, rest = first_word(words, UPDATE_FLAGS)
    if not first.args:
        if first.help:
            return UPDATE, ["--help"]
        raise UsageError("update a server of which type? `arena serve update TYPE NAME`", _types_text())
    return update_of(_type(first.args[0])), rest


def _type(word: str) -> JobHandle:
    from arena_core.cli.jobtypes import registry
    from arena_core.usecases.servers import type_of

    if handle := type_of(registry(), word):
        return handle
    close = nearest(word, [*PARTS, "update", *(word for word, _ in _types()), *(word for word, _ in _presets())])
    hint = f"did you mean `arena serve {close}`?" if close else _types_text()
    raise UsageError(f"{word!r} is neither a type of server nor a command of `arena serve`", hint)


def _start(handle: JobHandle, word: str, words: Sequence[str]) -> Command:
    """The command that starts a server: what ``arena submit`` of its type does, under Arena's name."""
    name = handle.job_type.name
    return under(
        submitting.for_type(name, words),
        f"serve {word}",
        summary=f"start {handle.job_type.summary}",
        usage=_usage(handle, word),
        details=DETAILS,
    )


def _usage(handle: JobHandle, word: str) -> str:
    """How such a server is started, with the flags that must be given."""
    from arena_core.cli.submit.options import flags_of

    return submitting.usage(f"serve {word}", flags_of(handle.args_model), "[COMMAND...]")


def _types() -> list[tuple[str, str]]:
    """Words for the types of servers and what is said of them: nothing is imported for a help text."""
    from arena_core.cli.discover import SERVING, servers

    return [(entry.name.removesuffix(SERVING), entry.summary) for entry in servers()]


def _presets() -> list[tuple[str, str]]:
    """Presets by name, with what their distribution says of itself."""
    from arena_core.cli.jobtypes import registry

    return [(entry.name, entry.summary) for entry in registry().presets()]


def _types_text() -> str:
    found = ", ".join(word for word, _ in _types())
    return f"types: {found}" if found else "no type of server is installed: install arena-serve from where arena-core came"


def _footer() -> str:
    from arena_core.cli.usage import two_columns

    commands = [(name, part.summary) for name, part in {**PARTS, "update": UPDATE}.items()]
    types: dict[str, list[str]] = {}
    for word, text in _types():
        types.setdefault(text, []).append(word)
    rows = [(", ".join(words), text) for text, words in types.items()]
    shown = f"Types (`arena serve TYPE --help` lists the flags):\n{two_columns(rows, left=18)}" if rows else _types_text()
    if words := [word for word, _ in _presets()]:
        shown += f"\n\nPresets (`arena serve PRESET MODEL`; --print-command shows what each stands for):\n  {', '.join(words)}"
    return f"Commands:\n{two_columns(commands, left=18)}\n\n{shown}"


def overview() -> Command:
    """`arena serve` without a further word."""
    return Command(
        "serve",
        "start model servers, and list, update or delete them",
        lambda context, parsed: 2,
        usage="arena serve TYPE --name NAME --image IMAGE [flags] [COMMAND...]\n  arena serve COMMAND ...",
        words="serve",
        footer=_footer,
    )


UPDATE = Command(
    "serve update",
    "change a model server while it serves",
    lambda context, parsed: 2,
    takes="TYPE NAME",
    details="`arena serve update TYPE --help` lists what may be changed.",
    prints="small.Changed[]",
    flags=UPDATE_FLAGS,
    words="serve",
)
COMMAND = Group(_open, overview, (*PARTS.values(), UPDATE))
