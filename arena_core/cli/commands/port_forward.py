"""``arena port-forward JOB [[LOCAL:]PORT...]``."""

from __future__ import annotations

from arena_core.cli.command import Command, Context
from arena_core.cli.commands.shared import INSTANCE, TYPE, check_names
from arena_core.cli.flags import Parsed
from arena_core.cli.output import output_flag
from arena_core.cli.run import within
from arena_core.contract.errors import UsageError


def run(context: Context, parsed: Parsed) -> int:
    """Forward what a job serves, or ports of an instance by their numbers, until Ctrl-C."""
    if not parsed.args:
        raise UsageError("which job? `arena port-forward NAME [PORT]`", "`arena list` shows the jobs")
    check_names(parsed.args[:1])
    pairs = [_ports(word) for word in parsed.args[1:]]
    if parsed.text("instance") and not pairs:
        raise UsageError("--instance needs a port", f"`arena port-forward {parsed.args[0]} 8080 -i worker-0`")
    from arena_core.cli.forwarding import stay, tell, trouble

    client = context.client
    job = client.get(parsed.args[0], job_type=parsed.text("type"))
    if pairs:
        instance = parsed.text("instance")
        made = [client.forward(job, port, local=local, instance=instance, on_trouble=within(trouble)) for local, port in pairs]
    else:
        made = [client.forward(job, one, on_trouble=within(trouble)) for one in client.served(job)]
    tell(parsed, made)
    return stay(made)


def _ports(word: str) -> tuple[int, int]:
    """Read ``PORT`` or ``LOCAL:PORT`` (``:PORT`` and ``0:PORT`` take a free one here), as kubectl does."""
    local, colon, remote = word.rpartition(":")
    numbers = (local or "0") if colon else remote, remote
    if not all(n.isascii() and n.isdigit() and len(n) < 6 and int(n) < 65536 for n in numbers) or not int(numbers[1]):
        raise UsageError(f"{word!r} is not a port", "for example 8080, or 9000:8080 for port 9000 of this machine")
    return int(numbers[0]), int(numbers[1])


COMMAND = Command(
    "port-forward",
    "forward ports of this machine to a job",
    run,
    takes="JOB [[LOCAL:]PORT...]",
    details="Without a port it forwards what the job serves (TensorBoard, dashboards), each from a free port. With ports it forwards these "
    "to the chief, or to the instance that -i names. Only this machine can use them; Ctrl-C ends it.",
    prints="small.Forward[]",
    flags=(
        INSTANCE,
        output_flag("wide"),
        TYPE,
    ),
    words="job",
)
