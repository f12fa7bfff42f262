"""From options, environment and files to a ``Cluster``: which kubeconfig, which context, which credentials."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from arena_core.errors import ClusterUnreachable
from arena_core.kube import kubeconfig
from arena_core.kube.cluster import LOCAL_CONTEXT, Cluster
from arena_core.kube.endpoint import Credentials, Endpoint

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_OFFICIAL = ("exec", "auth-provider")


class ConnectOptions(NamedTuple):
    """What the user said about the cluster. ``local`` asks for the embedded cluster, whatever is configured."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    as_uid: str = ""
    local: bool = False


def connect(options: ConnectOptions | None = None) -> Cluster:
    """Return the cluster that options, environment and files point to; no request is sent yet.

    The context of the embedded cluster can be named beside any kubeconfig.
    """
    options = options or ConnectOptions()
    if options.local:
        return _embedded(options)
    if options.kubeconfig:
        path = Path(options.kubeconfig).expanduser()
        return _from_files(kubeconfig.load([path]), options)
    config = _configured()
    if config is not None and not (options.context == LOCAL_CONTEXT and LOCAL_CONTEXT not in config.contexts):
        return _from_files(config, options)
    if config is not None:
        return _embedded(options._replace(local=True))
    if os.environ.get("KUBERNETES_SERVICE_HOST") and (SERVICE_ACCOUNT / "token").exists():
        return _in_cluster(options)
    return _embedded(options)


def _configured() -> kubeconfig.Kubeconfig | None:
    """Return what ``$KUBECONFIG`` or ``~/.kube/config`` say, or None where nothing is configured."""
    if os.environ.get("KUBECONFIG"):
        return kubeconfig.from_environment(os.environ["KUBECONFIG"])
    home = Path("~/.kube/config").expanduser()
    config = kubeconfig.load([home]) if home.exists() else None
    return None if config is None or config.empty else config


def _from_files(config: kubeconfig.Kubeconfig, options: ConnectOptions, revive: Callable[[], bool] | None = None) -> Cluster:
    context = config.select(options.context)
    endpoint = endpoint_for(context, config, options)
    if revive is not None:
        endpoint = replace(endpoint, revive=revive)
    return Cluster(
        endpoint,
        context=context.name,
        namespace=options.namespace or context.namespace or "default",
        user_name=context.user_name,
    )


def endpoint_for(context: kubeconfig.Context, config: kubeconfig.Kubeconfig, options: ConnectOptions) -> Endpoint:
    """Return where the context's cluster is, with the user's credentials."""
    cluster, user = context.cluster, context.user
    refresh: Callable[[], Credentials] | None = None
    if any(user.get(way) for way in _OFFICIAL):
        from arena_core.kube import official

        refresh = official.obtainer(context)
        credentials = refresh()
    else:
        credentials = static_credentials(user, f"user {context.user_name} of {config.source}")
    server = str(cluster["server"])
    if not server.startswith(("http://", "https://")):
        server = "https://" + server
    return Endpoint(
        server=server.rstrip("/"),
        ca=_pem(cluster, "certificate-authority", f"the cluster of context {context.name}"),
        verify=not cluster.get("insecure-skip-tls-verify"),
        server_name=str(cluster.get("tls-server-name") or ""),
        proxy=str(cluster.get("proxy-url") or ""),
        credentials=credentials,
        refresh=refresh,
        impersonate=_impersonation(options, user),
    )


def static_credentials(user: dict[str, Any], whose: str) -> Credentials:
    """Return the credentials that stand in the kubeconfig itself or in files that it names."""
    token_file = str(user.get("tokenFile") or "")
    token = str(user.get("token") or "")
    if token_file and not token and not Path(token_file).is_file():
        raise ClusterUnreachable(f"{whose}: token file {token_file} does not exist")
    return Credentials(
        token=token,
        token_file=token_file,
        username=str(user.get("username") or ""),
        password=str(user.get("password") or ""),
        cert=_pem(user, "client-certificate", whose),
        key=_pem(user, "client-key", whose),
    )


def _pem(entry: dict[str, Any], key: str, whose: str) -> bytes | str:
    """Return ``KEY-data`` decoded, or the path in ``KEY`` (the data wins, as in kubectl), or nothing."""
    data = entry.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=False)
        except (binascii.Error, ValueError):
            raise ClusterUnreachable(f"{whose}: {key}-data is not base64") from None
    path = str(entry.get(key) or "")
    if path and not Path(path).is_file():
        raise ClusterUnreachable(f"{whose}: {key} {path} does not exist")
    return path


def _impersonation(options: ConnectOptions, user: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    name = options.as_user or str(user.get("as") or "")
    groups = options.as_groups or tuple(str(g) for g in user.get("as-groups") or ())
    uid = options.as_uid or str(user.get("as-uid") or "")
    if (groups or uid) and not name:
        raise ClusterUnreachable("a group or uid to act as needs a user to act as", "add --as USER")
    headers = {"Impersonate-User": (name,) if name else (), "Impersonate-Group": groups, "Impersonate-Uid": (uid,) if uid else ()}
    for key, values in (user.get("as-user-extra") or {}).items():
        headers[f"Impersonate-Extra-{key}"] = tuple(str(v) for v in values)
    return {key: values for key, values in headers.items() if values}


def _in_cluster(options: ConnectOptions) -> Cluster:
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    port = os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    host = f"[{host}]" if ":" in host else host
    if options.context:
        raise ClusterUnreachable(f"context {options.context}: inside a cluster without a kubeconfig there are no contexts")
    own = SERVICE_ACCOUNT / "namespace"
    namespace = options.namespace or (own.read_text(encoding="utf-8").strip() if own.exists() else "")
    endpoint = Endpoint(
        server=f"https://{host}:{port}",
        ca=str(SERVICE_ACCOUNT / "ca.crt"),
        credentials=Credentials(token_file=str(SERVICE_ACCOUNT / "token")),
        impersonate=_impersonation(options, {}),
    )
    return Cluster(endpoint, context="in-cluster", namespace=namespace or "default", user_name="")


def _embedded(options: ConnectOptions) -> Cluster:
    """Start, if need be, the embedded cluster that an installed distribution offers (entry-point group ``arena.clusters``)."""
    from importlib import import_module

    from arena_core.installed import blocked, offers

    found = [o for o in offers("arena.clusters") if o.name == "local" and not blocked() & {o.name, o.distribution}]
    if not found:
        # Not by a name in an index: others own similar ones.
        way = "install arena-local from where arena-core came for a cluster on this machine"
        if options.local:
            raise ClusterUnreachable("the embedded local cluster is not installed or switched off", way)
        raise ClusterUnreachable(
            "no cluster is configured, and the embedded one is not installed or switched off", f"set $KUBECONFIG or --config, or {way}"
        )
    try:
        module, _, attribute = found[0].value.partition(":")
        offered = import_module(module)
        ensure = getattr(offered, attribute)
    except (ImportError, AttributeError) as error:
        raise ClusterUnreachable(f"the embedded cluster cannot be loaded: {error}", "reinstall arena-local") from error
    path, context = ensure()
    chosen = options._replace(context=options.context or context)
    cluster = _from_files(kubeconfig.load([path]), chosen, revive=getattr(offered, "revive", None))
    cluster.is_local = True
    cluster.started_local = not options.local
    return cluster
