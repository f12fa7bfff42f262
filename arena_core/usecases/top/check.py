"""What of the monitoring is there, what is missing and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arena_core.contract.errors import ArenaError, KindNotInstalled
from arena_core.k8s import dig
from arena_core.kube.resources import NODES
from arena_core.usecases.findings import Row, State
from arena_core.usecases.session import Session
from arena_core.usecases.top.gpus import DUTY, METRICS, POD_LABELS
from arena_core.usecases.top.measures import IDLE_MINUTES, NODE_METRICS, POD_METRICS
from arena_core.usecases.top.nodes import node_of
from arena_core.usecases.top.prometheus import Address, Prometheus, prometheus
from arena_core.usecases.unread import is_partial, reason

OK: State = "ok"
MISSING: State = "missing"
UNKNOWN: State = "unknown"


def _row(what: str, state: State, detail: str = "", costs: str = "", mend: str = "") -> Row:
    return Row("monitoring", what, state, detail, mend, costs)


def check_monitoring(session: Session, address: Address | None = None) -> list[Row]:
    """Look at everything that `top` needs beside the API itself; nothing is changed."""
    nodes, kinds = _nodes(session)
    findings = [*nodes, *_metrics(session)]
    try:
        server = prometheus(session.cluster, address or Address())
    except ArenaError as error:
        if not is_partial(error):
            raise
        state = UNKNOWN if "(forbidden)" in error.message or "no permission" in error.message else MISSING
        mend = "name one (prometheus_address in the configuration), or set one up: docs/monitoring.md"
        return [*findings, _row("Prometheus", state, error.message, "the use of GPUs is N/A", mend)]
    return [*findings, *_prometheus(server, kinds)]


def _nodes(session: Session) -> tuple[list[Row], list[str]]:
    try:
        nodes = session.cluster.list(NODES).items
    except ArenaError as error:
        if not is_partial(error):
            raise
        mend = "ask for list on nodes (examples/monitoring/access.yaml)"
        return [_row("nodes", UNKNOWN, reason(error), "`top node` shows only nodes with pods of yours", mend)], []
    kinds = sorted({device.resource for node in nodes for device in node_of(node, ()).devices})
    detail = f"{len(nodes)} node{'s' if len(nodes) != 1 else ''}, accelerators: {', '.join(kinds) or 'none'}"
    return [_row("nodes", OK, detail)], kinds


def _metrics(session: Session) -> list[Row]:
    found = []
    for resource, where in ((NODE_METRICS, ""), (POD_METRICS, session.namespace)):
        what = f"metrics API: {resource.plural}"
        try:
            count = len(session.cluster.list(resource, where).items)
        except KindNotInstalled:
            mend = "install the metrics server (kubernetes-sigs/metrics-server)"
            found.append(_row(what, MISSING, "metrics.k8s.io is not served", "the use of cpu and memory is N/A", mend))
        except ArenaError as error:
            if not is_partial(error):
                raise
            state = UNKNOWN if reason(error) == "forbidden" else MISSING
            mend = "ask for list on it (examples/monitoring/access.yaml)" if state == UNKNOWN else "is the metrics server well?"
            found.append(_row(what, state, reason(error), "the use of cpu and memory is N/A", mend))
        else:
            found.append(_row(what, OK, f"{count} measured"))
    return found


def _prometheus(server: Prometheus, kinds: Sequence[str]) -> list[Row]:
    names = "|".join(METRICS)
    try:
        rows = server.query(f'count by (__name__) ({{__name__=~"{names}"}})')
        told = sorted(str(dig.mapping(row, "metric").get("__name__")) for row in rows)
        found = [_row("Prometheus", OK, server.where), _figures(told, kinds)]
        if told:
            found.append(_pods(server.query(f'{{__name__=~"{"|".join(DUTY)}"}}')))
            past = server.query(" or ".join(f"{name} offset {IDLE_MINUTES}m" for name in DUTY))
            detail = f"figures reach back {IDLE_MINUTES} minutes" if past else f"no figures of {IDLE_MINUTES} minutes ago"
            costs = "" if past else "idle GPUs are not marked yet"
            found.append(_row("GPU history", OK if past else MISSING, detail, costs, "" if past else "wait, or look at its retention"))
    except ArenaError as error:
        if not is_partial(error):
            raise
        mend = "ask for get on services/proxy there (examples/monitoring/access.yaml), or see why it does not answer"
        return [_row("Prometheus", MISSING, error.message, "the use of GPUs is N/A", mend)]
    return found


def _figures(told: Sequence[str], kinds: Sequence[str]) -> Row:
    if told:
        return _row("GPU figures", OK, ", ".join(told))
    if kinds and not any(kind.startswith("nvidia.com/") for kind in kinds):
        return _row("GPU figures", MISSING, "none; the exporters that are understood are NVIDIA's", "the use of accelerators is N/A")
    return _row("GPU figures", MISSING, "none", "the use of GPUs is N/A", "have it scrape a GPU exporter: docs/monitoring.md")


def _pods(rows: Sequence[Any]) -> Row:
    named = sum(any(dig.mapping(row, "metric").get(label) for label in POD_LABELS) for row in rows)
    if named or not rows:
        return _row("GPUs by pod", OK, f"{named} of {len(rows)} GPUs name a pod that uses them")
    mend = "let the exporter know Kubernetes (DCGM_EXPORTER_KUBERNETES=true, and the kubelet's pod-resources mounted)"
    return _row("GPUs by pod", MISSING, "no figure names a pod", "`top job` cannot tell whose GPU is busy", mend)
