"""Credentials that need more than the kubeconfig (exec plugins, auth providers), obtained through the official client.

Only the credentials come from there; requests go the same way as all others. This module is imported by nothing that runs
with static credentials: ``import kubernetes`` costs more than a whole command.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arena_core.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials

if TYPE_CHECKING:
    from arena_core.kube.kubeconfig import Context

log = logging.getLogger(__name__)


def obtainer(context: Context) -> Callable[[], Credentials]:
    """Return a function that runs the context's plugin or provider and returns what it gave."""

    def obtain() -> Credentials:
        try:
            return _obtain(context)
        except ClusterUnreachable:
            raise
        # The official loader raises whatever its providers raise; the plugin's own output has gone to stderr already.
        except Exception as error:
            raise ClusterUnreachable(
                f"{_way(context)} of user {context.user_name} gave no credentials: {error}",
                (context.user.get("exec") or {}).get("installHint") or "run it by hand to see why",
            ) from error

    return obtain


def _way(context: Context) -> str:
    spec = context.user.get("exec")
    if spec:
        return f"exec plugin {spec.get('command', '')}"
    return f"auth provider {(context.user.get('auth-provider') or {}).get('name', '')}"


def _obtain(context: Context) -> Credentials:
    from kubernetes import client
    from kubernetes.config.kube_config import KubeConfigLoader

    configuration = client.Configuration()
    loader = KubeConfigLoader(config_dict=_as_config(context), active_context="c", config_base_path="/")
    loader.load_and_set(configuration)
    if getattr(configuration, "refresh_api_key_hook", None):
        configuration.refresh_api_key_hook(configuration)
    keys = configuration.api_key or {}
    # The name of this key is not the same in all releases of the client.
    token = str(keys.get("BearerToken") or keys.get("authorization") or "").removeprefix("Bearer ")
    cert, key = configuration.cert_file, configuration.key_file
    if not token and not cert and not configuration.username:
        raise ClusterUnreachable(f"{_way(context)} of user {context.user_name} gave no credentials", "run it by hand to see why")
    return Credentials(
        token=token,
        username=configuration.username or "",
        password=configuration.password or "",
        cert=_content(cert),
        key=_content(key),
    )


def _content(path: str | None) -> bytes:
    """Read at once: the official client deletes its temporary files when it likes."""
    return Path(path).read_bytes() if path else b""


def _as_config(context: Context) -> dict[str, Any]:
    cluster = {k: v for k, v in context.cluster.items() if k != "proxy-url"}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": context.user}],
    }
