"""``arena local``: the local cluster by hand."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
import time
from typing import Annotated, Any

import typer

from arena_core.errors import ClusterUnreachable, NotFound, UsageError
from arena_local.cluster import unusable
from arena_local.context import Options
from arena_local.daemon import control
from arena_local.daemon.state import CONTEXT, State, Unusable, default_state

app = typer.Typer(
    help="The local cluster: a Kubernetes API on this machine that runs pods as processes.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

_Nodes = Annotated[int | None, typer.Option(min=1, max=100, metavar="N", help="number of nodes (all of them are this machine)")]
_Gpus = Annotated[int | None, typer.Option(min=0, metavar="N", help="pretend so many GPUs per node (nvidia.com/gpu)")]
_Resource = Annotated[list[str] | None, typer.Option(metavar="NAME=N", help="pretend an extended resource per node; repeatable")]
_Quota = Annotated[
    list[str] | None, typer.Option(metavar="RESOURCE=N", help="limit LocalQueue default-queue of namespace default; repeatable")
]
_Simulate = Annotated[bool | None, typer.Option(help="run no processes: pods only pretend")]
_Names = Annotated[str | None, typer.Option(metavar="auto|rewrite", help="auto, or rewrite: no name spaces even where the kernel has them")]
_Delay = Annotated[list[str] | None, typer.Option(metavar="NAME=SECONDS", help="shorten a named wait (kubelet.backoff=1); repeatable")]

_Operators = Annotated[bool | None, typer.Option(help="the job types' operators and queues; without them a plain Kubernetes")]
_Idle = Annotated[
    float | None, typer.Option(metavar="MINUTES", min=0, help="end it when nobody has used it for so long and no pod runs; 0: never")
]
_KeepLogs = Annotated[
    str | None, typer.Option(metavar="SIZE", help="how much to keep of the logs of pods that are gone (500Mi; 0: nothing)")
]


def _state() -> State:
    if sys.platform == "win32":
        raise ClusterUnreachable("the local cluster runs on Linux and macOS only", "name a kubeconfig with --config or KUBECONFIG")
    return State(default_state())


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
    state = _state()
    before = state.options()
    after = _merged(
        before,
        nodes=nodes,
        gpus=gpus,
        resource=resource,
        quota=quota,
        simulate=simulate,
        names=names,
        delay=delay,
        idle_stop=idle_stop,
        operators=operators,
        keep_logs=keep_logs,
    )
    running = state.daemon() is not None
    if after != before or not running:
        try:
            state.save_options(after)
        except Unusable as error:
            raise unusable(error) from None
    daemon, started = _start(state)
    if started:
        typer.echo(f"local cluster started ({_facts(after)}); context {CONTEXT}, kubeconfig {state.kubeconfig}")
        return
    if after == before:
        typer.echo(f"local cluster is running ({_facts(after)}), pid {daemon.pid}")
        return
    control.reload(state)
    typer.echo(f"applied to the running local cluster: {_facts(after)}")
    for flag in ("names", "operators"):
        if getattr(after, flag) != getattr(before, flag):
            typer.echo(f"--{flag} takes effect after a restart: arena local down; arena local up", err=True)


@app.command()
def status() -> None:
    """Say whether the cluster runs, and where."""
    state = _state()
    daemon = state.daemon()
    if daemon is None:
        typer.echo("local cluster is not running")
        return
    typer.echo(f"local cluster is running: pid {daemon.pid}, port {daemon.port}, {_facts(state.options())}")
    typer.echo(f"context {CONTEXT}, kubeconfig {state.kubeconfig}")
    with contextlib.suppress(OSError, ValueError, KeyError):
        phases: dict[str, int] = {}
        for pod in _get(state, daemon.port, "/api/v1/pods")["items"]:
            phase = str(pod["status"].get("phase", "Unknown"))
            phases[phase] = phases.get(phase, 0) + 1
        typer.echo("pods: " + (", ".join(f"{n} {p}" for p, n in sorted(phases.items())) or "none"))


@app.command(short_help="End the cluster; what it stores stays.")
def down() -> None:
    """End the cluster and every process of its pods; what it stores stays."""
    if control.stop(_state()):
        typer.echo("local cluster stopped")
    else:
        typer.echo("local cluster is not running")


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False) -> None:
    """End the cluster and remove everything it stores."""
    state = _state()
    if not yes and sys.stdin.isatty():
        typer.confirm(f"remove all objects, logs and volumes of the local cluster ({state.folder})?", abort=True)
    control.stop(state)
    state.wipe()
    typer.echo("local cluster removed")


@app.command(short_help="Print a kubeconfig for any other client.")
def kubeconfig() -> None:
    """Print a complete kubeconfig for any other client (it holds the cluster's secret); starts the cluster if need be."""
    state = _state()
    daemon, _ = _start(state)
    typer.echo(json.dumps(state.kubeconfig_object(daemon.port), indent=2))


@app.command()
def logs(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on as it grows")] = False,
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
    try:
        return control.start(state)
    except control.StartFailed as error:
        raise ClusterUnreachable(f"the local cluster could not be started: {error}", f"its log is {state.log}") from None
    except Unusable as error:
        raise unusable(error) from None


def _merged(before: Options, **given: Any) -> Options:
    changes: dict[str, Any] = {
        k: given[k] for k in ("nodes", "simulate", "names", "idle_stop", "operators", "keep_logs") if given[k] is not None
    }
    if given["names"] not in (None, "auto", "rewrite"):
        raise UsageError(f"--names is auto or rewrite, not {given['names']!r}")
    resources = dict(before.resources)
    if given["gpus"] is not None:
        resources.pop("nvidia.com/gpu", None)
        resources |= {"nvidia.com/gpu": str(given["gpus"])} if given["gpus"] else {}
    if given["resource"]:
        resources |= _pairs("--resource", given["resource"])
    if resources != dict(before.resources):
        changes["resources"] = resources
    if given["quota"]:
        changes["quota"] = _pairs("--quota", given["quota"])
    if given["delay"]:
        changes["delays"] = dict(before.delays) | {k: _seconds(k, v) for k, v in _pairs("--delay", given["delay"], check=False).items()}
    return dataclasses.replace(before, **changes)


def _pairs(flag: str, texts: list[str], *, check: bool = True) -> dict[str, str]:
    from arena_local.kubelet.quantity import parse

    result = {}
    for text in texts:
        name, equals, value = text.partition("=")
        try:
            if not (name and equals and value):
                raise ValueError
            if check and parse(value) < 0:
                raise ValueError
        except ValueError:
            raise UsageError(f"{flag} {text!r}: expected NAME=AMOUNT, for example {flag} nvidia.com/gpu=8") from None
        result[name] = value
    return result


def _seconds(name: str, text: str) -> float:
    try:
        value = float(text.removesuffix("s"))
    except ValueError:
        value = -1.0
    if value < 0:
        raise UsageError(f"--delay {name}={text}: expected seconds, for example --delay kubelet.backoff=1")
    return value


def _facts(options: Options) -> str:
    words = [f"{options.nodes} node{'s' if options.nodes > 1 else ''}"]
    words += [f"{k}={v}" for k, v in sorted(options.resources.items())]
    words += [f"quota {k}={v}" for k, v in sorted(options.quota.items())]
    words += ["simulated"] if options.simulate else []
    words += [] if options.operators else ["no operators"]
    words += [f"ends after {options.idle_stop:g} idle minutes"] if options.idle_stop else []
    words += [f"delay {k}={v:g}" for k, v in sorted(options.delays.items())]
    return ", ".join(words)


def _get(state: State, port: int, path: str) -> Any:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{state.token()}{path}", timeout=5) as answer:
        return json.load(answer)


__all__ = ["app"]
