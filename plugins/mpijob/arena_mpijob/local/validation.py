"""What the MPI Operator finds wrong with a job: it has no webhook, so that the job is stored, and an event says it."""

from __future__ import annotations

import json
from typing import Any

from arena_core.k8s.names import label_1035
from arena_mpijob.local.names import LAUNCHER, WORKER, View

LIMIT = 1024
_CLEAN, _RESTART, _IMPLEMENTATIONS = ("All", "None", "Running"), ("Never", "OnFailure"), ("Intel", "MPICH", "OpenMPI")
_MANAGERS = ("kubeflow.org/mpi-operator", "kueue.x-k8s.io/multikueue")


def problems(view: View) -> str:
    """Return the message of the event ``ValidationError``, or nothing."""
    found = [*_name(view), *_replicas(view), *_fields(view)]
    if not found:
        return ""
    text = f"Found validation errors: {found[0] if len(found) == 1 else '[' + ', '.join(found) + ']'}"
    return text if len(text) <= LIMIT else text[: LIMIT - 3] + "..."


def _invalid(path: str, value: Any, why: str) -> str:
    return f"{path}: Invalid value: {json.dumps(value, ensure_ascii=False)}: {why}"


def _unsupported(path: str, value: Any, known: tuple[str, ...]) -> str:
    return f"{path}: Unsupported value: {json.dumps(value)}: supported values: {', '.join(json.dumps(k) for k in known)}"


def _name(view: View) -> list[str]:
    host = view.worker(max(view.workers, 1) - 1)
    why = label_1035(host)
    text = f'will not able to create pod and service with invalid DNS label "{host}": {", ".join(why)}'
    return [_invalid("metadata.name", view.name, text)] if why else []


def _replicas(view: View) -> list[str]:
    path = f"spec.mpiReplicaSpecs[{LAUNCHER}]"
    launcher, worker = view.replica(LAUNCHER), view.replica(WORKER)
    if launcher is None:
        found = [f"{path}: Required value: must have Launcher replica spec"]
    else:
        found = _replica(launcher, path)
        if launcher["replicas"] != 1:
            found.append(_invalid(f"{path}.replicas", launcher["replicas"], "must be 1"))
    if worker is not None:
        path = f"spec.mpiReplicaSpecs[{WORKER}]"
        found += _replica(worker, path)
        if worker["replicas"] <= 0:
            found.append(_invalid(f"{path}.replicas", worker["replicas"], "must be greater than or equal to 1"))
    return found


def _replica(replica: dict[str, Any], path: str) -> list[str]:
    found = []
    if replica["restartPolicy"] not in _RESTART:
        found.append(_unsupported(f"{path}.restartPolicy", replica["restartPolicy"], _RESTART))
    if not ((replica.get("template") or {}).get("spec") or {}).get("containers"):
        found.append(f"{path}.template.spec.containers: Required value: must define at least one container")
    return found


def _fields(view: View) -> list[str]:
    policy, found = view.policy, []
    if view.spec["slotsPerWorker"] < 0:
        found.append(_invalid("spec.slotsPerWorker", view.spec["slotsPerWorker"], "must be greater than or equal to 0"))
    if policy["cleanPodPolicy"] not in _CLEAN:
        found.append(_unsupported("spec.runPolicy.cleanPodPolicy", policy["cleanPodPolicy"], _CLEAN))
    numbers = {f: policy[f] for f in ("ttlSecondsAfterFinished", "activeDeadlineSeconds", "backoffLimit") if policy.get(f) is not None}
    found += [_invalid(f"spec.runPolicy.{f}", n, "must be greater than or equal to 0") for f, n in numbers.items() if n < 0]
    if policy.get("managedBy") is not None and policy["managedBy"] not in _MANAGERS:
        found.append(_unsupported("spec.runPolicy.managedBy", policy["managedBy"], _MANAGERS))
    if not view.spec["sshAuthMountPath"]:
        found.append("spec.sshAuthMountPath: Required value: must have a mount path for SSH credentials")
    if view.spec["mpiImplementation"] not in _IMPLEMENTATIONS:
        found.append(_unsupported("spec.mpiImplementation", view.spec["mpiImplementation"], _IMPLEMENTATIONS))
    return found
