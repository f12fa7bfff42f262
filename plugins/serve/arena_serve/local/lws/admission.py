"""What the webhook of LeaderWorkerSets defaults and refuses."""

from __future__ import annotations

from arena_core.k8s.names import label_1035
from arena_local.sdk.bundle import Admission, Api, Denied, Obj

RESOURCE = "leaderworkersets.leaderworkerset.x-k8s.io"


def default(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Fill in what the webhook does: the subdomain, the rollout, and the old word for no restart policy."""
    spec = obj["spec"]
    if spec["leaderWorkerTemplate"].get("restartPolicy") == "Default":
        spec["leaderWorkerTemplate"]["restartPolicy"] = "None"
    spec.setdefault("networkConfig", {"subdomainPolicy": "Shared"})
    strategy = spec.setdefault("rolloutStrategy", {"type": "RollingUpdate"})
    strategy.setdefault("rollingUpdateConfiguration", {"maxUnavailable": 1, "maxSurge": 0, "partition": 0})


def tell(api: Api, obj: Obj, old: Obj | None, operation: str) -> list[str]:
    """Warn of what is asked for and not done here; the webhook's own defaults are asked for by nobody."""
    spec, where = obj["spec"], "no effect on the local cluster"
    sizes = (spec.get("rolloutStrategy") or {}).get("rollingUpdateConfiguration") or {}
    told = []
    if (spec.get("networkConfig") or {}).get("subdomainPolicy", "Shared") != "Shared":
        told.append(f"spec.networkConfig.subdomainPolicy: {where} (all groups share one Service)")
    if str(sizes.get("maxSurge", 0)).rstrip("%") != "0":
        text = "no further group is started; groups are replaced one after the other"
        told.append(f"spec.rolloutStrategy.rollingUpdateConfiguration.maxSurge: {where} ({text})")
    return told


def validate(api: Api, obj: Obj, old: Obj | None, operation: str) -> None:
    """Refuse a name that cannot name a Service, a group without pods, and an update that could never begin."""
    name, spec = obj["metadata"].get("name", ""), obj["spec"]
    for wrong in label_1035(name):
        raise Denied(f"metadata.name: Invalid value: {name!r}: {wrong}", 422)
    size = spec["leaderWorkerTemplate"].get("size", 1)
    if size < 1:
        raise Denied(f"spec.leaderWorkerTemplate.size: Invalid value: {size}: size must be equal or greater than 1", 422)
    sizes = (spec.get("rolloutStrategy") or {}).get("rollingUpdateConfiguration") or {}
    if all(str(sizes.get(key, 1)).rstrip("%") == "0" for key in ("maxUnavailable", "maxSurge")):
        raise Denied("spec.rolloutStrategy.rollingUpdateConfiguration: must not be 0 when `maxSurge` is 0", 422)


WEBHOOKS = (
    Admission("mleaderworkerset.kb.io", RESOURCE, ("CREATE", "UPDATE"), mutate=default),
    Admission("vleaderworkerset.kb.io", RESOURCE, ("CREATE", "UPDATE"), validate=validate),
    Admission("without-effect", RESOURCE, ("CREATE", "UPDATE"), validate=tell),
)
