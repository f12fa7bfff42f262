"""What the kind ``things.example.com`` brings to the local cluster."""

from __future__ import annotations

from arena_local.sdk.bundle import Bundle, QuotaJob, QuotaPodSet

_FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SPEC = {
    "type": "object",
    "properties": {
        **{name: {"type": "integer"} for name in ("parallelism", "completions", "backoffLimit")},
        "completionMode": {"type": "string"},
        "suspend": {"type": "boolean"},
        "template": _FREE,
    },
}
_TOP = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": _SPEC, "status": _FREE}
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [
            {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object", "properties": _TOP}}}
        ],
    },
}


def bundle(more=0, version="v1"):
    """Return the bundle; ``more`` pods are counted too many, ``version`` is what the CRD serves."""
    crd = CRD | {"spec": CRD["spec"] | {"versions": [CRD["spec"]["versions"][0] | {"name": version}]}}

    def pod_sets(job):
        return [QuotaPodSet("worker", job["spec"]["parallelism"] + more, job["spec"]["template"])]

    quota = QuotaJob(
        resource="things.example.com",
        kind="Thing",
        api_version="example.com/v1",
        integration="example.com/thing",
        is_suspended=lambda job: job["spec"].get("suspend", False),
        set_suspend=lambda job, value: job["spec"].update(suspend=value),
        pod_sets=pod_sets,
        finished=lambda job: None,
        active=lambda api, job: False,
        pods_ready=lambda api, job: False,
    )
    return Bundle(name="things", crds=lambda: [crd], quota=(quota,))
