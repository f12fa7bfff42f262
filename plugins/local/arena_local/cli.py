"""``arena local``: the local cluster by hand."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict

import typer

from arena_core.cli.output import FORMATS, prints, write_as
from arena_core.contract.errors import ArenaError, ClusterUnreachable, NotFound, UsageError
from arena_core.k8s import owners
from arena_local.cluster import not_started, unusable
from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.state import CONTEXT, Daemon, State, Unusable, default_state, write_private
from arena_local.options import BadOption, merged

#: The version of Arena's contract that this module is written for.
ARENA_CONTRACT = 2

app = typer.Typer(
    help="The local cluster: a Kubernetes API on this machine that runs pods as processes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_Nodes = Annotated[int | None, typer.Option(min=1, max=100, metavar="N", help="number of nodes (all of them are this machine)")]
_Gpus = Annotated[int | None, typer.Option(min=0, metavar="N", help="pretend that each node has N GPUs (nvidia.com/gpu)")]
_Resource = Annotated[list[str] | None, typer.Option(metavar="NAME=N", help="pretend that each node has an extended resource; repeatable")]
_Quota = Annotated[
    list[str] | None, typer.Option(metavar="RESOURCE=N", help="limit LocalQueue default-queue of namespace default; repeatable")
]
_Simulate = Annotated[bool | None, typer.Option(help="run no processes: pods only pretend to run")]
_Names = Annotated[str | None, typer.Option(metavar="auto|rewrite", help="auto, or rewrite: no namespaces even where the kernel has them")]
_Delay = Annotated[
    list[str] | None, typer.Option(metavar="NAME=SECONDS", help="set a named delay in seconds (kubelet.backoff=1); repeatable")
]

_Operators = Annotated[bool | None, typer.Option(help="the job types' operators and queues; without them a plain Kubernetes")]
_Idle = Annotated[
    float | None,
    typer.Option(
        metavar="MINUTES", min=0, help="stop the cluster after this many minutes without a request and without a running pod (0: never)"
    ),
]
_KeepLogs = Annotated[
    str | None, typer.Option(metavar="SIZE", help="how much to keep of the logs of pods that are gone (500Mi; 0: nothing)")
]


def _state() -> State:
    if sys.platform == "win32":
        raise ClusterUnreachable("the local cluster runs on Linux and macOS only", "name a kubeconfig with --config or KUBECONFIG")
    try:
        return State(default_state())
    except Unusable as error:
        raise unusable(error) from None


@app.command()
def up(  # noqa: PLR0913
    nodes: _Nodes = None,
    gpus: _Gpus = None,
    resource: _Resource = None,
    quota: _Quota = None,
    simulate: _Simulate = None,
    names: _Names = None,
    delay: _Delay = None,
    idle_stop: _Idle = None,
    operators: _Operators = None,
    keep_logs: _KeepLogs = None,
) -> None:
    """Start the cluster; on a running one, apply what is given."""
    given = {
        "nodes": nodes,
        "gpus": gpus,
        "resource": resource,
        "quota": quota,
        "simulate": simulate,
        "names": names,
        "delay": delay,
        "idle_stop": idle_stop,
        "operators": operators,
        "keep_logs": keep_logs,
    }
    state = _state()
    with _failures(state):
        done = control.up(state, lambda before: merged(before, given))
    if done.started:
        typer.echo(f"local cluster started ({_facts(done.after)}); context {CONTEXT}, kubeconfig {state.kubeconfig}")
        if os.geteuid() == 0:
            typer.echo("note: it runs as root: every pod, also of a manifest from elsewhere, may do anything on this machine", err=True)
        return
    if not any(value is not None for value in given.values()):
        typer.echo(f"local cluster is running ({_facts(done.after)}), pid {done.daemon.pid}")
        return
    typer.echo(f"applied to the running local cluster: {_facts(done.after)}")
    for flag in ("names", "operators"):
        if getattr(done.after, flag) != getattr(done.before, flag):
            typer.echo(f"--{flag} takes effect after a restart: arena local down; arena local up", err=True)


class Status(TypedDict):
    """The local cluster: whether it runs, where, and with what."""

    running: bool
    pid: int | None
    port: int | None
    context: str
    kubeconfig: str
    nodes: int
    resources: Annotated[dict[str, str], "extended resources of each node"]
    quota: dict[str, str]
    pods: Annotated[dict[str, int], "how many are in each phase"]
    problems: Annotated[list[str], "what was left out, and why"]


_Output = Annotated[str, typer.Option("--output", "-o", metavar="wide|json|yaml|jsonl", help="output format")]


@app.command()
@prints(Status)
def status(output: _Output = "wide") -> None:
    """Say whether the cluster runs, and where; exit code 6 where it does not."""
    if output not in ("wide", *FORMATS):
        raise UsageError(f"-o {output}: not one of wide, {', '.join(FORMATS)}")
    state = _state()
    with _failures(state):
        daemon, options = state.daemon(), state.options()
    if output != "wide":
        write_as(output, _status(state, daemon, options))
        if daemon is None:
            raise typer.Exit(ClusterUnreachable.exit_code)
        return
    if daemon is None:
        typer.echo("local cluster is not running")
        raise typer.Exit(ClusterUnreachable.exit_code)
    typer.echo(f"local cluster is running: pid {daemon.pid}, port {daemon.port}, {_facts(options)}")
    typer.echo(f"context {CONTEXT}, kubeconfig {state.kubeconfig}")
    phases = _phases(state, daemon)
    typer.echo("pods: " + (", ".join(f"{n} {p}" for p, n in sorted(phases.items())) or "none"))
    for problem in state.problems():
        typer.echo(f"left out: {problem}")


def _phases(state: State, daemon: Daemon) -> Counter[str]:
    return Counter(str(pod["status"].get("phase", "Unknown")) for pod in _pods(state, daemon))


def _status(state: State, daemon: Daemon | None, options: Options) -> Status:
    return {
        "running": daemon is not None,
        "pid": daemon.pid if daemon else None,
        "port": daemon.port if daemon else None,
        "context": CONTEXT,
        "kubeconfig": str(state.kubeconfig),
        "nodes": options.nodes,
        "resources": {name: str(count) for name, count in options.resources.items()},
        "quota": {name: str(amount) for name, amount in options.quota.items()},
        "pods": dict(_phases(state, daemon)) if daemon else {},
        "problems": [str(problem) for problem in state.problems()],
    }


@app.command(short_help="End the cluster; what it stores stays.")
def down() -> None:
    """End the cluster and every process of its pods; what it stores stays."""
    state = _state()
    with _failures(state):
        if daemon := state.daemon():
            _tell_running(state, daemon)
        stopped = control.stop(state)
    typer.echo("local cluster stopped" if stopped else "local cluster is not running")


def _tell_running(state: State, daemon: Daemon) -> None:
    """Say what ends with the cluster: nobody should find out later."""
    jobs = set()
    for pod in _pods(state, daemon):
        if pod["status"].get("phase") in ("Pending", "Running"):
            meta = pod["metadata"]
            owner = (owners.controller_of(pod) or meta)["name"]
            jobs.add(f"{meta['namespace']}/{owner}")
    if jobs:
        named = ", ".join(sorted(jobs)[:5]) + (f" and {len(jobs) - 5} more" if len(jobs) > 5 else "")
        typer.echo(f"this ends {len(jobs)} running job{'s' if len(jobs) > 1 else ''}: {named}", err=True)


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False) -> None:
    """End the cluster and remove everything it stores."""
    state = _state()
    if not state.folder.exists():
        typer.echo(f"there is no local cluster to remove ({state.folder} does not exist)")
        return
    if not yes:
        what = f"all objects, logs and volumes of the local cluster ({state.folder})"
        if not sys.stdin.isatty():
            raise UsageError(f"`arena local reset` removes {what}; there is no terminal to ask on", "add --yes to do it")
        typer.confirm(f"remove {what}?", abort=True)
    with _failures(state):
        if daemon := state.daemon():
            _tell_running(state, daemon)
        control.reset(state)
    typer.echo("local cluster removed")


@app.command(short_help="Print a kubeconfig for any other client.")
def kubeconfig(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="write it to this file, readable by you alone")] = None,
) -> None:
    """Print a complete kubeconfig for any other client; starts the cluster if need be.

    It holds the cluster's secret, which is good until `arena local down`.
    """
    state = _state()
    daemon, _ = _start(state)
    text = json.dumps(state.kubeconfig_object(daemon.port), indent=2) + "\n"
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        write_private(output, text)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}", "name a file in a folder of yours") from None


@app.command()
def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="keep printing as it grows")] = False,
    tail: Annotated[int, typer.Option(help="only the last lines")] = 200,
) -> None:
    """Print the cluster's own log (not that of a job)."""
    path = _state().log
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file.readlines()[-tail:]:
                typer.echo(line, nl=False)
            while follow:
                typer.echo(file.read(), nl=False)
                time.sleep(0.2)
    except FileNotFoundError:
        raise NotFound(f"there is no log yet: {path}", "start the cluster with `arena local up`") from None


