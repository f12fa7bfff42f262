"""Who submits: asked once per context, kept in ``$ARENA_HOME``."""

from __future__ import annotations

import hashlib

from arena_core.contract.errors import ArenaError, ClusterUnreachable
from arena_core.kube.cluster import Cluster
from arena_core.lazily import Logger
from arena_core.records import record
from arena_core.usecases import cache

log = Logger(__name__)

_FILE = "identities.json"


@record(slots=False)
class Identity:
    """The user's name, and its MD5 as Arena's id (a label, not a secret)."""

    name: str

    @property
    def uid(self) -> str:
        """Lower-case hex MD5 of the name."""
        return hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()


def identify(cluster: Cluster) -> Identity:
    """Return who we are to the cluster. Where it does not tell, the kubeconfig's name of the user has to do."""
    kept = _kept()
    key = _key(cluster)
    if kept.get(key):
        return Identity(kept[key])
    try:
        name = cluster.who_am_i()
    except ClusterUnreachable:
        raise
    except ArenaError as error:
        log.debug("the cluster does not say who we are: %s", error.message)
        return Identity(_fallback(cluster))
    if not name:
        return Identity(_fallback(cluster))
    cache.save(_FILE, {**kept, key: name})
    return Identity(name)


def known(cluster: Cluster) -> str:
    """Return the name of the user as far as it is known without asking."""
    return _kept().get(_key(cluster)) or _fallback(cluster)


def _kept() -> dict[str, str]:
    data = cache.load(_FILE)
    return {str(k): str(v) for k, v in data.items()} if isinstance(data, dict) else {}


def _fallback(cluster: Cluster) -> str:
    acting_as = cluster.endpoint.impersonate.get("Impersonate-User", ())
    return acting_as[0] if acting_as else cluster.user_name or "unknown"


def _key(cluster: Cluster) -> str:
    """Name the server and the credentials without telling them: a context whose user changes is asked again.

    A token file or plugin gives another token every hour for the same user, so there the way counts, not the token.
    """
    own = cluster.endpoint.credentials
    changing = bool(cluster.endpoint.refresh or own.token_file)
    proof = "" if changing else f"{own.token}\0{own.username}\0{own.cert!r}"
    parts = (cluster.endpoint.server, cluster.context, cluster.user_name, str(dict(cluster.endpoint.impersonate)), proof)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
