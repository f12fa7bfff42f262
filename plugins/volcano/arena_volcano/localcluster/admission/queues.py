"""``mutatequeue.volcano.sh``, ``validatequeue.volcano.sh``, ``validatepodgroup.volcano.sh`` and the pod annotations' check."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from arena_core.k8s import quantity
from arena_local.sdk.bundle import Api, Denied, Obj
from arena_volcano.localcluster.keys import (
    DEFAULT_QUEUE,
    GROUP_QUEUE,
    HIERARCHY,
    HIERARCHY_WEIGHTS,
    QUEUES,
    ROOT_QUEUE,
    SCHEDULER,
    meta,
    status_of,
)

_BUDGETS = ("volcano.sh/jdb-min-available", "volcano.sh/jdb-max-unavailable")
_NOT_FOUND = 'queue.scheduling.volcano.sh "{}" not found'


def children(api: Api, name: str) -> list[str]:
    """Return the names of the queues below this one."""
    return [meta(queue)["name"] for queue in api.list(QUEUES) if (queue.get("spec") or {}).get("parent") == name]


def queue_problem(api: Api, name: str) -> str:
    """Return why a job cannot go into the queue, as the job webhook words it, or an empty text."""
    queue = api.find(QUEUES, "", name)
    if queue is None:
        return f" unable to find job queue: {_NOT_FOUND.format(name)};"
    problem = ""
    state = status_of(queue).get("state") or "Open"  # a queue that nobody has looked at yet will be open
    if state != "Open":
        problem = f" can only submit job to queue with state `Open`, queue `{name}` status is `{state}`;"
    below = children(api, name)
    if name == ROOT_QUEUE:
        problem += " can not submit job to root queue;"
    elif below:
        problem += f" can only submit job to leaf queue, queue `{name}` has {len(below)} child queues;"
    return problem


def mutate_queue(api: Api, queue: Obj, old: Obj | None, operation: str) -> None:
    """Write the defaults of a queue."""
    spec: dict[str, Any] = queue.setdefault("spec", {})
    for lists in (spec.get("capability"), spec.get("deserved"), (spec.get("guarantee") or {}).get("resource")):
        for value in (lists or {}).values():
            try:
                quantity.parse(value)
            except ValueError as error:
                raise Denied(str(error), code=400) from None
    spec.setdefault("reclaimable", True)
    spec["weight"] = spec.get("weight") or 1
    spec.setdefault("dequeueStrategy", "traverse")
    notes = meta(queue).get("annotations") or {}
    path, weights = notes.get(HIERARCHY), notes.get(HIERARCHY_WEIGHTS)
    if path and weights and not path.startswith(ROOT_QUEUE):
        meta(queue)["annotations"] = {**notes, HIERARCHY: f"{ROOT_QUEUE}/{path}", HIERARCHY_WEIGHTS: f"1/{weights}"}


def validate_queue(api: Api, queue: Obj, old: Obj | None, operation: str) -> None:
    """Refuse a queue as Volcano does."""
    name = meta(queue)["name"]
    if operation == "DELETE":
        _validate_delete(api, name)
        return
    errors = list(_field_errors(api, queue))
    if errors:
        text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
        raise Denied(text, code=400)
    parent = queue["spec"].get("parent") or ROOT_QUEUE
    if parent == name != ROOT_QUEUE:
        raise Denied(f"queue {name} cannot use itself as parent", code=400)
    if name != ROOT_QUEUE and parent != ROOT_QUEUE and api.find(QUEUES, "", parent) is None:
        raise Denied(f"failed to get parent queue {parent} of queue {name}: {_NOT_FOUND.format(parent)}", code=400)


def _validate_delete(api: Api, name: str) -> None:
    if name in (DEFAULT_QUEUE, ROOT_QUEUE):
        raise Denied(f"`{name}` queue can not be deleted", code=400)
    below = children(api, name)
    if below:
        raise Denied(f"queue {name} can not be deleted because it has {len(below)} child queues: {', '.join(below)}", code=400)


def _field_errors(api: Api, queue: Obj) -> Iterator[str]:
    spec = queue["spec"]
    state = status_of(queue).get("state")
    if state and state not in ("Open", "Closed"):
        yield f'requestBody.spec.state: Invalid value: "{state}": queue state must be in [Open Closed]'
    if spec.get("weight", 1) <= 0:
        yield f"requestBody.spec.weight: Invalid value: {spec['weight']}: queue weight must be a positive integer"
    yield from _quantity_errors(spec)
    notes = meta(queue).get("annotations") or {}
    if problem := _hierarchy_error(api, meta(queue)["name"], notes.get(HIERARCHY, ""), notes.get(HIERARCHY_WEIGHTS, "")):
        value, text = problem
        yield f"requestBody.metadata.annotations: Invalid value: {json.dumps(value)}: {text}"


def _hierarchy_error(api: Api, name: str, path: str, weights: str) -> tuple[str, str] | None:
    """Return the value and what is wrong with the queue's place in the tree of the annotations."""
    if not path and not weights:
        return None
    if len(path.split("/")) != len(weights.split("/")):
        return path, f"{HIERARCHY} must have the same length with {HIERARCHY_WEIGHTS}"
    for weight in weights.split("/"):
        try:
            number = float(weight)
        except ValueError:
            return weights, f'{weight} in the {weights} is invalid number: strconv.ParseFloat: parsing "{weight}": invalid syntax'
        if number <= 0:
            return weights, f"{weight} in the {weights} must be larger than 0"
    for other in api.list(QUEUES):
        there = (meta(other).get("annotations") or {}).get(HIERARCHY, "")
        if meta(other)["name"] != name and there.startswith(f"{path}/"):
            return path, f"{path} is not allowed to be in the sub path of {there} of queue {meta(other)['name']}"
    return None


