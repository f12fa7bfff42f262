"""What a flag is, and the flags that every command takes.

Why not typer for our own commands: a list of jobs may cost what two starts of kubectl cost, and typer alone takes a third of
that; it also stops at the first wrong flag, where we want to name them all. Typer still runs the command groups of plugins.
"""

from __future__ import annotations

from arena_core.records import record
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.types import Resource

#: Go's ``strconv.ParseBool``: what Arena takes after ``--gang=``.
TRUE_WORDS = frozenset({"1", "t", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "f", "false", "no", "off"})
#: Longer lists of choices stand in the text of the help.
LONGEST_CHOICE = 18


@record
class Flag:
    """One flag. ``name`` is the key of its value, ``long`` the spelling after ``--``, ``old`` spellings still work with a note."""

    name: str
    help: str = ""
    short: str = ""
    long: str = ""
    old: tuple[str, ...] = ()
    #: Further spellings that are fine, but are not shown in the help.
    aliases: tuple[str, ...] = ()
    boolean: bool = False
    repeat: bool = False
    integer: bool = False
    metavar: str = ""
    default: str = ""
    choices: tuple[str, ...] = ()
    group: str = "Flags"
    hidden: bool = False
    #: Given twice it is an error; of other flags the last value counts, and a note says so.
    once: bool = False
    #: Whether the short help shows it.
    often: bool = True
    #: For a switch: the flag to give instead where a name follows, as if the switch took one.
    instead: str = ""
    #: Values that completion offers where others are taken, too.
    offers: tuple[str, ...] = ()
    #: What shell completion offers: ``job``, ``type``, ``namespace``, ``instance``, ``file``, or nothing.
    complete: str = ""
    #: Kinds whose objects' names it offers.
    names_of: tuple[Resource, ...] = ()

    @property
    def spelling(self) -> str:
        """The word after the two dashes."""
        return self.long or self.name.replace("_", "-")

    @property
    def flag(self) -> str:
        """The flag as a person types it (``--all-namespaces``)."""
        return f"--{self.spelling}"

    @property
    def value_name(self) -> str:
        """What the help shows for the value; nothing for a switch."""
        if self.boolean:
            return ""
        if self.metavar or self.integer:
            return self.metavar or "N"
        either = "|".join(self.choices)
        return either if 0 < len(either) <= LONGEST_CHOICE else "WORD" if self.choices else "TEXT"


class Parsed:
    """What a command line says: values by name of the flag, the other words, and everything that is wrong with it."""

    def __init__(self, values: dict[str, str | bool | list[str]] | None = None) -> None:
        self.values = {} if values is None else values
        self.args: list[str] = []
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.help = False
        #: `--help=all`: every flag, not only those that are used often.
        self.help_all = False
        #: Words behind ``--``, or behind the first word of a program: they belong to the program.
        self.dashed = False

    def text(self, name: str, default: str = "") -> str:
        """The value of a flag that takes one."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def on(self, name: str) -> bool:
        """Whether a switch is on."""
        return self.values.get(name) is True

    def many(self, name: str) -> list[str]:
        """All values of a flag that may be repeated."""
        value = self.values.get(name, [])
        return value if isinstance(value, list) else []

    def number(self, name: str, default: int) -> int:
        """The value of a flag that takes a whole number (the parser has checked it)."""
        value = self.values.get(name)
        return int(value) if isinstance(value, str) else default


GLOBAL = "Global flags"
GLOBAL_FLAGS: tuple[Flag, ...] = (
    Flag("namespace", "namespace of the job", short="n", group=GLOBAL, metavar="NAME", complete="namespace"),
    Flag("config", "path of a kubeconfig file", group=GLOBAL, metavar="FILE", aliases=("kubeconfig",), complete="file"),
    Flag("context", "context of the kubeconfig", group=GLOBAL, metavar="NAME", complete="context"),
    Flag("as_user", "act as this user (impersonation)", long="as", group=GLOBAL, metavar="USER"),
    Flag(
        "loglevel",
        "what to log on stderr; debug shows requests and tracebacks",
        group=GLOBAL,
        choices=("debug", "info", "warn", "error"),
        default="info",
    ),
    Flag(
        "arena_namespace", "namespace of Arena's own settings", group=GLOBAL, metavar="NAME", default="arena-system", complete="namespace"
    ),
    Flag("explain_config", "show each setting and where it comes from; do nothing else", group=GLOBAL, boolean=True),
    Flag("pprof", "write a CPU profile and print its path", group=GLOBAL, boolean=True),
    Flag("trace", "accepted as in Arena; writes nothing", group=GLOBAL, boolean=True),
    Flag("helm_binary", "accepted as in Arena; Helm is not used", group=GLOBAL, boolean=True),
)
