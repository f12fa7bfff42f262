"""A node that does not answer: logs, exec and attach come from its kubelet, through the API server."""

from __future__ import annotations

import re

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.refusals import parse_status
from arena_core.lazily import pattern

_DIALS_KUBELET = pattern(
    rb":10250\b|error dialing backend|No agent available|proxy error from .* while dialing|subresource=\[proxy", re.IGNORECASE
)
#: The node answers, and does not let the API server in.
_REFUSES = pattern(r"tls: |x509: |Authorization error|Unauthorized")


class NodeSilent(ClusterUnreachable):
    """The kubelet of the pod's node cannot be reached by the API server, which itself is well. ``detail`` are its words."""

    def __init__(self, pod: str, node: str = "", detail: str = "") -> None:
        self.pod, self.node, self.detail = pod, node, detail
        where = f"node {node}, where {pod} runs," if node else f"the node where {pod} runs"
        if _REFUSES.search(detail):
            text = f"{where} does not let the API server in: {detail}"
            super().__init__(text, "whoever runs the cluster must look at the certificates and rights of its kubelet")
            return
        super().__init__(f"{where} does not answer", "the API server cannot reach its kubelet: is the node up? `kubectl get nodes` shows")


def node_silent(code: int, body: bytes, pod: str) -> NodeSilent | None:
    """Return the error where an answer says that the API server could not reach the pod's node."""
    if code < 500 or not _DIALS_KUBELET.search(body):
        return None
    return NodeSilent(pod, detail=str(parse_status(body).get("message") or ""))
