"""``top node`` as tables: one line for each kind of accelerator of a node, or a block for each node."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.cli.amounts import NONE, cores, number, of, percent, size
from arena_core.cli.fitting import fitted, room
from arena_core.cli.foreign import one_line
from arena_core.cli.render import ruled, table
from arena_core.k8s import quantity
from arena_core.k8s.devices import SHARED_CORE, SHARED_MEMORY
from arena_core.usecases.top.nodes import Node
from arena_core.usecases.top.of_jobs import mean
from arena_core.usecases.top.of_nodes import NodeBoard
from arena_core.usecases.top.sizes import Device, Size

#: What gives way on a narrow terminal, the least important first.
LEAST = ("IPADDRESS", "GPU(Duty)", "ROLE", "MEMORY(Requested/Total)", "CPU(Requested/Total)", "JOBS")
#: So many jobs are named in one cell.
_NAMED = 3


def summary(board: NodeBoard) -> tuple[str, list[str]]:
    """Return the table of all nodes with the totals below it, and the columns that did not fit."""
    header = ["NAME", "IPADDRESS", "ROLE", "STATUS", "GPU(Total)", "GPU(Allocated)", "GPU(Free)"]
    kinds = {device.resource for node in board.nodes for device in node.devices}
    typed = bool(kinds - {"nvidia.com/gpu"})
    sick = any(_unhealthy(node) for node in board.nodes)
    duty = any(node.gpus for node in board.nodes)
    header += [*(["GPU(Type)"] if typed else []), *(["UNHEALTHY"] if sick else []), *(["GPU(Duty)"] if duty else [])]
    header += ["CPU(Requested/Total)", "MEMORY(Requested/Total)"]
    header += ["CPU(Used)", "MEMORY(Used)"] if board.measured else []
    rows: list[list[str]] = [[*header, "JOBS"]]
    for node in board.nodes:
        for n, device in enumerate(node.devices or (None,)):
            rows.append(_row(node, device, board, first=n == 0, typed=typed, sick=sick, duty=duty))
    shown, gone = fitted(rows, ("MEMORY(Used)", "CPU(Used)", *LEAST), room())
    return "\n".join([table(shown), *totals(board)]), gone


def _row(node: Node, device: Device | None, board: NodeBoard, *, first: bool, typed: bool, sick: bool, duty: bool) -> list[str]:
    names = [node.name, node.address or NONE, ",".join(node.roles) or "<none>", _status(node)] if first else [""] * 4
    if device:
        gpus = [number(device.total), _held(device, board), number(device.free) if board.everywhere else NONE]
    else:
        gpus = ["0", "0", "0"] if node.known else [NONE, "0", NONE]
    cells = [*names, *gpus]
    cells += [device.resource if device else ""] if typed else []
    cells += [str(_lost(device)) if device else ""] if sick else []
    cells += [percent(mean(gpu.duty for gpu in node.gpus)) if first else ""] if duty else []
    cells += [_sizes(node.cpu, cores, board), _sizes(node.memory, size, board)] if first else ["", ""]
    if board.measured:
        cells += [cores(node.cpu.used), size(node.memory.used)] if first else ["", ""]
    return [*cells, _jobs(node, device)]


def _held(device: Device, board: NodeBoard) -> str:
    """Return how many are held; ``2+`` where the pods of others could not be read."""
    return number(device.allocated) + ("" if board.everywhere else "+")


def _sizes(amount: Size, text: Callable[[float | None], str], board: NodeBoard) -> str:
    return of(text(amount.requested) + ("" if board.everywhere else "+"), text(amount.total))


def _status(node: Node) -> str:
    """Return the status, with a mark where taints or conditions keep jobs away: ``-d`` says which."""
    closed = any(taint.effect in ("NoSchedule", "NoExecute") for taint in node.taints)
    return node.status + (",Tainted" if closed and not node.cordoned and node.ready else "")


def _lost(device: Device) -> int:
    return 0 if device.total is None or device.healthy is None else max(0, device.total - device.healthy)


def _unhealthy(node: Node) -> int:
    return sum(_lost(device) for device in node.devices)


def _jobs(node: Node, device: Device | None) -> str:
    """Return who holds these accelerators, or what runs on a node without any."""
    held: dict[str, int] = {}
    for holder in node.holders:
        count = holder.accelerators.get(device.resource, 0) if device else 0
        if count:
            owner = holder.owner.rpartition("/")[2] or holder.name
            held[owner] = held.get(owner, 0) + count
    named = [f"{name}({count})" for name, count in sorted(held.items(), key=lambda item: -item[1])]
    return ", ".join(named[:_NAMED]) + (f", {len(named) - _NAMED} more" if len(named) > _NAMED else "")


def totals(board: NodeBoard) -> list[str]:
    """Return the lines below the table: Arena's total, one for each kind of accelerator, and what waits for a node."""
    lines = []
    kinds = sorted({device.resource for node in board.nodes for device in node.devices})
    for kind in kinds or ["nvidia.com/gpu"]:
        devices = [d for node in board.nodes for d in node.devices if d.resource == kind]
        lines.append(f"Allocated/Total GPUs of nodes which own resource {kind} In Cluster:")
        lines.append(share(sum(d.allocated for d in devices), _sum([d.total for d in devices]), board.everywhere))
        if lost := sum(_lost(d) for d in devices):
            lines.append(f"Unhealthy/Total GPUs In Cluster:\n{share(lost, _sum([d.total for d in devices]), True)}")
    if board.waiting:
        asked: dict[str, int] = {}
        for holder in board.waiting:
            for name, count in holder.accelerators.items():
                asked[name] = asked.get(name, 0) + count
        what = "".join(f", {count} {name}" for name, count in sorted(asked.items()))
        lines.append(f"Waiting for a node: {len(board.waiting)} pod{'s' if len(board.waiting) > 1 else ''}{what}")
    return ["-" * 80, *lines]


