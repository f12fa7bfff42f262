"""From the name and version of a server to the job that it is."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.contract.errors import NotFound, UsageError
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.servers import Server

VERSION = Flag("version", "version of the server, where there are several", short="v", metavar="VERSION")
TYPE = Flag("type", "type of server (custom)", short="T", metavar="TYPE")


def type_name(context: Context, parsed: Parsed) -> str:
    """The job type that ``-T`` means; empty without it."""
    word = parsed.text("type")
    if not word:
        return ""
    from arena_core.cli.jobtypes import registry
    from arena_core.usecases.servers import type_of

    handle = type_of(registry(), word)
    if handle is None:
        raise UsageError(f"{word!r} is not a type of server", "`arena serve --help` lists them")
    return handle.job_type.name


def kinds(context: Context) -> dict[str, str]:
    """Job type → how Arena calls it in its tables."""
    from arena_core.usecases.session import of_workload

    return {handle.job_type.name: handle.job_type.display or handle.job_type.name for handle in of_workload(context.client.jobs, "service")}


def find(context: Context, parsed: Parsed, name: str) -> Server:
    """The one server of this name and version: its own name, or the whole name of its job as ``arena list`` shows it."""
    check_names([name], "server")
    version, job_type = parsed.text("version"), type_name(context, parsed)
    client = context.client
    found = client.servers(name, job_type=job_type).servers
    meant = [one for one in found if one.version == version] if version else list(found)
    if len(meant) == 1:
        return meant[0]
    if meant:
        listed = ", ".join(f"{one.version or 'none'} ({one.job.job_type})" for one in meant)
        raise UsageError(f"there are {len(meant)} servers named {name}, by version: {listed}", "choose one with --version or --type")
    if found:
        versions = ", ".join(one.version for one in found)
        raise NotFound(f"server {name} has no version {version} in namespace {client.namespace}", f"its versions: {versions}")
    whole = [one for one in client.servers(job_type=job_type).servers if one.job.name == name and version in ("", one.version)]
    if whole:
        return whole[0]
    hint = "`arena serve list -A` shows the servers of all namespaces"
    raise NotFound(f"server {name} does not exist in namespace {client.namespace}", hint)


def titled(server: Server) -> str:
    """How a sentence names a server: by its version, too, where it has one."""
    return f"{server.name} with version {server.version}" if server.version else server.name


def for_server(command: Command, summary: str, usage: str, *, details: str = "") -> Command:
    """Return a command on jobs as one on servers: its first word is a server's name."""

    def run(context: Context, parsed: Parsed) -> int:
        if not parsed.args:
            raise UsageError(f"which server? `arena serve {command.path} NAME`", "`arena serve list` shows the servers")
        job = find(context, parsed, parsed.args[0]).job
        parsed.args[0], parsed.values["type"] = job.name, job.job_type
        return command.run(context, parsed)

    flags = tuple(flag for flag in command.flags if flag.name not in ("type", "selector", "all_namespaces"))
    taken = {flag.short for flag in flags}
    own = [replace(flag, short="" if flag.short in taken else flag.short) for flag in (VERSION, TYPE)]
    return replace(
        command, path=f"serve {command.path}", summary=summary, usage=usage, details=details, run=run, flags=(*own, *flags), words="server"
    )
