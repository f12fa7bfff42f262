"""Auth providers: what is left of them. Clients have removed all but ``oidc``; the others' users are told what replaces theirs."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials
from arena_core.kube.secrets import header_value
from arena_core.records import replace

#: So many seconds before its end a token counts as expired.
_SLACK = 10.0
_REPLACED = {
    "gcp": "use the exec plugin gke-gcloud-auth-plugin: `gcloud container clusters get-credentials CLUSTER` writes it into the kubeconfig",
    "azure": "use the exec plugin kubelogin: `kubelogin convert-kubeconfig` writes it into the kubeconfig",
    "openstack": "use the exec plugin client-keystone-auth",
}


def credentials(
    provider: dict[str, Any], given: Credentials, whose: str, files: Sequence[str]
) -> tuple[Credentials, Callable[[], Credentials] | None]:
    """Return the user's credentials with what the provider adds, and how to obtain new ones where that can be.

    For ``oidc`` that is the ID token that the kubeconfig holds; one that has expired is renewed.
    """
    name = provider.get("name") or ""
    if name in _REPLACED:
        raise ClusterUnreachable(f"{whose}: the auth-provider {name} has been removed from Kubernetes clients", _REPLACED[name])
    if name != "oidc":
        raise ClusterUnreachable(
            f"{whose}: there is no auth-provider {name or 'without a name'}", "auth-providers have been removed: use an exec plugin"
        )
    held = _Oidc(dict(provider.get("config") or {}), given, whose, files)
    return held.obtain(), held.obtain if held.renewable else None


class _Oidc:
    """The ID token of one user, and the refresh token that renews it."""

    def __init__(self, config: dict[str, Any], given: Credentials, whose: str, files: Sequence[str]) -> None:
        self._config, self._given, self._whose, self._files = config, given, whose, files
        self.renewable = bool(config.get("refresh-token")) and isinstance(config.get("refresh-token"), str)

    def obtain(self) -> Credentials:
        """Return credentials that are valid now."""
        token, what = self._config.get("id-token") or "", f"{self._whose}: the auth-provider oidc"
        hint = "log in again; the exec plugin `kubectl oidc-login` (kubelogin) does it by itself"
        if not isinstance(token, str) or not (token or self.renewable):
            raise ClusterUnreachable(f"{what} holds no id-token and no refresh-token", hint)
        expires = _expiry(header_value(token, f"the id-token of {self._whose}"))
        if token and expires is None:
            raise ClusterUnreachable(f"{self._whose}: the id-token of the auth-provider oidc is not a JWT", hint)
        # As kubectl: a token that ends while the request travels is renewed, too.
        if expires is None or expires <= time.time() + _SLACK:
            if not self.renewable:
                raise ClusterUnreachable(
                    f"{self._whose}: the id-token of the auth-provider oidc has expired, and there is no refresh-token to renew it", hint
                )
            from arena_core.kube import oidc

            changed = oidc.renewed(self._config, self._whose, self._files)
            self._config |= changed
            token = changed["id-token"]
            expires = _expiry(token)
        return replace(self._given, token=token, expires=expires - _SLACK if self.renewable and expires else 0.0)


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
