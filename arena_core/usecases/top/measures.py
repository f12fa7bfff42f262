"""What is measured: cpu and memory by the metrics API, GPUs by Prometheus. Where nobody measures, that is told and nothing is made up."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from arena_core.contract.errors import ArenaError, KindNotInstalled
from arena_core.contract.types import Manifest, Resource
from arena_core.k8s import dig, quantity
from arena_core.typed import Any, NamedTuple
from arena_core.usecases.session import Session
from arena_core.usecases.top import gpus
from arena_core.usecases.top.gpus import Gpu
from arena_core.usecases.top.prometheus import Address, Prometheus, prometheus
from arena_core.usecases.unread import is_partial, phrase

POD_METRICS = Resource("metrics.k8s.io", "v1beta1", "PodMetrics", "pods")
NODE_METRICS = Resource("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", namespaced=False)
#: A GPU is idle if it was used less than so many percent all the time for so long.
IDLE_PERCENT, IDLE_MINUTES = 5, 15
#: Seconds after which a Prometheus is looked for again where there was none.
_AGAIN = 60.0


class Used(NamedTuple):
    """What a pod or a node uses now: cpu in thousandths, memory in bytes."""

    cpu: int
    memory: int


class Measured(NamedTuple):
    """What one source says, by name (of pods: by namespace and name), or None where it says nothing; ``why`` tells why not."""

    by_name: Mapping[Any, Used] | None
    why: str = ""


class MeasuredGpus(NamedTuple):
    """The GPUs, or None where nobody measures them; ``why`` tells why not."""

    gpus: Sequence[Gpu] | None
    why: str = ""


def pod_use(answer: Sequence[Manifest] | ArenaError) -> Measured:
    """Read a list of PodMetrics, or why there is none."""
    if isinstance(answer, ArenaError):
        return Measured(None, _why(POD_METRICS, answer))
    return Measured({_name(item): _sum(dig.items(item, "containers")) for item in answer})


def node_use(answer: Sequence[Manifest] | ArenaError) -> Measured:
    """Read a list of NodeMetrics, or why there is none."""
    if isinstance(answer, ArenaError):
        return Measured(None, _why(NODE_METRICS, answer))
    return Measured({dig.text(item, "metadata", "name"): _sum([item]) for item in answer})


def _name(item: Manifest) -> tuple[str, str]:
    return dig.text(item, "metadata", "namespace"), dig.text(item, "metadata", "name")


def _sum(holders: Any) -> Used:
    cpu = memory = 0
    for holder in holders:
        usage = dig.mapping(holder, "usage")
        cpu += quantity.milli(_amount(usage.get("cpu")))
        memory += quantity.whole(_amount(usage.get("memory")))
    return Used(cpu, memory)


def _amount(value: Any) -> int:
    return quantity.parse(value) if value is not None and quantity.is_quantity(value) else 0


def _why(resource: Resource, error: ArenaError) -> str:
    if not is_partial(error):
        raise error
    if isinstance(error, KindNotInstalled):
        return "use of cpu and memory: this cluster has no metrics API (metrics.k8s.io; `arena check monitoring` says more)"
    return f"use of cpu and memory: {phrase(resource, error)}"


class Source:
    """The Prometheus that is named or found, looked for only when it is needed: once, or again where there was none a minute ago."""

    def __init__(self, session: Session, address: Address) -> None:
        self._session = session
        self._address = address
        self._found: Prometheus | ArenaError | None = None
        self._looked = 0.0

    def get(self) -> Prometheus | ArenaError:
        """Return it, or why there is none."""
        if self._found is None or (isinstance(self._found, ArenaError) and time.monotonic() - self._looked > _AGAIN):
            self._looked = time.monotonic()
            try:
                self._found = prometheus(self._session.cluster, self._address)
            except ArenaError as error:
                self._found = error
        return self._found

    def ask(self, *texts: str) -> Sequence[Sequence[Any] | ArenaError]:
        """Return the answers to questions that are asked side by side, or for each why there is none."""
        server = self.get()
        if isinstance(server, ArenaError):
            return [server] * len(texts)
        return self._session.cluster.gather([partial(server.query, text) for text in texts])


def told_gpus(answer: Sequence[Manifest] | ArenaError) -> MeasuredGpus | None:
    """Return the GPUs that the metrics API itself tells of, as that of the local cluster does with its own; None where it does not."""
    rows = [] if isinstance(answer, ArenaError) else [(item, row) for item in answer for row in dig.items(item, "gpus")]
    if not rows:
        return None
    found = []
    for item, row in rows:
        node = dig.text(item, "metadata", "name")
        duty, used, total = (gpus.figure(row.get(key)) for key in ("dutyCycle", "memoryUsed", "memoryTotal"))
        found.append(Gpu(str(row.get("index", "")), node, dig.text(row, "namespace"), dig.text(row, "pod"), duty, used, total))
    return MeasuredGpus(found)


def gpu_use(source: Source, namespace: str = "", pods: Sequence[str] = ()) -> MeasuredGpus:
    """Ask for the GPUs of all nodes, or of the pods of a namespace; two questions, side by side."""
    samples, idle = source.ask(*questions(namespace, pods))
    if isinstance(samples, ArenaError):
        return MeasuredGpus(None, _no_gpus(samples))
    if not samples:
        server = source.get()
        assert isinstance(server, Prometheus)
        return MeasuredGpus(None, _nothing(server, namespace))
    return MeasuredGpus(gpus.read(samples, () if isinstance(idle, ArenaError) else idle))


def instead(measured: Measured, source: Source, by: tuple[str, ...], where: str) -> Measured:
    """Return what the metrics API says; where it says nothing, what the kubelets' own figures in Prometheus do (``container_...``).

    ``by`` are the labels that name what is measured, ``where`` chooses the containers.
    """
    if measured.by_name is not None:
        return measured
    group = ", ".join(by)
    cpu, memory = source.ask(
        f"sum by ({group}) (rate(container_cpu_usage_seconds_total{{{where}}}[5m]))",
        f"sum by ({group}) (container_memory_working_set_bytes{{{where}}})",
    )
    if isinstance(cpu, ArenaError) or isinstance(memory, ArenaError) or not (cpu or memory):
        return measured
    cores, sizes = _by_labels(cpu, by), _by_labels(memory, by)
    return Measured({name: Used(round(cores.get(name, 0) * 1000), round(sizes.get(name, 0))) for name in {*cores, *sizes}})


def pods_instead(measured: Measured, source: Source, namespace: str = "") -> Measured:
    """Return the use of pods, from Prometheus where the metrics API tells nothing."""
    chosen = f',namespace="{namespace}"' if namespace else ""
    return instead(measured, source, ("namespace", "pod"), f'container!="",container!="POD"{chosen}')


def nodes_instead(measured: Measured, source: Source) -> Measured:
    """Return the use of nodes, from Prometheus where the metrics API tells nothing."""
    return instead(measured, source, ("node",), 'id="/"')


def _by_labels(rows: Sequence[Any], by: tuple[str, ...]) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for row in rows:
        name = tuple(dig.text(row, "metric", label) for label in by)
        value = gpus.figure(dig.dig(row, "value", 1))
        if all(name) and value is not None:
            found[name if len(by) > 1 else name[0]] = value
    return found


def _no_gpus(error: ArenaError) -> str:
    if not is_partial(error):
        raise error
    return f"use of GPUs: {error.message}"


def _nothing(server: Prometheus, namespace: str) -> str:
    whose = f" of namespace {namespace}" if namespace else ""
    return f"use of GPUs: {server.where} has no figures of GPUs{whose} (does it scrape a GPU exporter?)"


def questions(namespace: str = "", pods: Sequence[str] = ()) -> tuple[str, str]:
    """Return the two questions: the figures now, and which GPUs did nothing for the whole of the last minutes.

    Whoever was not measured that long ago is not said to be idle.
    """
    filters = _filters(namespace, pods)
    names = "|".join(gpus.METRICS)
    now = " or ".join(f'{{__name__=~"{names}"{one}}}' for one in filters)
    past = " or ".join(f"{name}{{{one.lstrip(',')}}} offset {IDLE_MINUTES}m" for name in gpus.DUTY for one in filters)
    most = " or ".join(f"max_over_time({name}{{{one.lstrip(',')}}}[{IDLE_MINUTES}m])" for name in gpus.DUTY for one in filters)
    return now, f"(({most}) < {IDLE_PERCENT}) and ({past})"


def _filters(namespace: str, pods: Sequence[str]) -> list[str]:
    """Return the further matchers of a selector, one for each pair of labels that an exporter may use for a pod."""
    if not namespace:
        return [""]
    wanted = "|".join(name.replace(".", r"\\.") for name in pods)
    found = []
    for space, pod in _LABELS:
        which = f',{pod}=~"{wanted}"' if wanted and len(wanted) < _LONGEST else f',{pod}!=""'
        found.append(f',{space}="{namespace}"{which}')
    return found


#: The labels that an exporter, or the Prometheus that renames them, may use for a pod and its namespace.
_LABELS = (
    ("exported_namespace", "exported_pod"),
    ("namespace_name", "pod_name"),
    ("namespace", "pod"),
    ("pod_namespace", "pod_name"),
)
#: Characters of names of pods in a question, which travels in an address; with more all pods of the namespace are asked for.
_LONGEST = 1500
