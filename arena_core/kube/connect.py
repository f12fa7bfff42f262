"""From options, environment and files to a ``Cluster``: which kubeconfig, which context, which credentials."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from arena_core.contract.errors import ClusterUnreachable
from arena_core.home import expanded, has_home
from arena_core.kube import kubeconfig
from arena_core.kube.address import PROXIES, server_url, split
from arena_core.kube.cluster import LOCAL_CONTEXT, Cluster
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.kube.secrets import pem, read_token
from arena_core.kube.users import credentials_of, impersonation
from arena_core.lazily import module_named
from arena_core.records import record, replace

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


@record
class ConnectOptions:
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
        return _from_files(kubeconfig.load([expanded(options.kubeconfig)]), options)
    config = _configured()
    if config is not None and not (options.context == LOCAL_CONTEXT and LOCAL_CONTEXT not in config.contexts):
        return _from_files(config, options)
    if config is not None:
        return _embedded(replace(options, local=True))
    if os.environ.get("KUBERNETES_SERVICE_HOST") and os.path.exists(os.path.join(SERVICE_ACCOUNT, "token")):
        return _in_cluster(options)
    return _embedded(options)


def _configured() -> kubeconfig.Kubeconfig | None:
    """Return what ``$KUBECONFIG`` or ``~/.kube/config`` say, or None where nothing is configured."""
    if os.environ.get("KUBECONFIG"):
        return kubeconfig.from_environment(os.environ["KUBECONFIG"])
    home = expanded("~/.kube/config") if has_home() else None
    config = kubeconfig.load([home]) if home is not None and os.path.exists(home) else None
    return None if config is None or config.empty else config


def contexts_of(path: str = "") -> Mapping[str, Mapping[str, object]]:
    """Return the contexts of a kubeconfig, or of what environment and files say, by name; no cluster is asked."""
    config = kubeconfig.load([expanded(path)]) if path else _configured()
    return config.contexts if config is not None else {}


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
    cluster = context.cluster
    whose = f"the cluster of context {context.name} in {config.source}"
    credentials, refresh = credentials_of(context, config.source, config.files)
    ca = pem(cluster, "certificate-authority", whose)
    insecure = bool(cluster.get("insecure-skip-tls-verify"))
    server = server_url(cluster["server"], whose)
    if insecure and ca and server.startswith("https:"):
        raise ClusterUnreachable(
            f"{whose} has both insecure-skip-tls-verify and a certificate-authority", "keep one: skipping the check makes the other useless"
        )
    proxy = cluster.get("proxy-url") or ""
    if proxy:
        split(proxy, f"{whose}: proxy-url", PROXIES)
    return Endpoint(
        server=server,
        ca=ca,
        verify=not insecure,
        server_name=cluster.get("tls-server-name") or "",
        proxy=proxy,
        compress=not cluster.get("disable-compression"),
        credentials=credentials,
        refresh=refresh,
        impersonate=impersonation(context.user, options.as_user, options.as_groups, options.as_uid),
    )


def _in_cluster(options: ConnectOptions) -> Cluster:
    """Connect as client-go does inside a pod: with its service account."""
    if options.context:
        raise ClusterUnreachable(
            f"context {options.context}: inside a cluster without a kubeconfig there are no contexts",
            "leave --context out, or set KUBECONFIG",
        )
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    port = os.environ.get("KUBERNETES_SERVICE_PORT") or "443"
    host = f"[{host}]" if ":" in host else host
    ca = os.path.join(SERVICE_ACCOUNT, "ca.crt")
    token = os.path.join(SERVICE_ACCOUNT, "token")
    read_token(token, "the service account")
    endpoint = Endpoint(
        server=server_url(f"https://{host}:{port}", "KUBERNETES_SERVICE_HOST and _PORT"),
        ca=pem({"certificate-authority": ca}, "certificate-authority", "the service account") if os.path.exists(ca) else b"",
        credentials=Credentials(token_file=token, whose="the service account"),
        impersonate=impersonation({}, options.as_user, options.as_groups, options.as_uid),
    )
    return Cluster(endpoint, context="in-cluster", namespace=options.namespace or _own_namespace() or "default", user_name="")


def _own_namespace() -> str:
    try:
        with open(os.path.join(SERVICE_ACCOUNT, "namespace"), encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""


def _embedded(options: ConnectOptions) -> Cluster:
    """Start, if need be, the embedded cluster that an installed distribution offers (entry-point group ``arena.clusters``)."""
    from arena_core.installed import switched_on

    found = [offer for offer in switched_on("arena.clusters") if offer.name == "local"]
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
        offered = module_named(module)
        ensure = getattr(offered, attribute)
    except (ImportError, AttributeError) as error:
        raise ClusterUnreachable(f"the embedded cluster cannot be loaded: {error}", "reinstall arena-local") from error
    path, context = ensure()
    chosen = replace(options, context=options.context or context)
    cluster = _from_files(kubeconfig.load([path]), chosen, revive=getattr(offered, "revive", None))
    cluster.is_local = True
    cluster.started_local = not options.local
    return cluster
