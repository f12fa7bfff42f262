"""``arena open JOB [ENDPOINT]``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import TYPE, check_names
from arena_core.cli.flags import Flag, Parsed
from arena_core.cli.output import output_flag
from arena_core.cli.run import within
from arena_core.cli.terminal import browse
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Forward a port to what the job serves, open it in the browser, and stay until Ctrl-C."""
    if not parsed.args or len(parsed.args) > 2:
        raise UsageError("which job? `arena open NAME [ENDPOINT]`", "`arena get NAME` shows what a job serves")
    check_names(parsed.args[:1])
    from arena_core.cli.forwarding import address_of, stay, tell, trouble
    from arena_core.usecases.forward import choose_served

    client = context.client
    job = client.get(parsed.args[0], job_type=parsed.text("type"))
    made = client.forward(job, choose_served(client.served(job), "".join(parsed.args[1:])), on_trouble=within(trouble))
    tell(parsed, [made])
    if not parsed.on("no_browser") and made.to.scheme in ("http", "https"):
        browse(address_of(made))
    return stay([made])


COMMAND = Command(
    "open",
    "open what a job serves (TensorBoard, dashboard) in the browser",
    run,
    takes="JOB [ENDPOINT]",
    details="It goes through the API server, so that it works wherever `arena get` does. Of several the TensorBoard "
    "comes first; Ctrl-C ends it.",
    prints="small.Forward[]",
    flags=(Flag("no_browser", "only print the address", boolean=True), output_flag("wide"), TYPE),
    words="job endpoint",
)
