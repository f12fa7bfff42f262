"""What a job is, as `arena get` prints it."""

from __future__ import annotations

from collections.abc import Sequence

from arena_core.cli.amounts import cores, number, size
from arena_core.cli.fitting import room, width_of
from arena_core.cli.foreign import one_line
from arena_core.cli.render import ruled, table
from arena_core.discreet import discreet
from arena_core.k8s import quantity
from arena_core.typed import TYPE_CHECKING
from arena_core.usecases.about import About, Role

if TYPE_CHECKING:
    from arena_core.cli.shapes import jobs

#: A command that is longer is cut in the table; JSON has all of it.
_LONGEST = 100
#: Labels that every job has because Arena or an operator writes them: they say nothing of this one.
_OWN = ("app", "release", "chart", "heritage", "createdBy", "arena.kubeflow.org/uid")


def lines(about: About) -> str:
    """Return the table of roles, and what is more to say, without an end of line; nothing for a job without roles."""
    if not about.roles:
        return ""
    rows = [["ROLE", "REPLICAS", "IMAGE", "REQUESTS", "COMMAND"]]
    rows += [[r.name, str(r.replicas), r.image or "N/A", requests(r), _cut(discreet(one_line(r.command)))] for r in about.roles]
    width = room(less=2)
    shown = _blocks(rows[1:]) if width and width_of(rows) > width else table(ruled(rows), indent="  ")
    found = [f"Roles:\n{shown}"]
    for name, text in _more(about):
        found.append(one_line(f"  {name + ':':<12}{text}"))
    return "\n".join(found)


def _blocks(rows: Sequence[Sequence[str]]) -> str:
    """Return the roles one below the other, where a table is too wide: an image that is cut cannot be copied."""
    lines = []
    for name, replicas, image, asked, command in rows:
        lines += [one_line(f"  {name} ({replicas}):"), *(one_line(f"    {text}") for text in (image, asked, command) if text)]
    return "\n".join(lines)


def _more(about: About) -> list[tuple[str, str]]:
    env = dict.fromkeys(name for role in about.roles for name in role.env)
    sources = dict.fromkeys(text for role in about.roles for text in role.env_from)
    mounts = dict.fromkeys(text for role in about.roles for text in role.mounts)
    selectors = dict.fromkeys(f"{k}={v}" for role in about.roles for k, v in role.node_selector.items())
    labels = [f"{k}={v}" for k, v in sorted(about.labels.items()) if k not in _OWN and not _of_operator(k, about.group)]
    rows = [
        ("Variables", env),
        ("Taken from", sources),
        ("Mounts", mounts),
        ("Only on", selectors),
        ("Nodes", about.nodes),
        ("Labels", labels),
    ]
    return [(name, ", ".join(values)) for name, values in rows if values] + ([("Retries", about.retries)] if about.retries else [])


def _of_operator(label: str, group: str) -> bool:
    """Whether a label is in the name of the kind's own API group: its operator has written it."""
    return bool(group) and label.startswith(f"{group}/")


def requests(role: Role) -> str:
    """Return what one pod asks for: ``2 nvidia.com/gpu, 4 cpu, 16Gi memory``."""
    devices = [f"{number(amount / quantity.ONE)} {name}" for name, amount in role.requests.items() if "/" in name]
    cpu, memory = role.requests.get("cpu"), role.requests.get("memory")
    sizes = [f"{cores(cpu / quantity.MILLI)} cpu"] if cpu else []
    sizes += [f"{size(memory / quantity.ONE)} memory"] if memory else []
    return ", ".join([*devices, *sizes]) or "-"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def roles_data(about: About) -> list[jobs.Role]:
    """Return the roles for JSON and YAML: names of variables, never their values."""
    return [
        {
            "name": r.name,
            "replicas": r.replicas,
            "image": r.image,
            "command": discreet(r.command),
            "requests": {k: quantity.text(v, "binary" if k == "memory" else "decimal") for k, v in r.requests.items()},
            "env": list(r.env),
            "envFrom": list(r.env_from),
            "mounts": list(r.mounts),
            "nodeSelector": dict(r.node_selector),
        }
        for r in about.roles
    ]
