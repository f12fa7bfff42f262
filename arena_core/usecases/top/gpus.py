"""What GPUs are doing, as a monitoring system has measured it. Both exporters' names are understood; a GPU is one row. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping

from arena_core.k8s import dig
from arena_core.typed import Any, NamedTuple

#: Metric → (what it tells, factor): the exporter that Arena knows, and NVIDIA's DCGM exporter (memory in MiB).
METRICS: Mapping[str, tuple[str, float]] = {
    "nvidia_gpu_duty_cycle": ("duty", 1),
    "nvidia_gpu_memory_used_bytes": ("used", 1),
    "nvidia_gpu_memory_total_bytes": ("total", 1),
    "DCGM_FI_DEV_GPU_UTIL": ("duty", 1),
    "DCGM_FI_DEV_FB_USED": ("used", 1 << 20),
    "DCGM_FI_DEV_FB_FREE": ("free", 1 << 20),
    "DCGM_FI_DEV_FB_RESERVED": ("reserved", 1 << 20),
    "DCGM_FI_DEV_FB_TOTAL": ("total", 1 << 20),
}
DUTY = tuple(name for name, (what, _) in METRICS.items() if what == "duty")
#: Labels of a pod, in order: what Prometheus renames because its own target has that label goes first.
NAMESPACE_LABELS = ("exported_namespace", "namespace_name", "namespace", "pod_namespace")
POD_LABELS = ("exported_pod", "pod_name", "pod")
_INDEX_LABELS = ("minor_number", "gpu", "device")
_NODE_LABELS = ("Hostname", "node_name", "exported_node", "node", "kubernetes_node", "hostname")


class Gpu(NamedTuple):
    """One GPU, or a part of one. What was not measured is None; ``idle`` whether it did next to nothing for all of the last minutes."""

    id: str
    node: str = ""
    namespace: str = ""
    pod: str = ""
    duty: float | None = None
    used: float | None = None
    total: float | None = None
    idle: bool | None = None


def read(samples: Iterable[Any], idle: Iterable[Any] = ()) -> list[Gpu]:
    """Return the GPUs of the samples of an instant query (``{"metric": {...}, "value": [time, text]}``), in a stable order.

    Where both exporters measure the same GPU, the first value that comes counts.
    """
    found: dict[_Key, dict[str, float]] = {}
    shown: dict[_Key, str] = {}
    for sample in samples:
        labels = dig.mapping(sample, "metric")
        told = METRICS.get(str(labels.get("__name__")))
        value = figure(dig.dig(sample, "value", 1))
        if told is not None and value is not None:
            key = _key(labels)
            shown.setdefault(key, _shown(labels, key))
            found.setdefault(key, {}).setdefault(told[0], value * told[1])
    quiet = {_key(dig.mapping(sample, "metric")) for sample in idle}
    gpus = [_gpu(shown[key], key, values, key in quiet) for key, values in found.items()]
    return sorted(gpus, key=_order)


class _Key(NamedTuple):
    """What tells a GPU and its user from others."""

    identity: str
    part: str
    node: str
    namespace: str
    pod: str


def _key(labels: Mapping[str, Any]) -> _Key:
    pod = _first(labels, POD_LABELS)
    return _Key(
        _first(labels, ("UUID", "uuid", *_INDEX_LABELS)),
        _first(labels, ("GPU_I_ID",)),
        _first(labels, _NODE_LABELS),
        _first(labels, NAMESPACE_LABELS) if pod else "",
        pod,
    )


def _shown(labels: Mapping[str, Any], key: _Key) -> str:
    index = _first(labels, _INDEX_LABELS) or key.identity
    return f"{index}/{key.part}" if key.part else index


def _gpu(shown: str, key: _Key, values: Mapping[str, float], quiet: bool) -> Gpu:
    total = values.get("total")
    if total is None and "used" in values and "free" in values:
        total = values["used"] + values["free"] + values.get("reserved", 0)
    idle = quiet if "duty" in values else None
    return Gpu(shown, key.node, key.namespace, key.pod, values.get("duty"), values.get("used"), total, idle)


def _first(labels: Mapping[str, Any], names: Iterable[str]) -> str:
    return next((str(labels[name]) for name in names if labels.get(name)), "")


def figure(text: Any) -> float | None:
    """Return the value of a sample, None for one that is no finite number."""
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _order(gpu: Gpu) -> tuple[str, str, str, int, str]:
    digits = re.sub(r"\D", "", gpu.id.partition("/")[0])
    return gpu.node, gpu.namespace, gpu.pod, int(digits) if digits and len(digits) < 10 else 0, gpu.id
