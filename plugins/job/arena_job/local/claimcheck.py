"""What JobSet's webhook refuses of claims that a JobSet would make."""

from __future__ import annotations

from collections.abc import Iterator

from arena_core.k8s import names as dns
from arena_job.local import volumes
from arena_job.local.keys import entries
from arena_job.local.refusal import Wrong, invalid
from arena_local.sdk.bundle import Api, Obj

_MOST = 63


def subdomain(path: str, value: str) -> Iterator[Wrong]:
    """Yield what is wrong with a DNS name."""
    if len(value) > 253:
        yield invalid(path, value, "must be no more than 253 bytes")
    if dns.SUBDOMAIN_MESSAGE in dns.subdomain(value):
        yield invalid(path, value, dns.SUBDOMAIN_MESSAGE)


def claims(api: Api, jobset: Obj) -> Iterator[Wrong]:
    """Yield what is wrong with ``volumeClaimPolicies``."""
    names: set[str] = set()
    for number, policy in enumerate((jobset.get("spec") or {}).get("volumeClaimPolicies") or []):
        path = f"spec.volumeClaimPolicies[{number}]"
        for place, template in enumerate(policy.get("templates") or []):
            where = f"{path}.template[{place}]"
            name = str((template.get("metadata") or {}).get("name", ""))
            if name in names:
                yield invalid(f"{where}.name", name, "names must be unique for VolumeClaimPolicies template")
            yield from subdomain(f"{where}.name", name)
            if len(volumes.claim_name(jobset, template)) > _MOST:
                yield invalid(f"{where}.name", name, "VolumeClaimPolicies template name is too long")
            yield from _mounted(jobset, name)
            yield from _existing(api, jobset, path, where, policy, template)
            names.add(name)


def _mounted(jobset: Obj, name: str) -> Iterator[Wrong]:
    mounted = False
    for number, entry in enumerate(entries(jobset)):
        spec = entry["template"]["spec"]["template"]["spec"]
        for place, volume in enumerate(spec.get("volumes") or []):
            if volume.get("name") == name:
                where = f"spec.replicatedJobs[{number}].template.spec.template.spec.volumes[{place}].name"
                yield invalid(where, name, f"volume name conflicts with VolumeClaimPolicy template name: {name}")
        mounted = mounted or volumes.mounts(spec, name)
    if not mounted:
        why = f"replicatedJob containers don't have a matching volumeMount: {name} from VolumeClaimPolicies"
        yield invalid("spec.replicatedJobs", entries(jobset), why)


def _existing(api: Api, jobset: Obj, path: str, where: str, policy: Obj, template: Obj) -> Iterator[Wrong]:
    claim, namespace = volumes.claim_name(jobset, template), jobset["metadata"].get("namespace", "")
    there = api.find("persistentvolumeclaims", namespace, claim)
    if there is None:
        return
    given = template.get("spec") or {}
    if any(there["spec"].get(key) != value for key, value in given.items()):
        yield invalid(f"{where}.spec", given, f"spec does not match existing PVC {claim} in namespace {namespace}")
    kept = (policy.get("retentionPolicy") or {}).get("whenDeleted", "Delete")
    if kept != "Retain":
        yield invalid(f"{path}.retentionPolicy.whenDeleted", kept, "retentionPolicy must be retain when PVC exists")
