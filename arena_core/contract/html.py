"""Records in a notebook (``_repr_html_``): whatever comes from a cluster is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from arena_core.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from arena_core.contract.live import JobStatus


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table.

    >>> table(["a"], [["<b>"]])
    '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>&lt;b&gt;</td></tr></tbody></table>'
    """
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def status_html(status: JobStatus) -> str:
    """Return what a job is doing, why, and its instances."""
    why = ": ".join(part for part in (status.reason, status.message) if part)
    text = paragraph(f"{status.phase}: {why}" if why else str(status.phase))
    if not status.instances:
        return text
    head = ("instance", "status", "node", "started", "finished", "restarts", "exit code")
    rows = [(i.short_name, i.status, i.node, i.started, i.finished, i.restarts, i.exit_code) for i in status.instances]
    return text + table(head, rows)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)
