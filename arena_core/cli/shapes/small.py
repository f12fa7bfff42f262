"""What the smaller commands print."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from arena_core.contract.types import Phase
from arena_core.usecases.findings import Row

#: An object of Kubernetes: its own API says what it holds.
Object = Annotated[dict[str, Any], "an object of Kubernetes, as its API describes it"]
Schema = Annotated[dict[str, Any], "a JSON Schema, draft 2020-12"]

#: A row of `arena check`, or of one of its topics.
Check = Row


class Setting(TypedDict):
    """One value of the configuration."""

    key: str
    value: Annotated[str, "as text, of lists and maps as JSON; never a secret"]
    source: Annotated[str, "site, user or folder"]
    file: str


class Cause(TypedDict):
    """One reason, and what to do about it."""

    message: str
    hint: str
    object: Annotated[str, "KIND/NAME of the object that says so"]
    reason: str
    rank: Literal["refused", "never", "failed", "held", "waits", "info"]
    log: Annotated[list[str], "the last lines of the log, of one that failed"]


class Why(TypedDict):
    """Why a job does not run: what decides comes first."""

    name: str
    namespace: str
    trainer: str
    status: Annotated[str, Phase]
    causes: list[Cause]


class Fewer(TypedDict):
    """The largest smaller job that would start at once."""

    argument: Annotated[str, "workers or gpus"]
    value: int
    asked: int
    gpusLess: int


class Foreseen(TypedDict):
    """What is to be expected of a job. Times are guesses."""

    name: str
    namespace: str
    trainer: str
    verdict: Literal["now", "preempts", "waits", "never", "unknown"]
    seconds: Annotated[float | None, "until it starts; null where that is not known"]
    before: Annotated[list[str], "NAMESPACE/NAME of the jobs that start first"]
    preempts: Annotated[list[str], "NAMESPACE/NAME of the jobs that have to give way"]
    reasons: list[str]
    endless: Annotated[int, "running jobs of which nobody knows when they end"]
    fewer: Fewer | None
    notes: Annotated[list[str], "what could not be seen, and what is not foreseen"]


class LogLine(TypedDict):
    """A line of a log; `-o json` and `-o jsonl` print one object a line, `-o yaml` one document a line."""

    job: str
    instance: str
    pod: str
    container: str
    time: Annotated[str, "when it was written, as the node says (RFC 3339)"]
    text: str


class Deleted(TypedDict):
    """What became of a job that was to be deleted."""

    name: str
    namespace: str
    type: str
    uid: str
    deleted: bool
    error: Annotated[str, "why it was not deleted, or what is not known of its end"]
    dryRun: bool


class Changed(TypedDict):
    """A place of a server that an update changes; values as they are shown to people."""

    place: str
    before: str
    after: str


class Volume(TypedDict):
    """A volume claim."""

    name: str
    namespace: str
    status: str
    accessModes: list[str]
    size: Annotated[str, "a quantity of Kubernetes"]
    storageClass: str
    description: str
    owner: str
    creationTimestamp: Annotated[str, "RFC 3339"]


class Forward(TypedDict):
    """A port of this machine that leads to a job; printed as soon as it is open."""

    name: str
    address: Annotated[str, "a URL, or HOST:PORT where the scheme is not known"]
    localPort: int
    pod: str
    port: int


class Plugin(TypedDict):
    """An installed plugin."""

    kind: str
    name: str
    distribution: str
    version: str
    status: str
    summary: str
    detail: str
    aliases: list[str]


class NewPlugin(TypedDict):
    """A distribution that `arena plugins new` has made."""

    name: str
    folder: str
    files: list[str]


#: `arena plugins list` and `check`, and what `new` has made.
Plugins = list[Plugin] | NewPlugin


class Whoami(TypedDict):
    """Who the cluster says you are, with Arena's keys."""

    Name: str
    Id: str
    IsAdminUser: bool


class PluginVersion(TypedDict):
    """The version of a distribution."""

    name: str
    version: str


class Version(TypedDict):
    """The version of this program, and where it runs."""

    version: str
    python: str
    executable: str
    platform: str
    plugins: NotRequired[Annotated[list[PluginVersion], "with --verbose"]]


class ExitCode(TypedDict):
    """What an exit code means."""

    code: int
    meaning: str