def _quantity_errors(spec: Mapping[str, Any]) -> Iterator[str]:
    """Yield where guarantee <= deserved <= capability does not hold."""
    path = "requestBody.spec.deserved"
    deserved, capability = spec.get("deserved") or {}, spec.get("capability") or {}
    for name, least in ((spec.get("guarantee") or {}).get("resource") or {}).items():
        if name not in deserved:
            yield f'{path}.{name}: Invalid value: "<nil>": deserved[{name}] must be >= guarantee[{name}]={least}'
        elif quantity.parse(deserved[name]) < quantity.parse(least):
            rule = f"deserved[{name}]={deserved[name]} must be >= guarantee[{name}]={least}"
            yield f'{path}.{name}: Invalid value: "{deserved[name]}": {rule}'
    for name, value in deserved.items():
        if name in capability and quantity.parse(value) > quantity.parse(capability[name]):
            rule = f"deserved[{name}]={value} must be <= capability[{name}]={capability[name]}"
            yield f'{path}.{name}: Invalid value: "{value}": {rule}'


def mutate_pod_group(api: Api, group: Obj, old: Obj | None, operation: str) -> None:
    """Put a PodGroup of the default queue into the queue that its namespace names."""
    spec: dict[str, Any] = group.setdefault("spec", {})
    if (spec.get("queue") or DEFAULT_QUEUE) != DEFAULT_QUEUE:
        return
    namespace = api.find("namespaces", "", meta(group)["namespace"]) or {"metadata": {}}
    if named := (meta(namespace).get("annotations") or {}).get(GROUP_QUEUE):
        spec["queue"] = named


def validate_pod_group(api: Api, group: Obj, old: Obj | None, operation: str) -> None:
    """Refuse a PodGroup whose queue is missing or not open, or that names its highest tier twice."""
    spec = group.get("spec") or {}
    errors = []
    queue = spec.get("queue")
    if queue:
        found = api.find(QUEUES, "", queue)
        state = status_of(found or {}).get("state") or "Open"  # a queue that nobody has looked at yet will be open
        if found is None:
            errors.append(f"unable to find queue: {_NOT_FOUND.format(queue)}")
        elif state != "Open":
            errors.append(f"can only submit PodGroup to queue with state `Open`, queue `{queue}` status is `{state}`.")
    topology = spec.get("networkTopology") or {}
    if topology.get("highestTierAllowed") is not None and topology.get("highestTierName"):
        errors.append("must not specify 'highestTierAllowed' and 'highestTierName' in networkTopology simultaneously.")
    if errors:
        raise Denied("; ".join(errors), code=400)


def validate_pod(api: Api, pod: Obj, old: Obj | None, operation: str) -> None:
    """Refuse disruption budgets in the annotations of a pod for Volcano that make no sense."""
    if (pod.get("spec") or {}).get("schedulerName") != SCHEDULER:
        return
    given = {key: value for key, value in (meta(pod).get("annotations") or {}).items() if key in _BUDGETS}
    for key, value in given.items():
        number = value.removesuffix("%")
        if not number.lstrip("-").isdigit():
            raise Denied(f'invalid value strconv.Atoi: parsing "{number}": invalid syntax for {key}', code=400)
        if value.endswith("%") and not 0 < int(number) < 100:
            raise Denied(f'invalid value <"{value}"> for {key}, it must be a valid percentage which between 1% ~ 99%', code=400)
        if int(number) <= 0:
            raise Denied(f'invalid value <"{value}"> for {key}, it must be a positive integer', code=400)
    if len(given) > 1:
        raise Denied(f"not allow configure multiple annotations <[{' '.join(_BUDGETS)}]> at same time", code=400)
