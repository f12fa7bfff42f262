"""The ``ray start`` of a pod, from the parameters of its group and the resources of its container. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from arena_core.k8s import quantity
from arena_rayjob.local.names import AGENT, GCS, METRICS

#: Options of ``ray start`` that take true or false as a value; all others with such a value are switches.
_WITH_BOOLEAN = ("log-color", "include-dashboard", "include-log-monitor")
_ACCELERATORS = {"aws.amazon.com/neuroncore": "neuron_cores", "google.com/tpu": "TPU"}
_MIG = re.compile(r"nvidia\.com/mig-\d+g\.\d+gb\Z")


def head_port(params: Mapping[str, Any]) -> str:
    """Return the port by which workers reach the head."""
    return str(params.get("port") or GCS)


def start_params(group: Mapping[str, Any], container: Mapping[str, Any], *, address: str = "") -> dict[str, str]:
    """Return the parameters with everything that is filled in; ``address`` is the head's, for a worker."""
    params = {str(key): str(value) for key, value in (group.get("rayStartParams") or {}).items()}
    params |= _of_group(group.get("resources") or {})
    if labels := group.get("labels"):
        params["labels"] = ",".join(f"{key}={labels[key]}" for key in sorted(labels))
    if address:
        params.setdefault("address", address)
    else:
        params.setdefault("dashboard-host", "0.0.0.0")
    params.setdefault("metrics-export-port", str(METRICS))
    params["block"] = "true"
    params.setdefault("dashboard-agent-listen-port", str(AGENT))
    return _with_resources(params, container.get("resources") or {})


def command(params: Mapping[str, str], *, head: bool) -> str:
    """Return the command line.

    >>> command({"block": "true", "num-cpus": "1"}, head=True)
    'ray start --head  --block  --num-cpus=1 '
    """
    flags = ""
    for option in sorted(params):
        value = params[option]
        if value.lower() in ("true", "false") and option not in _WITH_BOOLEAN:
            flags += f" --{option} " if value.lower() == "true" else ""
        else:
            flags += f" --{option}={value} "
    return f"ray start {'--head ' if head else ''}{flags}"


def _of_group(resources: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters for the resources that the group says of itself, whatever its containers have."""
    found: dict[str, str] = {}
    others: dict[str, float] = {}
    for name, amount in resources.items():
        try:
            value = quantity.parse(amount)
        except ValueError:
            continue
        option = {"cpu": "num-cpus", "memory": "memory"}.get(name.lower()) or ("num-gpus" if _is_gpu(name.lower()) else "")
        if option:
            found[option] = str(quantity.whole(value))
        else:
            others[name] = value / quantity.ONE
    return {**found, "resources": f"'{_json(others)}'"} if others else found


def _with_resources(params: dict[str, str], resources: Mapping[str, Any]) -> dict[str, str]:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    if cpu := _amount(limits.get("cpu")) or _amount(requests.get("cpu")):
        params.setdefault("num-cpus", str(cpu))
    if memory := _amount(limits.get("memory")):
        params.setdefault("memory", str(memory))
    for name in sorted(limits):
        if _is_gpu(name) and (gpus := _amount(limits[name])):
            params.setdefault("num-gpus", str(gpus))
        elif name in _ACCELERATORS and (count := _amount(limits[name])) and "resources" not in params:
            params["resources"] = f"'{_json({_ACCELERATORS[name]: float(count)})}'"
    return params


def _json(amounts: Mapping[str, float]) -> str:
    return json.dumps(
        {name: int(amount) if amount == int(amount) else amount for name, amount in sorted(amounts.items())}, separators=(",", ":")
    )


def _amount(value: Any) -> int:
    try:
        return quantity.whole(quantity.parse(value)) if value is not None else 0
    except ValueError:
        return 0


def _is_gpu(name: str) -> bool:
    return name.endswith("gpu") or bool(_MIG.match(name))
