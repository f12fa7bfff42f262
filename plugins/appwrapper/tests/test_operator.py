"""The parts of the local operator by themselves: pod set paths, Go's durations, what is injected, what the webhook says."""

from __future__ import annotations

import json

import pytest

from arena_appwrapper.operator import webhook
from arena_appwrapper.operator.build import Fatal, component_object
from arena_appwrapper.operator.pods import terminal_failure
from arena_appwrapper.operator.podsets import PathError, effective, expected_pods, infer, resolve
from arena_appwrapper.operator.resources import plural_of
from arena_appwrapper.operator.settings import LABEL, Settings
from arena_local.sdk.bundle import USER, Denied

PREFIX = "workload.codeflare.dev.appwrapper/"
POD = {"spec": {"containers": [{"name": "c"}]}}


# --- paths


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("spec.template", "first element of the path must be 'template'"),
        ("templates", "first element of the path must be 'template'"),
        ("template.spec.nope", "missing field 'nope'"),
        ("template.spec.tasks[2].template", "out of bounds index '2'"),
        ("template.spec[0]", "is not an array"),
        ("template.spec.tasks.template", "is not a map"),
        ("template.spec.tasks[x].template", "malformed"),
        ("template..spec", "malformed"),
        ("template.spec.tasks[-1]", "malformed"),
    ],
)
def test_paths_that_lead_nowhere(path, problem):
    job = {"spec": {"tasks": [{"template": POD}]}}
    with pytest.raises(PathError, match=problem.replace("[", r"\[")):
        resolve(job, path)


def test_paths_that_lead_to_a_template():
    job = {"spec": {"tasks": [{"template": POD}], "a": {"b": [[POD]]}}}
    assert resolve(job, "template.spec.tasks[0].template") is POD
    assert resolve(job, "template.spec.a.b[0][0]") is POD
    assert resolve(POD, "template") is POD


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ({"apiVersion": "v1", "kind": "Pod", **POD}, [("template", 1)]),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 3}}, [("template.spec.template", 3)]),
        ({"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {}}, [("template.spec.template", 1)]),
        ({"apiVersion": "batch/v1", "kind": "Job", "spec": {"parallelism": 4, "completions": 2}}, [("template.spec.template", 2)]),
        (
            {
                "apiVersion": "kubeflow.org/v1",
                "kind": "PyTorchJob",
                "spec": {"pytorchReplicaSpecs": {"Master": {}, "Worker": {"replicas": 3}}},
            },
            [("template.spec.pytorchReplicaSpecs.Master.template", 1), ("template.spec.pytorchReplicaSpecs.Worker.template", 3)],
        ),
        (
            {
                "apiVersion": "ray.io/v1",
                "kind": "RayJob",
                "spec": {"rayClusterSpec": {"headGroupSpec": {}, "workerGroupSpecs": [{"replicas": 2}]}},
            },
            [
                ("template.spec.rayClusterSpec.headGroupSpec.template", 1),
                ("template.spec.rayClusterSpec.workerGroupSpecs[0].template", 2),
            ],
        ),
        (
            {
                "apiVersion": "jobset.x-k8s.io/v1alpha2",
                "kind": "JobSet",
                "spec": {"replicatedJobs": [{"replicas": 2, "template": {"spec": {"parallelism": 3}}}]},
            },
            [("template.spec.replicatedJobs[0].template.spec.template", 6)],
        ),
    ],
)
def test_inferred_pod_sets(template, expected):
    assert [(p["path"], p["replicas"]) for p in infer(template)] == expected


def test_nothing_is_inferred_of_other_kinds():
    for version, kind in (("batch.volcano.sh/v1alpha1", "Job"), ("kubeflow.org/v1", "TFJob"), ("kubeflow.org/v2", "PyTorchJob")):
        assert infer({"apiVersion": version, "kind": kind, "spec": {}}) is None
    assert effective({"template": {"apiVersion": "x/v1", "kind": "Y"}, "podSets": [{"path": "template.spec.t"}]}) == [
        {"replicas": 1, "path": "template.spec.t"}
    ]
    assert expected_pods({"status": {"componentStatus": [{"podSets": [{"replicas": 2}, {}]}, {"podSets": [{"replicas": 3}]}]}}) == 6


# --- durations and limits


def settings(**notes):
    return Settings.of({"metadata": {"annotations": {PREFIX + k: v for k, v in notes.items()}}})


