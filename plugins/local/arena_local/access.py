"""How clients inside a pod reach the cluster: the address, the secret and the certificate."""

from __future__ import annotations

#: The kubeconfig context of the local cluster.
CONTEXT = "arena-local"
#: Environment variable that every process of a pod carries.
MARKER = "ARENA_POD_UID"


class Access:
    """Where the server listens: ``port`` plain, ``tls_port`` with the certificate ``ca`` (0 where there is none)."""

    def __init__(self, token: str = "", port: int = 0, tls_port: int = 0, ca: str = "") -> None:
        self.token = token
        self.port = port
        self.tls_port = tls_port
        self.ca = ca

    def kubeconfig(self, namespace: str = "default") -> dict[str, object]:
        """Return a complete kubeconfig. kubectl sends no bearer token over plain http: the secret is in the path."""
        server = f"http://127.0.0.1:{self.port}/{self.token}"
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": {"server": server}}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": namespace}}],
            "users": [{"name": CONTEXT, "user": {}}],
        }
