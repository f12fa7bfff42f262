"""What JobSet's webhooks write and refuse on the local cluster: the recorded answers, word for word."""

from __future__ import annotations

import copy
import json

import pytest

from arena_job.local.defaults import default
from arena_job.local.validation import validate
from arena_local.sdk.bundle import ApiError


class Claims:
    """An API server that has these PersistentVolumeClaims."""

    def __init__(self, *claims):
        self._claims = {claim["metadata"]["name"]: claim for claim in claims}

    def find(self, resource, namespace, name):
        return self._claims.get(name)


def refused(new, old=None, api=None):
    """Return the refusal of a JobSet, or None."""
    jobset = copy.deepcopy(new)
    if old is None:
        default(api, jobset, None, "CREATE")
    try:
        validate(api or Claims(), jobset, old, "CREATE" if old is None else "UPDATE")
    except ApiError as error:
        return error
    return None


def recorded(shared, name):
    return json.loads((shared / "recordings" / "jobset" / f"{name}.json").read_text())


def test_recorded_refusals(shared):
    seen = 0
    for step in recorded(shared, "js-invalid")["steps"]:
        answer = step["answer"].get("body") or {}
        error = refused(step["body"])
        if answer.get("message", "").startswith("admission webhook"):
            assert (error.message, error.details) == (answer["message"], answer["details"])
            seen += 1
        elif step["answer"]["code"] == 201:
            assert error is None
    assert seen > 6


def test_what_is_stored_is_what_was_recorded(shared):
    for name in ("js-defaults-only", "js-unschedulable", "js-rule-failjobset"):
        found = recorded(shared, name)
        stored = next(e["object"] for e in found["timeline"] if e["kind"] == "JobSet")
        jobset = copy.deepcopy(found["steps"][0]["body"])
        # What the server writes by the schema comes before the webhook.
        for policy in filter(None, [jobset["spec"].get("failurePolicy")]):
            policy.setdefault("restartStrategy", "Recreate")
        for entry in jobset["spec"]["replicatedJobs"]:
            entry.setdefault("replicas", 1)
        default(None, jobset, None, "CREATE")
        assert jobset["spec"] == stored["spec"], name


def test_recorded_refusals_of_changes(shared):
    found = recorded(shared, "js-update")
    old = copy.deepcopy(found["steps"][0]["body"])
    default(None, old, None, "CREATE")
    replicas, image = copy.deepcopy(old), copy.deepcopy(old)
    replicas["spec"]["replicatedJobs"][0]["replicas"] = 2
    image["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["containers"][0]["image"] = "alpine:3.10"
    answers = [step["answer"]["body"] for step in found["steps"] if step["answer"]["code"] == 422]
    for new, answer in zip((replicas, image), answers, strict=True):
        error = refused(new, old)
        assert (error.message, error.details) == (answer["message"], answer["details"])


def jobset(**spec):
    pod = {"containers": [{"name": "main", "image": "x", "volumeMounts": [{"name": "work", "mountPath": "/work"}]}]}
    entry = {"name": "w", "replicas": 2, "template": {"spec": {"parallelism": 1, "completions": 1, "template": {"spec": pod}}}}
    return {"metadata": {"name": "j", "namespace": "n"}, "spec": {"replicatedJobs": [entry], **spec}}


def test_while_it_is_suspended_a_queue_may_say_where_the_pods_go():
    old = jobset(suspend=True)
    new = copy.deepcopy(old)
    new["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["spec"]["nodeSelector"] = {"a": "b"}
    new["spec"]["replicatedJobs"][0]["template"]["spec"]["template"]["metadata"] = {"labels": {"a": "b"}}
    assert refused(new, old) is None
    old["spec"]["suspend"] = new["spec"]["suspend"] = False
    assert refused(new, old).code == 422


RULE = {"action": "FailJobSet"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"failurePolicy": {"restartStrategy": "InPlaceRestart"}}, "InPlaceRestart feature gate is disabled"),
        ({"failurePolicy": {"rules": [{"name": "a", "action": "RestartJob"}]}}, "RestartJob feature gate is disabled"),
        ({"failurePolicy": {"rules": [{**RULE, "name": "a"}, {**RULE, "name": "a"}]}}, "indices [0 1] all have the same name 'a'"),
        ({"failurePolicy": {"rules": [{**RULE, "name": "1"}]}}, "invalid failure policy rule name '1'"),
        ({"coordinator": {"replicatedJob": "w", "jobIndex": 2}}, "coordinator job index 2 is invalid for replicatedJob w"),
        ({"coordinator": {"replicatedJob": "w", "podIndex": 1}}, "pod index 1 is invalid for replicatedJob w job index 0"),
        ({"coordinator": {"replicatedJob": "w"}, "network": {"subdomain": "s" * 60}}, "for coordinator label"),
    ],
)
def test_further_refusals(spec, words):
    assert words in refused(jobset(**spec)).message


def claims(name="work", **policy):
    template = {"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    return {"volumeClaimPolicies": [{"templates": [template], **policy}]}


def test_claims_that_it_would_make():
    assert refused(jobset(**claims())) is None
    assert "matching volumeMount: other" in refused(jobset(**claims("other"))).message
    there = Claims({"metadata": {"name": "work-j"}, "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "v"}})
    assert "must be retain when PVC exists" in refused(jobset(**claims()), api=there).message
    assert refused(jobset(**claims(retentionPolicy={"whenDeleted": "Retain"})), api=there) is None