def test_defaults_and_limits_of_the_operator():
    plain = settings()
    assert (plain.admission, plain.warmup, plain.failure, plain.pause, plain.forceful, plain.retained) == (60, 300, 60, 90, 600, 0)
    assert (plain.retries, plain.success_ttl, plain.terminal, plain.retryable) == (3, 7 * 86400, frozenset(), frozenset())
    assert settings(admissionGracePeriodDuration="48h").admission == 86400
    assert settings(warmupGracePeriodDuration="-1m").warmup == 0
    assert settings(failureGracePeriodDuration="soon", retryLimit="many").failure == 60
    assert settings(retryLimit="0").retries == 0 and settings(retryLimit="-2").retries == -2
    assert [settings(successTTLDuration=t).success_ttl for t in ("5s", "0", "-5s", "200h")] == [5, 604800, 604800, 604800]
    assert settings(terminalExitCodes="3,10").terminal == {3, 10}


def test_plurals_as_kubernetes_guesses_them():
    assert [plural_of(k) for k in ("Job", "PyTorchJob", "NetworkPolicy", "Ingress", "AppWrapper")] == [
        "jobs",
        "pytorchjobs",
        "networkpolicies",
        "ingresses",
        "appwrappers",
    ]


# --- what is created


def wrapper(template, pod_sets=None, infos=None):
    component = {"template": template, **({"podSets": pod_sets} if pod_sets else {}), **({"podSetInfos": infos} if infos else {})}
    meta = {"name": "w", "namespace": "n", "uid": "u"}
    return {
        "apiVersion": "workload.codeflare.dev/v1beta2",
        "kind": "AppWrapper",
        "metadata": meta,
        "spec": {"components": [component]},
    }


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c"}], **spec}}


def test_what_kueue_hands_over_reaches_the_pods():
    info = {
        "annotations": {"a": "1"},
        "labels": {"l": "1"},
        "nodeSelector": {"zone": "z"},
        "tolerations": [{"key": "k"}],
        "schedulingGates": [{"name": "g"}],
    }
    made = component_object(wrapper(pod(tolerations=[{"key": "own"}], schedulingGates=[{"name": "g"}]), infos=[info]), 0)
    label = {"workload.codeflare.dev/appwrapper": "w"}
    assert made["metadata"]["labels"] == {**label, "l": "1"} and made["metadata"]["annotations"] == {"a": "1"}
    assert made["spec"]["nodeSelector"] == {"zone": "z"}
    assert [t["key"] for t in made["spec"]["tolerations"]] == ["own", "k"]
    assert made["spec"]["schedulingGates"] == [{"name": "g"}]
    (owner,) = made["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("AppWrapper", "u", True)


def test_conflicts_are_fatal():
    for info, labels in (({}, {LABEL: "other"}), ({"nodeSelector": {"zone": "b"}}, {}), ({"labels": {"l": "1"}}, {"l": "2"})):
        made = pod(nodeSelector={"zone": "a"})
        made["metadata"]["labels"] = labels
        with pytest.raises(Fatal):
            component_object(wrapper(made, infos=[info]), 0)


def test_a_conflict_is_worded_as_by_the_operator():
    made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": pod()}}
    made["spec"]["template"]["metadata"] = {"labels": {LABEL: "other"}}
    with pytest.raises(Fatal, match=f"^conflict updating labels: conflict for key={LABEL}, value1=other, value2=w$"):
        component_object(wrapper(made), 0)
    made["spec"]["template"]["metadata"] = {}
    made["metadata"]["labels"] = {LABEL: "mine"}
    assert component_object(wrapper(made), 0)["metadata"]["labels"] == {LABEL: "mine"}


def failed(code, **more):
    return {"status": {"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": code}}}], **more}}


@pytest.mark.parametrize(
    ("notes", "pod", "terminal"),
    [
        ({"terminalExitCodes": "3,10"}, failed(10), True),
        ({"terminalExitCodes": "0"}, failed(0), False),
        ({"retryableExitCodes": "7"}, failed(7), False),
        ({"retryableExitCodes": "7"}, failed(8), True),
        ({"retryableExitCodes": "7"}, failed(0), False),
        ({"terminalExitCodes": "3"}, failed(0, initContainerStatuses=failed(3)["status"]["containerStatuses"]), False),
        ({}, failed(1), False),
    ],
)
def test_exit_codes_that_end_all_tries(notes, pod, terminal):
    assert terminal_failure(pod, settings(**notes)) is terminal


def test_pods_with_gpus_stay_away_from_sick_nodes():
    sick = pod(containers=[{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "1"}}}])
    affinity = component_object(wrapper(sick), 0)["spec"]["affinity"]["nodeAffinity"]
    (term,) = affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["TESTING", "EVICT"]
    assert "affinity" not in component_object(wrapper(pod()), 0)["spec"]


# --- the webhook, in its own words


