"""Which recorded scenarios the local cluster answers otherwise, and why. ``docs/local-cluster.md`` quotes this list."""

from __future__ import annotations

#: Scenario -> reason. Everything that is not here must agree.
EXCUSED: dict[str, str] = {
    "8": "openapi documents leave out the descriptions of query parameters, and the Go defaults and enums that only Kubernetes' own build knows",
    "34": "the refusal of a changed pod template quotes Go's internal structs field by field; ours quotes the object itself",
    "90.default": "the recorded server is OpenShift's fork, which adds ConfigMap openshift-service-ca.crt to every pod's token volume",
}
#: Scenarios whose recording depends on chance or speed; each may be tried so often.
UNSTABLE: dict[str, str] = {
    "38": "the order of two namespaces with random names",
    "62": "whether its requests fall into one second, by which entries of managers are sorted",
    "58": "whether the Deployment's controller has counted its pod before the next request comes",
}
ATTEMPTS = 8
#: Areas that need pods: they run against the whole cluster; all others against the API alone, as fast as it answers.
POD_AREAS = frozenset({"events", "exec", "logs", "pods", "workloads"})
