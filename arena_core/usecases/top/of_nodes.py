"""``top node``: a page of requests for however many nodes and pods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.contract.errors import ArenaError, KindNotInstalled, NotFound
from arena_core.contract.types import Manifest
from arena_core.k8s import dig
from arena_core.kube.resources import NODES, PODS
from arena_core.podstatus import status_text
from arena_core.typed import Any, NamedTuple
from arena_core.usecases.listing import list_jobs
from arena_core.usecases.ownership import owner_of, uid_of
from arena_core.usecases.session import Session
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.measures import NODE_METRICS, Measured, MeasuredGpus, Source, gpu_use, node_use, nodes_instead, told_gpus
from arena_core.usecases.top.nodes import Holder, Node, holder_of, holding, node_of, unread_node
from arena_core.usecases.top.prometheus import Address
from arena_core.usecases.unread import all_refused, is_partial, phrase, sentence


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
    source = Source(session, address or Address())
    use = nodes_instead(node_use(metrics), source)
    bound = holding(pods)
    owners, notes = _owners(session, pods, "" if everywhere else session.namespace)
    holders = {
        node: [holder_of(pod, owners.get(uid_of(pod), _owner(pod)), status_text(pod)) for pod in found] for node, found in bound.items()
    }
    waiting = holders.pop("", [])
    gpus = _gpus(source, readable, holders)
    if gpus.gpus is None:
        gpus = told_gpus(metrics) or gpus
    found = _nodes(readable, holders, use, gpus.gpus or ())
    if readable is not None or everywhere:
        _check_names(names, found)
    shown = tuple(node for node in found if not names or node.name in names)
    notes = [*([sentence(unread.values())] if unread else []), *(w for w in (use.why, gpus.why) if w), *notes]
    if not everywhere:
        notes.insert(0, f"only pods of namespace {session.namespace} are counted")
    return NodeBoard(shown, tuple(waiting), everywhere, use.by_name is not None, tuple(dict.fromkeys(notes)))


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
    unread["pods of other namespaces"] = phrase(PODS, refused).replace("pods", "pods of other namespaces", 1)
    return found


def _owners(session: Session, pods: Sequence[Manifest], namespace: str) -> tuple[Mapping[str, str], list[str]]:
    """Return by the pod's uid the job that it belongs to, and notes on jobs that could not be read."""
    if not pods:
        return {}, []
    try:
        jobs = list_jobs(session, namespace=namespace, read_pods=pods)
    except KindNotInstalled:
        return {}, []
    except ArenaError as error:
        if not is_partial(error):
            raise
        return {}, [f"the jobs cannot be read: {error.message}"]
    found = {uid_of(pod): f"{job.job_type}/{job.name}" for job in jobs for pod in job.pods}
    return found, [sentence(jobs.unread)] if jobs.unread else []


def _owner(pod: Manifest) -> str:
    """Return the nearest owner of a pod that belongs to no job: ``deployment``'s ``replicaset/web-5d8``, or nothing."""
    owner = owner_of(pod)
    return f"{dig.text(owner, 'kind').lower()}/{dig.text(owner, 'name')}" if owner else ""


def _gpus(source: Source, nodes: Sequence[Manifest] | None, holders: Mapping[str, Sequence[Holder]]) -> MeasuredGpus:
    """Ask for the GPUs, if there are accelerators at all."""
    there = any(node_of(node, ()).devices for node in nodes or ()) or any(h.accelerators for held in holders.values() for h in held)
    return gpu_use(source) if there else MeasuredGpus(None)


def _nodes(nodes: Sequence[Manifest] | None, holders: Mapping[str, Sequence[Holder]], use: Measured, gpus: Sequence[Gpu]) -> list[Node]:
    used = use.by_name or {}
    by_pod = {(h.namespace, h.name): node for node, held in holders.items() for h in held}
    seen: dict[str, list[Gpu]] = {}
    addresses = {_address(node): dig.text(node, "metadata", "name") for node in nodes or ()}
    for gpu in gpus:
        where = by_pod.get((gpu.namespace, gpu.pod)) or addresses.get(gpu.node, gpu.node)
        seen.setdefault(where, []).append(gpu)
    found: list[Node] = []
    for node in nodes or ():
        name = dig.text(node, "metadata", "name")
        found.append(node_of(node, holders.get(name, ()), used.get(name), seen.get(name, ())))
    known = {node.name for node in found}
    if nodes is None:
        found += [unread_node(name, held, used.get(name), seen.get(name, ())) for name, held in holders.items() if name not in known]
    return sorted(found, key=lambda node: node.name)


def _address(node: Manifest) -> str:
    return next((str(a.get("address", "")) for a in dig.items(node, "status", "addresses") if a.get("type") == "InternalIP"), "")


def _check_names(names: Sequence[str], nodes: Sequence[Node]) -> None:
    known = {node.name for node in nodes}
    missing = [name for name in names if name not in known]
    if missing:
        raise NotFound(f"there is no node named {', '.join(missing)}", "`arena top node` shows the nodes")
