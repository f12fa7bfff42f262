"""The MPIJob of the Training Operator (``kubeflow.org/v1``), which a cluster has in place of the MPI Operator's. Pure.

It starts processes with ``kubectl exec`` in place of ssh, and knows fewer fields.
"""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.args import flag_name
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Manifest, Problem
from arena_core.families.kubeflow import backoff_limit
from arena_core.records import replace
from arena_core.typed import Any
from arena_mpijob.status import FIELD, RESOURCE

V1 = replace(RESOURCE, version="v1", older=())
#: Fields of the arguments that only the MPI Operator can follow.
_UNKNOWN = ("mpi_implementation", "launcher_creation_policy", "ssh_auth_mount_path", "run_launcher_as_worker")


def as_v1(job: Manifest, args: Any) -> Manifest:
    """Return a v2beta1 MPIJob as the Training Operator takes it: it restarts the launcher's container, up to its own count.

    Raises ``InvalidArguments`` where more was asked for than this operator can do.
    """
    if found := list(problems(args)):
        raise InvalidArguments(found)
    spec, retry = job["spec"], args.retry
    policy = {key: value for key, value in spec["runPolicy"].items() if key != "backoffLimit"}
    roles = {name: dict(role) for name, role in spec[FIELD].items()}
    roles["Launcher"]["restartPolicy"] = "OnFailure" if retry else "Never"
    policy["backoffLimit"] = backoff_limit(retry)
    return {**job, "apiVersion": V1.api_version, "spec": {"slotsPerWorker": spec["slotsPerWorker"], "runPolicy": policy, FIELD: roles}}


def problems(args: Any) -> Iterator[Problem]:
    """Yield what was asked for and is not the Training Operator's to give."""
    model = type(args).model_fields
    for field in _UNKNOWN:
        # A wrapper changes defaults: what nobody has asked for is no problem.
        if field in args.model_fields_set and getattr(args, field) != model[field].get_default(call_default_factory=True):
            text = f"this cluster has the Training Operator's MPIJob (v1), which has no {flag_name(type(args), field)}"
            yield Problem(text, field, "leave it out, or have the MPI Operator (v2beta1) installed in its place")
