"""``top node``: a page of requests for however many nodes and pods."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.contract.errors import ArenaError, KindNotInstalled, NotFound
from arena_core.contract.types import Manifest
from arena_core.kube.resources import NODES, PODS
from arena_core.typed import Any, NamedTuple
from arena_core.usecases.listing import list_jobs
from arena_core.usecases.session import Session
from arena_core.usecases.top.held import Held, NodeMeasures
from arena_core.usecases.top.measures import NODE_METRICS, MeasuredGpus, Source, gpu_use, node_use, nodes_instead, told_gpus
from arena_core.usecases.top.nodes import Holder, Node
from arena_core.usecases.top.prometheus import Address
from arena_core.usecases.unread import all_refused, is_partial, phrase, sentence
from arena_core.usecases.views import Job


class NodeBoard(NamedTuple):
    """The nodes in the order of their names, and the pods that wait for one.

    ``everywhere`` is false where only the pods of one namespace could be read: then what is held is at least what is shown, and what
    is free is not known. ``notes`` are sentences about what could not be seen.
    """

    nodes: tuple[Node, ...] = ()
    waiting: tuple[Holder, ...] = ()
    everywhere: bool = True
    measured: bool = False
    notes: tuple[str, ...] = ()


def top_nodes(session: Session, names: Sequence[str] = (), address: Address | None = None) -> NodeBoard:
    """Return what the nodes have, who holds it and what is used; raises ``NotFound`` for a name that no node has."""
    cluster = session.cluster
    calls: list[Callable[[], Sequence[Manifest]]] = [
        lambda: cluster.list(NODES).items,
        lambda: cluster.list(PODS).items,
        lambda: cluster.list(NODE_METRICS).items,
    ]
    nodes, pods, metrics = cluster.gather(calls)
    unread: dict[str, str] = {}
    readable = _or_none(nodes, phrase_of=lambda e: unread.setdefault(NODES.key, phrase(NODES, e)))
    everywhere = not isinstance(pods, ArenaError)
    if isinstance(pods, ArenaError):
        pods = _own_pods(session, nodes, pods, unread)
    held = Held(readable=readable is not None)
    for node in readable or ():
        held.node(node)
    for pod in pods:
        held.pod(pod)
    jobs, notes = _jobs(session, pods, "" if everywhere else session.namespace)
    held.jobs(jobs)
    held.measure(measured_nodes(Source(session, address or Address()), held.has_devices(), metrics))
    return board(session, held, names, everywhere, [*([sentence(unread.values())] if unread else []), *held.notes, *notes])


def measured_nodes(source: Source, devices: bool, metrics: Sequence[Manifest] | ArenaError) -> NodeMeasures:
    """Return what is used of the nodes; GPUs are asked for if there are ``devices`` at all."""
    use = nodes_instead(node_use(metrics), source)
    gpus = gpu_use(source) if devices else MeasuredGpus(None)
    if gpus.gpus is None:
        gpus = told_gpus(metrics) or gpus
    return NodeMeasures(use.by_name, gpus.gpus or (), [why for why in (use.why, gpus.why) if why])


def board(session: Session, held: Held, names: Sequence[str], everywhere: bool, notes: Sequence[str]) -> NodeBoard:
    """Return the nodes, all or those named; raises ``NotFound`` for a name that no node has."""
    nodes = held.nodes()
    if held.readable or everywhere:
        _check_names(names, nodes)
    shown = tuple(node for node in nodes if not names or node.name in names)
    told = [*([] if everywhere else [f"only pods of namespace {session.namespace} are counted"]), *notes]
    return NodeBoard(shown, held.waiting(), everywhere, held.measured, tuple(dict.fromkeys(told)))


def _or_none(answer: Sequence[Manifest] | ArenaError, phrase_of: Callable[[ArenaError], Any]) -> Sequence[Manifest] | None:
    if not isinstance(answer, ArenaError):
        return answer
    if not is_partial(answer):
        raise answer
    phrase_of(answer)
    return None


def _own_pods(session: Session, nodes: Sequence[Manifest] | ArenaError, refused: ArenaError, unread: dict[str, str]) -> Sequence[Manifest]:
    """Return the pods of the own namespace; raises where not even these can be read, nor the nodes."""
    if not is_partial(refused):
        raise refused
    try:
        found = session.cluster.list(PODS, session.namespace).items
    except ArenaError as error:
        if not is_partial(error):
            raise
        if isinstance(nodes, ArenaError):
            raise all_refused([nodes, error]) from error
        unread[PODS.key] = phrase(PODS, error)
        return ()
    unread["pods of other namespaces"] = others(refused)
    return found


def others(refused: ArenaError) -> str:
    """Return the phrase for the pods of other namespaces, which cannot be read."""
    return phrase(PODS, refused).replace("pods", "pods of other namespaces", 1)


def _jobs(session: Session, pods: Sequence[Manifest], namespace: str) -> tuple[Sequence[Job], list[str]]:
    """Return the jobs that may hold something, and notes on those that could not be read."""
    if not pods:
        return (), []
    try:
        jobs = list_jobs(session, namespace=namespace, read_pods=pods)
    except KindNotInstalled:
        return (), []
    except ArenaError as error:
        if not is_partial(error):
            raise
        return (), [f"the jobs cannot be read: {error.message}"]
    return jobs.jobs, [sentence(jobs.unread)] if jobs.unread else []


def _check_names(names: Sequence[str], nodes: Sequence[Node]) -> None:
    known = {node.name for node in nodes}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"there is no node named {', '.join(missing)}", "`arena top node` shows the nodes")
