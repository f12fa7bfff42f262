"""``arena serve list`` and ``arena serve get``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.serving.meant import TYPE, VERSION, find, kinds, type_name
from arena_core.cli.commands.shared import ALL_NAMESPACES, NO_HEADERS, QUIET, SELECTOR, note_unread, print_fitted, selector_of
from arena_core.cli.connect import nothing_yet
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag, wants_data, write
from arena_core.cli.terminal import note, say
from arena_core.contract.errors import UsageError
from arena_core.contract.types import Phase
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.usecases.servers import Server


def list_servers(context: Context, parsed: Parsed) -> int:
    """List servers by name and version, with their addresses."""
    from arena_core.cli.commands.serving import pages
    from arena_core.usecases.servers import ServerList

    everywhere, output = parsed.on("all_namespaces"), parsed.text("output", "wide")
    job_type, selector = type_name(context, parsed), selector_of(parsed)
    if nothing_yet(context.settings):
        found, words = ServerList(), {}
        note("no cluster is configured and there is no local one yet, so there are no servers")
    else:
        found = context.client.servers(job_type=job_type, all_namespaces=everywhere, selector=selector)
        words = kinds(context)
    if wants_data(parsed):
        write(parsed, [pages.as_data(one, words.get(one.job.job_type, one.job.job_type)) for one in found.servers])
    elif output == "name":
        for one in found.servers:
            say(one.job.full_name)
    else:
        print_fitted(parsed, pages.rows(found.servers, words, namespaced=everywhere), pages.LEAST)
    for text in found.notes:
        note_unread(parsed, text)
    return 0


def get(context: Context, parsed: Parsed) -> int:
    """Show one server: size, address, instances, what it runs."""
    from arena_core.cli import jobpage
    from arena_core.cli.commands.serving import pages

    if len(parsed.args) != 1:
        raise UsageError("one server at a time: `arena serve get NAME`", "`arena serve list` shows the servers")
    server = reasoned(context, find(context, parsed, parsed.args[0]))
    kind, output = kinds(context).get(server.job.job_type, server.job.job_type), parsed.text("output", "wide")
    if wants_data(parsed):
        write(parsed, pages.as_data(server, kind))
    elif output == "name":
        say(server.job.full_name)
    else:
        served = context.client.endpoints(server.job)
        roles = jobpage.roles(context.client.about(server.job))
        parts = [pages.head(server, kind), pages.instances(server), roles, jobpage.endpoints(served.endpoints)]
        say("\n\n".join(part for part in parts if part), painted=True)
    return 0


def reasoned(context: Context, server: Server) -> Server:
    """Return the server with why it is not ready, as `arena get` and `arena serve why` say it; a ready one costs no request."""
    if server.job.status.phase in (Phase.READY, Phase.SUSPENDED):
        return server
    return replace(server, job=context.client.get(server.job.name, job_type=server.job.job_type))


LIST = Command(
    "serve list",
    "list model servers",
    list_servers,
    prints="serving.Server[]",
    flags=(ALL_NAMESPACES, TYPE, SELECTOR, output_flag("wide", "name"), NO_HEADERS, QUIET),
)
GET = Command(
    "serve get",
    "show one model server, its address and its instances",
    get,
    takes="NAME",
    prints="serving.Server",
    flags=(VERSION, TYPE, output_flag("wide", "name")),
    words="server",
)