def _sum(totals: Sequence[int | None]) -> int | None:
    known = [total for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def share(part: float, total: float | None, everywhere: bool) -> str:
    """Return ``2/8 (25.0%)``."""
    if total is None or not everywhere:
        return f"{number(part)}{'' if everywhere else '+'}/{number(total)}"
    return f"{number(part)}/{number(total)} ({part * 100 / total if total else 0:.1f}%)"


def details(board: NodeBoard) -> str:
    """Return a block for each node: what it has, who holds it, what keeps jobs away."""
    return "\n\n".join("\n".join(_block(node, board)) for node in board.nodes)


def _block(node: Node, board: NodeBoard) -> list[str]:
    lines = [
        one_line(f"Name:    {node.name}"),
        f"Status:  {node.status}",
        f"Role:    {','.join(node.roles) or '<none>'}",
        f"Type:    {TYPES[node.mode]}",
        one_line(f"Address: {node.address or NONE}"),
        f"CPU:     {_use(node.cpu, cores, board)}",
        f"Memory:  {_use(node.memory, size, board)}",
    ]
    lines += [one_line(f"Taints:  {', '.join(str(t) for t in node.taints)}")] if node.taints else []
    lines += ["Conditions:", *(one_line(f"  {text}") for text in node.trouble)] if node.trouble else []
    lines.append("Instances:")
    holders = [h for h in node.holders if h.accelerators or not node.devices] or list(node.holders)
    rows = [["NAMESPACE", "NAME", "STATUS", "GPU(Requested)", "CPU", "MEMORY", "JOB"]]
    for holder in holders:
        asked, had = holder.requests, holder.accelerators
        gpus = "+".join(f"{n}" + ("" if name.endswith("/gpu") else f" {name}") for name, n in had.items()) or "0"
        cpu, memory = quantity.milli(asked.get("cpu", 0)), quantity.whole(asked.get("memory", 0))
        rows.append([holder.namespace, holder.name, holder.status, gpus, cores(cpu), size(memory), holder.owner or NONE])
    lines.append(table(ruled(rows), indent="  ") if len(rows) > 1 else "  none")
    if more := len(node.holders) - len(holders):
        lines.append(f"  and {more} pods without accelerators")
    return [*lines, *_devices(node, board)]


TYPES = {"share": "GPUShare", "topology": "GPUTopology", "exclusive": "GPUExclusive", "normal": "Normal"}


def _use(amount: Size, text: Callable[[float | None], str], board: NodeBoard) -> str:
    used = "" if amount.used is None else f", used {text(amount.used)}"
    return f"requested {_sizes(amount, text, board)}{used}"


def _devices(node: Node, board: NodeBoard) -> list[str]:
    lines = ["GPU Summary:"]
    for device in node.devices:
        lines += [
            f"  {device.resource}:",
            f"    Total GPUs:     {number(device.total)}",
            f"    Allocated GPUs: {_held(device, board)}",
            f"    Free GPUs:      {number(device.free) if board.everywhere else NONE}",
            f"    Unhealthy GPUs: {_lost(device)}",
        ]
    for name, (held, total) in node.shares.items():
        unit = {SHARED_MEMORY: " GiB", SHARED_CORE: " %"}.get(name, "")
        lines.append(f"  {name}: {held}/{total}{unit}")
    lines += [] if node.devices or node.shares else ["  no accelerators"]
    if node.gpus:
        rows = [["INDEX", "DUTY", "MEMORY(Used/Total)", "POD", "IDLE"]]
        rows += [[g.id, percent(g.duty), of(size(g.used), size(g.total)), g.pod or NONE, "idle" if g.idle else ""] for g in node.gpus]
        lines.append(table(ruled(rows), indent="  "))
    return lines
