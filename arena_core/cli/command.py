"""What a command is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.terminal import note
from arena_core.contract.errors import NotFound
from arena_core.records import record
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.cli.config import Config
    from arena_core.client import ArenaClient


class NothingThere(NotFound):
    """Nothing that is named can be there: there is no cluster yet."""


class Context:
    """What a command gets besides its own flags: the persistent flags, the configuration file and a way to the cluster."""

    def __init__(self, settings: Parsed, looks_for: str = "") -> None:
        self.settings = settings
        #: What must be there already (a job, a server): no cluster is started to look for it.
        self._looks_for = looks_for
        self._told: set[str] = set()

    def tell_once(self, texts: Iterable[str]) -> None:
        """Print notes, each once however often it comes up."""
        for text in texts:
            if text not in self._told:
                self._told.add(text)
                note(f"note: {text}")

    @cached_property
    def config(self) -> Config:
        """Arena's configuration file."""
        from arena_core.cli.config import load_config

        return load_config()

    @property
    def namespace(self) -> str:
        """``-n``, then the configuration file; empty where the kubeconfig's context decides."""
        return self.settings.text("namespace") or self.config.namespace

    @cached_property
    def client(self) -> ArenaClient:
        """The cluster, connected when it is first needed."""
        from arena_core.cli.connect import nothing_yet, open_client

        if self._looks_for and nothing_yet(self.settings):
            text = f"no such {self._looks_for}: no cluster is configured, and no local one has been started yet"
            raise NothingThere(text, "`arena submit` starts a local one, `--config FILE` chooses another cluster")
        return open_client(self.settings, self.namespace)


#: By ``Command.words`` what of a cluster they name.
LIVE = {
    **dict.fromkeys(("job", "jobs", "job role", "job endpoint", "past", "sweep"), "job"),
    "server": "server",
    "cron": "cron",
    "claim": "volume claim",
}


@record(slots=False)
class Command:
    """One command: its flags, and what it does with what was parsed; ``run`` returns the exit code."""

    path: str
    summary: str
    run: Callable[[Context, Parsed], int]
    flags: tuple[Flag, ...] = ()
    usage: str = ""
    details: str = ""
    #: Flags stop at the first word of a program (``submit``, ``attach``).
    program: bool = False
    #: Some more for the help, made only when it is asked for.
    footer: Callable[[], str] | None = None
    #: Where a flag belongs that the command does not know, in a few words.
    unknown: Callable[[str], str] | None = None
    #: What completion offers for its words: ``job``, ``jobs``, ``shell`` …
    words: str = ""
    #: The command itself reports what is wrong with its flags, together with what it finds (``submit``).
    collects: bool = False
    #: The shape of what it prints as data (``arena_core.cli.shapes``): ``jobs.JobPage``, or ``jobs.Job[]`` for a list of such.
    prints: str = ""
    #: The words that it takes, as its help calls them (``JOB [DIR]``); ``usage`` says it all where there is more than one way.
    takes: str = ""

    @property
    def synopsis(self) -> str:
        """How it is written."""
        return self.usage or " ".join(word for word in ("arena", self.path, self.takes, "[flags]") if word)

    @property
    def looks_for(self) -> str:
        """What of a cluster its words name, which must be there before; empty where they name nothing of one."""
        return LIVE.get(self.words, "")


@record(slots=False)
class Group:
    """A word that opens into commands (``submit TYPE``, ``top node``): ``open`` chooses one by the words that follow.

    It takes those words and the persistent flags given before them, and returns the command with the words that are left for it.
    """

    open: Callable[[list[str], Parsed], tuple[Command, list[str]]]
    #: The word alone, for help and where no command could be chosen.
    overview: Callable[[], Command]
    #: The commands that are always there.
    parts: tuple[Command, ...] = ()
    #: Further words that open, for completion, each with what it does.
    starts: tuple[tuple[str, str], ...] = ()
