"""docs/seeing.md states the order in which columns give way, as the code has it."""

from __future__ import annotations

import re
from pathlib import Path

from arena_core.cli import columns, queues
from arena_core.cli.commands import data
from arena_core.cli.commands.serving import pages
from arena_core.cli.top import jobs, nodes

PAGE = (Path(__file__).parents[2] / "docs/seeing.md").read_text(encoding="utf-8")
ORDERS = {
    "list": columns.LEAST,
    "top node": ("MEMORY(Used)", "CPU(Used)", *nodes.LEAST),
    "top job": jobs.LEAST,
    "queue": queues.LEAST,
    "serve list": pages.LEAST,
    "data list": data.LEAST,
}


def test_the_order_is_that_of_the_code():
    stated = {command: order.split(", ") for command, order in re.findall(r"^\| `([a-z ]+)`[^|]* \| ([A-Z][^|]+) \|$", PAGE, re.MULTILINE)}
    assert stated == {command: list(order) for command, order in ORDERS.items()}


def test_every_command_that_watches_is_named():
    from arena_core.cli.printed import commands

    watching = {command.path.split()[0] for command in commands() if any(flag.name == "watch" for flag in command.flags)}
    named = re.search(r"`-w` \(([^)]*)\)", PAGE)
    assert named and set(re.findall(r"`([a-z]+)`", named[1])) == watching


def test_every_command_has_a_place_in_the_pages():
    """Beside the reference, which has all of them by itself."""
    from arena_core.cli import catalog

    root = Path(__file__).parents[2]
    pages = "".join(path.read_text(encoding="utf-8") for path in [root / "README.md", *(root / "docs").glob("*.md")])
    assert not [name for name in catalog.names() if not re.search(rf"arena {name}\b", pages)]
