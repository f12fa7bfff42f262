"""Auth providers: what is left of them. Clients have removed all but ``oidc``; the others' users are told what replaces theirs."""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials
from arena_core.kube.secrets import header_value
from arena_core.records import replace

_REPLACED = {
    "gcp": "use the exec plugin gke-gcloud-auth-plugin: `gcloud container clusters get-credentials CLUSTER` writes it into the kubeconfig",
    "azure": "use the exec plugin kubelogin: `kubelogin convert-kubeconfig` writes it into the kubeconfig",
    "openstack": "use the exec plugin client-keystone-auth",
}


def credentials(provider: dict[str, Any], given: Credentials, whose: str) -> Credentials:
    """Return the user's credentials with what the provider adds: for ``oidc`` the ID token that the kubeconfig holds."""
    name = provider.get("name") or ""
    if name in _REPLACED:
        raise ClusterUnreachable(f"{whose}: the auth-provider {name} has been removed from Kubernetes clients", _REPLACED[name])
    if name != "oidc":
        raise ClusterUnreachable(
            f"{whose}: there is no auth-provider {name or 'without a name'}", "auth-providers have been removed: use an exec plugin"
        )
    token = (provider.get("config") or {}).get("id-token") or ""
    renew = "`kubectl get --raw /version` renews it; the exec plugin `kubectl oidc-login` (kubelogin) does without"
    if not isinstance(token, str) or not token:
        raise ClusterUnreachable(f"{whose}: the auth-provider oidc holds no id-token", f"log in: {renew}")
    expires = _expiry(header_value(token, f"the id-token of {whose}"))
    if expires is None:
        raise ClusterUnreachable(f"{whose}: the id-token of the auth-provider oidc is not a JWT", f"log in again: {renew}")
    if expires <= time.time():
        raise ClusterUnreachable(f"{whose}: the id-token of the auth-provider oidc has expired", renew)
    return replace(given, token=token)


def _expiry(token: str) -> float | None:
    """Return when a JWT expires, or None for what is none. It is the server that verifies it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError):
        return None
