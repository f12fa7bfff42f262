"""From a user of a kubeconfig to credentials, by kubectl's rules of which way to log in counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials
from arena_core.kube.kubeconfig import Context
from arena_core.kube.kubefile import Entry
from arena_core.kube.secrets import header_value, pem, read_token

Refresh = Callable[[], Credentials]
#: What may stand in the name of a header besides letters and digits (RFC 9110), without the per cent sign, which escapes.
_HEADER_SAFE = "!#$&'*+-.^_`|~"


def credentials_of(context: Context, source: str, files: Sequence[str] = ()) -> tuple[Credentials, Refresh | None]:
    """Return the user's credentials and, where they can be renewed, how to obtain new ones; ``files`` is what ``source`` names."""
    user = context.user
    whose = f"user {context.user_name} of {source}"
    given = static_credentials(user, whose)
    if user.get("auth-provider"):
        if user.get("exec"):
            raise ClusterUnreachable(f"{whose} has both an auth-provider and an exec plugin", "correct the file: keep one")
        from arena_core.kube import providers

        return providers.credentials(user["auth-provider"], given, whose, files)
    if not user.get("exec"):
        return given, None
    from arena_core.kube import execplugin

    plugin = execplugin.Plugin(user["exec"], context.cluster, whose)
    if given.token or given.token_file or given.username:
        return given, None  # as in kubectl: the plugin is then not run
    return plugin.obtain(), plugin.obtain


def static_credentials(user: Entry, whose: str) -> Credentials:
    """Return the credentials that stand in the kubeconfig itself or in files that it names."""
    token = header_value(user.get("token") or "", f"the token of {whose}")
    token_file = user.get("tokenFile") or ""
    username = user.get("username") or ""
    if username and (token or token_file):
        raise ClusterUnreachable(f"{whose} has both a token and a user name with password", "correct the file: keep one")
    if token_file and not token:
        read_token(token_file, whose)
    cert = pem(user, "client-certificate", whose)
    key = pem(user, "client-key", whose)
    if cert and not key:
        raise ClusterUnreachable(f"{whose} has a client certificate and no client-key", "add client-key or client-key-data")
    return Credentials(token, token_file, username, user.get("password") or "", cert, key if cert else b"", whose)


def impersonation(user: Entry, as_user: str, as_groups: tuple[str, ...], as_uid: str) -> dict[str, tuple[str, ...]]:
    """Return the headers that ask to act as somebody else; what the command line says goes before the kubeconfig."""
    name = as_user or user.get("as") or ""
    groups = as_groups or tuple(user.get("as-groups") or ())
    uid = as_uid or user.get("as-uid") or ""
    extra: dict[str, list[str]] = user.get("as-user-extra") or {}
    if (groups or uid or extra) and not name:
        raise ClusterUnreachable("a group, uid or extra to act as needs a user to act as", "add --as USER, or `as` in the kubeconfig")
    headers = {"Impersonate-User": (name,) if name else (), "Impersonate-Group": groups, "Impersonate-Uid": (uid,) if uid else ()}
    if extra:
        from urllib.parse import quote

        headers |= {f"Impersonate-Extra-{quote(key, safe=_HEADER_SAFE)}": tuple(values) for key, values in extra.items()}
    for key, values in headers.items():
        for value in values:
            header_value(value, f"the value of {key} (who to act as)")
    return {key: values for key, values in headers.items() if values}