def _start(state: State) -> tuple[Any, bool]:
    with _failures(state):
        return control.start(state)


@contextlib.contextmanager
def _failures(state: State) -> Iterator[None]:
    """Turn what goes wrong with the cluster's folder and process into errors of the command line."""
    try:
        yield
    except BadOption as error:
        raise UsageError(str(error)) from None
    except control.Refused as error:
        raise ArenaError(str(error), "use a shell outside of the pods") from None
    except control.StartFailed as error:
        raise not_started(state, error) from None
    except Unusable as error:
        raise unusable(error) from None


def _facts(options: Options) -> str:
    words = [f"{options.nodes} node{'s' if options.nodes > 1 else ''}"]
    words += [f"{k}={v}" for k, v in sorted(options.resources.items())]
    words += [f"quota {k}={v}" for k, v in sorted(options.quota.items())]
    words += ["simulated"] if options.simulate else []
    words += [] if options.operators else ["no operators"]
    words += [f"ends after {options.idle_stop:g} idle minutes"] if options.idle_stop else []
    words += [f"keeps {options.keep_logs} of logs"] if options.keep_logs != Options().keep_logs else []
    words += [f"delay {k}={v:g}" for k, v in sorted(options.delays.items())]
    return ", ".join(words)


def _pods(state: State, daemon: Daemon) -> list[Any]:
    """Return all pods; none where the cluster does not answer."""
    import urllib.request

    with contextlib.suppress(OSError, ValueError, KeyError):
        asked = urllib.request.Request(f"http://127.0.0.1:{daemon.port}/api/v1/pods", headers={"Authorization": f"Bearer {state.token()}"})
        with urllib.request.urlopen(asked, timeout=5) as answer:
            return list(json.load(answer)["items"])
    return []


__all__ = ["app"]
