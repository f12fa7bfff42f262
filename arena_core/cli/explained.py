"""``--explain-config``: every setting of a command, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.cli.command import Command, Context
from arena_core.cli.flags import GLOBAL_FLAGS, Flag, Parsed
from arena_core.cli.render import print_table
from arena_core.cli.settings import Setting, from_environment, settings, shown

TYPED, DEFAULT = "command line", "default"
#: Keys of the configuration that flags of every command overrule.
_FLAGS = {"namespace": "namespace", "context": "context", "kubeconfig": "config"}
Row = tuple[str, str, str]


def explain(context: Context, command: Command, parsed: Parsed) -> int:
    """Print the settings of a command, and run nothing."""
    rows = [*general(parsed), *of_flags(command.flags, parsed)]
    show(rows)
    return 0


def show(rows: list[Row]) -> None:
    """Print settings as a table."""
    print_table([("SETTING", "VALUE", "FROM"), *rows])


def general(parsed: Parsed) -> Iterator[Row]:
    """Yield what concerns every command: the cluster, the namespace, what is kept."""
    held = {**settings(), **from_environment()}
    for key, name in _FLAGS.items():
        if parsed.text(name):
            held[key] = Setting(key, parsed.text(name), TYPED, f"--{name}")
    for key in dict.fromkeys([*_FLAGS, *held]):
        if "." in key:
            continue  # defaults of flags stand with the flags
        if key in held:
            yield key, shown(held[key]), f"{held[key].source} ({held[key].file})"
        else:
            yield key, "", "default: the kubeconfig's" if key == "namespace" else "default: as kubectl"


def of_flags(flags: tuple[Flag, ...], parsed: Parsed) -> Iterator[Row]:
    """Yield the flags that were given, and those that have a default."""
    known = {flag.name for flag in GLOBAL_FLAGS}
    for flag in flags:
        if flag.name in known:
            continue
        if flag.name in parsed.values:
            yield flag.flag, shown(Setting(flag.spelling, parsed.values[flag.name], TYPED, "")), TYPED
        elif flag.default:
            yield flag.flag, flag.default, DEFAULT