@pytest.mark.parametrize(
    "affinity", [None, {}, {"nodeAffinity": None}, {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": None}}]
)
def test_an_affinity_that_is_null_is_filled(affinity):
    made = component_object(
        wrapper(pod(affinity=affinity, containers=[{"name": "c", "resources": {"limits": {"nvidia.com/gpu": "1"}}}])), 0
    )
    assert len(made["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"]) == 1


def recorded_refusals(shared):
    """Return (label, body, message) of the creations that the real webhook refused."""
    file = json.loads((shared / "recordings" / "appwrapper" / "aw-invalid.json").read_text())
    for step in file["steps"]:
        answer = step.get("answer") or {}
        body = answer.get("body")
        if step.get("do") == "create" and isinstance(body, dict) and "vappwrapper" in str(body.get("message", "")):
            yield step.get("label", ""), step["body"], body["message"]


def test_refusals_are_the_recorded_ones(shared):
    cases = list(recorded_refusals(shared))
    assert len(cases) >= 5
    for label, body, message in cases:
        body = json.loads(json.dumps(body))
        body["metadata"].setdefault("namespace", "n")
        webhook.default(None, body, None, "CREATE")
        with pytest.raises(Denied) as denied:
            webhook.validate(None, body, None, "CREATE")
        reason = message.partition("denied the request: ")[2]
        assert blurred(str(denied.value)) == blurred(reason), label


def blurred(text):
    """Leave out the quoted objects: the operator prints Go's structs with addresses and bytes, ours quotes what was sent."""
    import re

    return re.sub(r'Invalid value: (?!").*?[}\])…]: (?=[a-zA-Z])', "Invalid value: …: ", text)


def test_a_refusal_quotes_what_was_sent_and_no_structs_of_go():
    given = wrapper({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"long": "x" * 999}})
    with pytest.raises(Denied) as denied:
        webhook.validate(None, given, None, "CREATE")
    text = str(denied.value)
    assert text.startswith('spec.components: Invalid value: [{"template":{"apiVersion":"v1","kind":"ConfigMap"')
    assert text.endswith("…: components contains no podspecs")
    assert "0x" not in text and "v1beta2." not in text


def test_what_may_not_change():
    old = wrapper({**pod()}, [{"path": "template", "replicas": 1}])
    old["metadata"]["labels"] = {"workload.codeflare.dev/user": "me", "workload.codeflare.dev/userid": ""}

    def refused(**change):
        new = json.loads(json.dumps(old))
        change["to"](new)
        with pytest.raises(Denied) as denied:
            webhook.validate(None, new, old, "UPDATE")
        return str(denied.value)

    assert "template.raw" in refused(to=lambda o: o["spec"]["components"][0]["template"]["metadata"].update(name="q"))
    assert "podsets" in refused(to=lambda o: o["spec"]["components"][0]["podSets"][0].update(replicas=2))
    assert "managedBy" in refused(to=lambda o: o["spec"].update(managedBy="x"))
    assert "workload.codeflare.dev/user" in refused(to=lambda o: o["metadata"]["labels"].update({"workload.codeflare.dev/user": "you"}))
    allowed = json.loads(json.dumps(old))
    allowed["spec"]["suspend"] = True
    allowed["metadata"]["annotations"] = {"a": "b"}
    webhook.validate(None, allowed, old, "UPDATE")


def test_n19_the_label_names_the_user_that_whoami_names():
    made = wrapper({**pod()}, [{"path": "template", "replicas": 1}])
    webhook.default(None, made, None, "CREATE")
    assert made["metadata"]["labels"]["workload.codeflare.dev/user"] == USER


def test_a_queue_is_told_of_the_groups_of_a_jobset() -> None:
    """As the recorded Workloads of recordings/appwrapper-more say it."""
    from arena_appwrapper.local import BUNDLE

    pod = {"spec": {"containers": [{"name": "main", "image": "i:1"}]}}
    entries = [
        {"name": name, "replicas": count, "template": {"spec": {"template": pod}}} for name, count in (("driver", 1), ("workers", 2))
    ]
    jobset = {"apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "metadata": {"name": "x"}, "spec": {"replicatedJobs": entries}}
    wrapper = {"metadata": {"name": "w"}, "spec": {"components": [{"template": jobset}]}}
    found = BUNDLE.quota[0].pod_sets(wrapper)
    assert [(one.name, one.count, one.index_label, one.group_label, one.groups) for one in found] == [
        ("w-0", 1, "batch.kubernetes.io/job-completion-index", "jobset.sigs.k8s.io/job-index", 1),
        ("w-1", 2, "batch.kubernetes.io/job-completion-index", "jobset.sigs.k8s.io/job-index", 2),
    ]
