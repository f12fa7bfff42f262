"""What LimitRanges, Pod Security's labels and ResourceQuotas refuse, add and warn of, in the words of a real server."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from arena_local.server import patches, writes
from arena_local.server.errors import Refusal
from arena_local.server.options import WriteOptions
from arena_local.server.policy.podsecurity import Level, read_policy, violations
from arena_local.server.server import ApiServer
from arena_local.testing import api_server

Obj = dict[str, Any]


@pytest.fixture
def api() -> ApiServer:
    return api_server()


def pod(name: str = "p", container: Obj | None = None, **spec: Any) -> Obj:
    one = {"name": "c", "image": "i", **(container or {})}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": {"containers": [one], **spec}}


def resources(limits: Obj | None = None, **requests: str) -> Obj:
    return {"resources": {**({"requests": requests} if requests else {}), **({"limits": limits} if limits else {})}}


def create(api: ApiServer, obj: Obj, warnings: list[str] | None = None) -> Obj:
    options = WriteOptions(warnings=warnings if warnings is not None else [])
    resource = api.of_object(obj)
    namespace = obj["metadata"].get("namespace", "") if resource.namespaced else ""
    return writes.create(api, resource, namespace, copy.deepcopy(obj), options).obj


def refused(api: ApiServer, obj: Obj) -> str:
    with pytest.raises(Refusal) as error:
        create(api, obj)
    assert error.value.code == 403
    return error.value.message


def limits(api: ApiServer, *items: Obj, name: str = "l") -> Obj:
    return create(
        api, {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": name, "namespace": "default"}, "spec": {"limits": list(items)}}
    )


def label(api: ApiServer, warnings: list[str] | None = None, **labels: str) -> None:
    given = {f"pod-security.kubernetes.io/{key.replace('_', '-')}": value for key, value in labels.items()}
    options = WriteOptions(warnings=warnings if warnings is not None else [])
    patches.patch(api, api.resource("namespaces"), "", "default", patches.MERGE, {"metadata": {"labels": given}}, options)


# -- N4 --


def test_limit_range_fills_in(api: ApiServer) -> None:
    """N4: defaults of requests and limits, of all containers that say nothing, and an annotation that says so."""
    limits(api, {"type": "Container", "default": {"cpu": "500m", "memory": "256Mi"}, "defaultRequest": {"cpu": "100m", "memory": "64Mi"}})
    made = create(api, pod(initContainers=[{"name": "i", "image": "i", **resources(cpu="50m")}]))
    assert made["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "100m", "memory": "64Mi"},
        "limits": {"cpu": "500m", "memory": "256Mi"},
    }
    assert made["spec"]["initContainers"][0]["resources"]["requests"] == {"cpu": "50m", "memory": "64Mi"}
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; "
        "memory request for init container i; cpu, memory limit for init container i"
    )
    assert made["status"]["qosClass"] == "Burstable"


def test_limit_range_of_max_alone_is_the_default(api: ApiServer) -> None:
    """N4: max stands in for the default limit, that for the default request."""
    made = limits(api, {"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "50m"}})
    assert made["spec"]["limits"][0]["default"] == {"cpu": "1"} == made["spec"]["limits"][0]["defaultRequest"]
    assert create(api, pod())["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}


CONTAINER = {"type": "Container", "min": {"cpu": "100m"}, "max": {"cpu": "1", "memory": "1Gi"}}


@pytest.mark.parametrize(
    ("item", "container", "text"),
    [
        (CONTAINER, resources({"cpu": "2"}), "maximum cpu usage per Container is 1, but limit is 2"),
        (CONTAINER, resources({"cpu": "50m"}), "minimum cpu usage per Container is 100m, but request is 50m"),
        (
            CONTAINER,
            resources({"memory": "2Gi", "cpu": "2"}),
            "[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Container is 1Gi, but limit is 2Gi]",
        ),
        ({"type": "Pod", "max": {"cpu": "1"}}, {}, "maximum cpu usage per Pod is 1.  No limit is specified"),
        ({"type": "Pod", "max": {"cpu": "1"}}, resources({"cpu": "1500m"}), "maximum cpu usage per Pod is 1, but limit is 1500m"),
        ({"type": "Pod", "min": {"memory": "1Gi"}}, {}, "minimum memory usage per Pod is 1Gi.  No request is specified"),
        (
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            resources({"cpu": "1"}, cpu="250m"),
            "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000",
        ),
        (
            {"type": "Container", "maxLimitRequestRatio": {"cpu": "2"}},
            resources(cpu="1"),
            "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0",
        ),
    ],
)
def test_limit_range_refuses(api: ApiServer, item: Obj, container: Obj, text: str) -> None:
    """N4."""
    limits(api, item)
    assert refused(api, pod(container=container)) == f'pods "p" is forbidden: {text}'


def test_limit_range_of_claims(api: ApiServer) -> None:
    """N4."""
    limits(api, {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "2Gi"}})
    claim: Obj = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "v", "namespace": "default"}}
    for size, text in (("3Gi", "maximum storage usage per PersistentVolumeClaim is 2Gi"), ("1Mi", "minimum storage usage per")):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        assert text in refused(api, {**claim, "spec": spec}) and f"but request is {size}" in refused(api, {**claim, "spec": spec})


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ([{"type": "Container", "min": {"cpu": "2"}, "max": {"cpu": "1"}}], "min value 2 is greater than max value 1"),
        ([{"type": "Pod", "default": {"cpu": "1"}}], "may not be specified when `type` is 'Pod'"),
        ([{"type": "Pod"}, {"type": "Pod"}], 'spec.limits[1].type: Duplicate value: "Pod"'),
        ([{"type": "Node"}], "must be a standard limit type or fully qualified"),
        ([{"type": "PersistentVolumeClaim"}], "either minimum or maximum storage value is required, but neither was provided"),
        ([{"type": "Container", "maxLimitRequestRatio": {"cpu": "500m"}}], "ratio 500m is less than 1"),
    ],
)
def test_limit_ranges_that_contradict_themselves(api: ApiServer, items: list[Obj], text: str) -> None:
    """N4."""
    with pytest.raises(Refusal) as error:
        limits(api, *items)
    assert error.value.code == 422 and text in error.value.message


# -- N5 --

SAFE: Obj = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
RESTRICTED = (
    'pods "p" is forbidden: violates PodSecurity "restricted:latest": '
    'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
    'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
    'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")'
)


def test_restricted_is_enforced(api: ApiServer) -> None:
    """N5."""
    label(api, enforce="restricted")
    assert refused(api, pod()) == RESTRICTED
    assert create(api, pod(container={"securityContext": SAFE}))


def test_baseline_is_enforced(api: ApiServer) -> None:
    """N5."""
    label(api, enforce="baseline")
    assert create(api, pod("fine"))
    assert refused(api, pod(hostNetwork=True)).endswith('"baseline:latest": host namespaces (hostNetwork=true)')
    volume = {"name": "v", "hostPath": {"path": "/tmp"}}
    assert refused(api, pod(volumes=[volume])).endswith('"baseline:latest": hostPath volumes (volume "v")')


def test_templates_are_warned_about(api: ApiServer) -> None:
    """N5: a workload is stored; warn follows enforce unless it is said."""
    label(api, enforce="restricted", enforce_version="v1.30")
    template = {"spec": {**pod()["spec"], "restartPolicy": "Never"}}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "namespace": "default"}, "spec": {"template": template}}
    warnings: list[str] = []
    create(api, job, warnings)
    assert [text for text in warnings if text.startswith('would violate PodSecurity "restricted:v1.30": allowPrivilegeEscalation != false')]
    label(api, warn="privileged")
    warnings.clear()
    create(api, {**job, "metadata": {**job["metadata"], "name": "j2"}}, warnings)
    assert not [text for text in warnings if "PodSecurity" in text]


def test_warn_alone_lets_the_pod_in(api: ApiServer) -> None:
    """N5."""
    label(api, warn="baseline", audit="restricted")
    warnings: list[str] = []
    create(api, pod(hostPID=True), warnings)
    assert 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)' in warnings


def test_a_stricter_label_names_the_pods_there_are(api: ApiServer) -> None:
    """N5."""
    for name in ("b", "a", "fine"):
        create(api, pod(name, hostNetwork=name != "fine"))
    warnings: list[str] = []
    label(api, warnings, enforce="baseline")
    assert warnings == [
        'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 1 other pod): host namespaces",
    ]


def test_labels_that_mean_nothing_are_refused(api: ApiServer) -> None:
    """N5."""
    with pytest.raises(Refusal) as error:
        label(api, enforce="strict", warn_version="1.2")
    assert error.value.code == 422
    assert "must be one of privileged, baseline, restricted" in error.value.message
    assert 'must be "latest" or "v1.x"' in error.value.message


def context(**given: Any) -> Callable[[Obj], None]:
    return lambda spec: spec["containers"][0].update(securityContext=given)


def whole(**given: Any) -> Callable[[Obj], None]:
    return lambda spec: spec.update(given)


@pytest.mark.parametrize(
    ("change", "level", "version", "found"),
    [
        (context(privileged=True), "baseline", "latest", 'privileged (container "c" must not set securityContext.privileged=true)'),
        (
            context(capabilities={"add": ["NET_ADMIN", "CHOWN"]}),
            "baseline",
            "latest",
            'non-default capabilities (container "c" must not include "NET_ADMIN" in securityContext.capabilities.add)',
        ),
        (
            context(procMount="Unmasked"),
            "baseline",
            "latest",
            'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            context(seccompProfile={"type": "Unconfined"}),
            "baseline",
            "v1.19",
            'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
        ),
        (
            context(seLinuxOptions={"type": "container_engine_t", "user": "u"}),
            "baseline",
            "v1.30",
            'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions: type "container_engine_t"; user may not be set)',
        ),
        (
            context(appArmorProfile={"type": "Unconfined"}),
            "baseline",
            "latest",
            'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
        ),
        (whole(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}), "baseline", "v1.31", "forbidden sysctls (net.ipv4.tcp_rmem)"),
        (whole(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}), "baseline", "v1.32", ""),
        (
            lambda spec: spec["containers"][0].update(ports=[{"containerPort": 1, "hostPort": 80}]),
            "baseline",
            "latest",
            'hostPort (container "c" uses hostPort 80)',
        ),
        (
            lambda spec: spec["containers"][0].update(livenessProbe={"httpGet": {"port": 1, "host": "evil"}}),
            "baseline",
            "v1.34",
            'probe or lifecycle host (container "c" uses probe or lifecycle host "evil")',
        ),
        (lambda spec: spec["containers"][0].update(livenessProbe={"httpGet": {"port": 1, "host": "evil"}}), "baseline", "v1.33", ""),
        (
            context(windowsOptions={"hostProcess": True}),
            "baseline",
            "latest",
            'hostProcess (container "c" must not set securityContext.windowsOptions.hostProcess=true)',
        ),
    ],
)
def test_rules_of_the_levels(change: Callable[[Obj], None], level: str, version: str, found: str) -> None:
    """N5: the fixed list of checks, with the versions in which they begin."""
    spec = pod()["spec"]
    change(spec)
    assert ", ".join(f"{reason} ({detail})" for reason, detail in violations(Level(level, version), {}, spec)) == found


def test_restricted_volumes_and_user_namespaces() -> None:
    """N5: what restricted adds, and what a user namespace makes up for since 1.35."""
    spec = {
        **pod(container={"securityContext": {**SAFE, "runAsNonRoot": None, "runAsUser": 0}})["spec"],
        "volumes": [{"name": "n", "nfs": {}}],
    }
    found = dict(violations(Level("restricted", "latest"), {}, spec))
    assert found["restricted volume types"] == 'volume "n" uses restricted volume type "nfs"'
    assert found["runAsUser=0"] == 'container "c" must not set runAsUser=0'
    assert set(dict(violations(Level("restricted", "latest"), {}, {**spec, "hostUsers": False}))) == {"restricted volume types"}
    assert "runAsNonRoot != true" in dict(violations(Level("restricted", "v1.34"), {}, {**spec, "hostUsers": False}))


def test_versions_beyond_ours_are_ours() -> None:
    """N5."""
    policy = read_policy({"pod-security.kubernetes.io/enforce": "baseline", "pod-security.kubernetes.io/enforce-version": "v1.99"})
    assert (policy.enforce.minor, str(policy.enforce), str(policy.warn)) == (36, "baseline:v1.99", "baseline:v1.99")


# -- C12 --


def quota(api: ApiServer, hard: Obj, **spec: Any) -> None:
    meta = {"name": "q", "namespace": "default"}
    create(api, {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": meta, "spec": {"hard": hard, **spec}})


def test_quota_counts_and_measures(api: ApiServer) -> None:
    """C12: one reader, with the init containers, extended resources, claims and services that the other left out."""
    quota(
        api, {"pods": "2", "requests.memory": "1Gi", "requests.nvidia.com/gpu": "1", "requests.storage": "1Gi", "services.nodeports": "0"}
    )
    assert refused(api, pod()).endswith("failed quota: q: must specify requests.memory for: c")
    gpu = resources({"nvidia.com/gpu": "2", "memory": "1Mi"})
    assert refused(api, pod(container=gpu)).endswith(
        "exceeded quota: q, requested: requests.nvidia.com/gpu=2, used: requests.nvidia.com/gpu=0, limited: requests.nvidia.com/gpu=1"
    )
    big = [{"name": "i", "image": "i", **resources(memory="2Gi")}]
    assert "requested: requests.memory=2Gi" in refused(api, pod(container=resources(memory="1Mi"), initContainers=big))
    create(api, pod("one", container=resources(memory="512Mi")))
    assert "used: requests.memory=512Mi" in refused(api, pod(container=resources(memory="768Mi")))
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
    meta = {"name": "v", "namespace": "default"}
    assert "requested: requests.storage=2Gi" in refused(
        api, {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": claim}
    )
    service = {"type": "NodePort", "ports": [{"port": 80}]}
    assert "services.nodeports=1" in refused(api, {"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": service})


def test_quota_of_any_kind(api: ApiServer) -> None:
    """C12: ``count/`` works of every kind."""
    quota(api, {"count/leases.coordination.k8s.io": "0"})
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "l", "namespace": "default"}, "spec": {}}
    assert 'leases.coordination.k8s.io "l" is forbidden: exceeded quota: q' in refused(api, lease)


@pytest.mark.parametrize(
    ("scope", "inside", "outside"),
    [
        ({"scopes": ["BestEffort"]}, {}, {"container": resources(cpu="1")}),
        ({"scopes": ["Terminating"]}, {"activeDeadlineSeconds": 5}, {}),
        ({"scopes": ["NotTerminating"]}, {}, {"activeDeadlineSeconds": 5}),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["system-node-critical"]}]}},
            {"priorityClassName": "system-node-critical"},
            {},
        ),
    ],
)
def test_quota_scopes(api: ApiServer, scope: Obj, inside: Obj, outside: Obj) -> None:
    """C12: a quota with scopes is about those pods alone."""
    quota(api, {"pods": "0"}, **scope)
    assert "exceeded quota" in refused(api, pod(**inside))
    assert create(api, pod("other", **outside))


@pytest.mark.parametrize(
    ("hard", "text"), [({"gpu": "1"}, "must be a standard resource for quota"), ({"pods": "1500m"}, "must be an integer")]
)
def test_quotas_that_mean_nothing(api: ApiServer, hard: Obj, text: str) -> None:
    """C12."""
    with pytest.raises(Refusal) as error:
        quota(api, hard)
    assert error.value.code == 422 and text in error.value.message
