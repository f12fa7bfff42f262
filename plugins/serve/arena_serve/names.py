"""The labels by which Arena finds its servers, and names that follow from a server's own."""

from __future__ import annotations

from arena_core.k8s import dig
from arena_core.typed import Any

TYPE, NAME, VERSION = "servingType", "servingName", "servingVersion"
#: What a server, its pods and its Service carry besides; all of them are Arena's.
SERVICE_NAME = "serviceName"
#: The Deployments that are servers at all, of whatever type.
SERVERS = TYPE
#: Types on a Deployment, and the main container of each.
CUSTOM = "custom-serving"
TENSORFLOW, TENSORFLOW_CONTAINER = "tf-serving", "serving"
TRITON, TRITON_CONTAINER = "triton-serving", "tritonserver"
#: Types whose Service is called as their Deployment is.
OWN_SERVICE = (TENSORFLOW, TRITON)


def identity(job: Any) -> dict[str, str]:
    """Return the labels that tell this server from every other one, as far as it has them."""
    labels = dig.labels(job)
    return {key: labels.get(key, "") for key in (TYPE, NAME, VERSION)}


def service_of(job: Any) -> str:
    """Return the name of a server's Service: its name and version, which Arena calls the release, or that of its Deployment."""
    labels = dig.labels(job)
    if labels.get(TYPE) in OWN_SERVICE:
        return dig.text(job, "metadata", "name")
    return labels.get("release") or f"{labels.get(NAME, '')}-{labels.get(VERSION, '')}"
