"""``arena config``: what is configured, and where; defaults and profiles."""

from __future__ import annotations

from arena_core.cli.command import Command, Context, Group
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.parse import first_word, nearest
from arena_core.cli.render import print_table
from arena_core.cli.settings import Setting, settings, shown
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import NotFound, UsageError
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.shapes import small

SCOPE = Flag("scope", "which file: yours, the folder's (.arena.yaml) or the site's", choices=("user", "folder", "site"), default="user")


def _view(context: Context, parsed: Parsed) -> int:
    held = settings()
    if wants_data(parsed):
        write(parsed, [_data(one) for one in held.values()])
    else:
        print_table([("KEY", "VALUE", "FROM", "FILE"), *((s.key, shown(s), s.source, s.file) for s in held.values())])
    if not held:
        note("nothing is configured: `arena config set namespace NAME` or `arena config set defaults.FLAG VALUE` begins")
    return 0


def _data(one: Setting) -> small.Setting:
    return {"key": one.key, "value": shown(one), "source": one.source, "file": one.file}


def _get(context: Context, parsed: Parsed) -> int:
    (key,) = _words(parsed, "KEY")
    held = settings()
    inside = {name: one for name, one in held.items() if name.startswith(f"{key}.")}
    if key in held:
        say(shown(held[key]))
    elif inside:
        for name, one in inside.items():
            say(f"{name}={shown(one)}")
    else:
        from arena_core.cli.configedit import known

        known(key)
        raise NotFound(f"{key} is not set", "`arena config view` shows what is set")
    return 0


def _set(context: Context, parsed: Parsed) -> int:
    from arena_core.cli import configedit
    from arena_core.cli.configfiles import short

    key, value = _words(parsed, "KEY", "VALUE")
    path, before = configedit.change(parsed.text("scope", "user"), key, value)
    _told(short(path), short(before) if before else "")
    return 0


def _unset(context: Context, parsed: Parsed) -> int:
    from arena_core.cli import configedit
    from arena_core.cli.configfiles import short

    (key,) = _words(parsed, "KEY")
    path, before = configedit.remove(parsed.text("scope", "user"), key)
    _told(short(path), short(before) if before else "")
    return 0


def _told(path: str, before: str) -> None:
    note(f"{path} was changed" + (f"; its comments are in {before}" if before else ""))


def _words(parsed: Parsed, *names: str) -> list[str]:
    if len(parsed.args) != len(names):
        raise UsageError(f"expected {' and '.join(names)}", "for example `arena config set defaults.image-pull-policy IfNotPresent`")
    return parsed.args


VIEW = Command(
    "config view", "show what is configured, with the file that says so", _view, prints="small.Setting[]", flags=(output_flag("wide"),)
)
GET = Command("config get", "print one setting", _get, usage="arena config get KEY", words="setting")
SET = Command(
    "config set",
    "change one setting",
    _set,
    takes="KEY VALUE",
    details="KEY is namespace, context, kubeconfig, profile, notify, history…, defaults.FLAG, types.TYPE.FLAG or profiles.NAME.FLAG.",
    flags=(SCOPE,),
    words="setting",
)
UNSET = Command("config unset", "take one setting away", _unset, takes="KEY", flags=(SCOPE,), words="setting")
PARTS = {"view": VIEW, "get": GET, "set": SET, "unset": UNSET}


def _open(words: list[str], head: Parsed) -> tuple[Command, list[str]]:
    """Choose by the first word; without one everything is shown."""
    first, rest = first_word(words, (*VIEW.flags, *SET.flags))
    if not first.args:
        return overview(), words
    if part := PARTS.get(first.args[0]):
        return part, rest
    close = nearest(first.args[0], PARTS)
    raise UsageError(
        f"arena config has no {first.args[0]!r}", f"did you mean `arena config {close}`?" if close else "get, set, view or unset"
    )


def overview() -> Command:
    """`arena config` alone shows everything."""
    return replace(VIEW, path="config", usage="arena config view|get|set|unset\n  arena config [flags]", footer=_parts, words="config")


def _parts() -> str:
    from arena_core.cli.usage import two_columns

    return "Commands:\n" + two_columns([(name, part.summary) for name, part in PARTS.items()], left=18)


COMMAND = Group(_open, overview, (VIEW, GET, SET, UNSET))
