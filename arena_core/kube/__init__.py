"""Talks to a Kubernetes API: kubeconfig, transport, paging, watch, logs, exec, and refusals in words.

A read imports nothing but the standard library; ``kubernetes`` is imported for exec plugins and auth providers alone.
"""

from __future__ import annotations

from arena_core.kube.cluster import Cluster, Created, ListResult
from arena_core.kube.connect import ConnectOptions, connect
from arena_core.kube.refusals import Conflict, FieldCause, Forbidden, Gone, Invalid, ServerFailure, Unauthorized

__all__ = [
    "Cluster",
    "Conflict",
    "ConnectOptions",
    "Created",
    "FieldCause",
    "Forbidden",
    "Gone",
    "Invalid",
    "ListResult",
    "ServerFailure",
    "Unauthorized",
    "connect",
]
