"""The pods that a job will have: sets of them, the labels they are found by, and what runs in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from arena_core.contract.errors import InvalidArguments, PluginError
from arena_core.contract.types import JobType
from arena_core.k8s import dig, names, selectors
from arena_core.testing.kit.base import Kit, template_of
from arena_core.testing.kit.values import TYPED, for_all, for_any_job
from arena_core.testing.seen import seen
from arena_core.testing.texts import environment, expand


class PodChecks(Kit):
    """Pod sets, selectors, commands."""

    def test_pod_sets_lead_to_pod_templates(self) -> None:
        """Every path of a pod set leads to a pod template with containers, and its name is one that Kueue takes."""
        for raw in self.raws():
            job = self.job(raw)
            for purpose in ("wrap", "quota"):
                sets = self.handle.pod_sets(job, "wrap" if purpose == "wrap" else "quota")
                # Of one that cannot be wrapped the operator may make the templates, so that there is none in the job.
                none_fits = self.handle.job_type.wrapping is None or self.handle.job_type.workload == "schedule"
                assert sets or none_fits, f"a job has at least one set of pods (purpose {purpose!r})"
                for found in sets:
                    containers = dig.items(template_of(job, found.path), "spec", "containers")
                    assert list(containers), f"no pod template lies at {found.path!r}"
                    assert found.replicas >= 0
                    assert not names.label(found.name.lower()), f"{found.name!r} is no name of a pod set"
                called = [found.name for found in sets]
                assert len(set(called)) == len(called), f"two sets of one name: {called}"

    def test_pod_sets_follow_the_workers(self) -> None:
        """With more ``--workers`` there are as many more pods, in the sets and in what the status wants."""
        if "workers" not in self.model.model_fields:
            pytest.skip("the type has no --workers")
        if self.handle.job_type.workload == "schedule":
            pytest.skip("the pods are those of the jobs that it makes")
        try:
            few, many = (self.job({**self.minimal, "workers": number}) for number in (2, 3))
        except InvalidArguments as error:
            pytest.skip(f"--workers is refused beside these arguments: {error.message}")
        assert self._pods(many) - self._pods(few) == 1, "the pod sets do not follow --workers"
        assert self._wanted(many) - self._wanted(few) == 1, "JobStatus.replicas does not follow --workers"

    def _pods(self, job: Any) -> int:
        return sum(found.replicas for found in self.pod_sets(job))

    def _wanted(self, job: Any) -> int:
        return self.handle.status(seen(job)).replicas

    def test_selectors_are_carried_by_the_pods(self) -> None:
        """The labels that find a job's pods name this job, and stand in each pod template or are the operator's own."""
        for raw in self.raws():
            job, other = self.job(raw), self.job({**raw, "name": "other"})
            selector = self.selector(job)
            assert selector, "without labels the pods of every job would be this one's"
            assert selector != self.selector(other), "two jobs of different names would share their pods"
            for key, value in selector.items():
                assert not names.qualified_name(key) and not names.label_value(value), f"{key}={value} is no label"
            expected = {key: value for key, value in selector.items() if key not in self.operator_labels}
            for found, template in self.templates(job):
                carried = dig.labels(template)
                lacks = {key: value for key, value in expected.items() if carried.get(key) != value}
                assert not lacks, f"{found.path} lacks {lacks}; name keys that the operator sets in `operator_labels`"

    def test_selectors_find_the_pods_of_the_samples(self) -> None:
        """Every pod that was recorded with a job is found by one of the selectors."""
        for sample, view in self.views():
            wanted = self.handle.job_type.selectors(view.manifest)
            for pod in view.pods or ():
                found = any(selectors.matches(selectors.parse(text), dig.labels(pod)) for text in wanted)
                assert found, f"{sample.phase}: none of {list(wanted)} finds {dig.text(pod, 'metadata', 'name')}"

    def test_selectors_are_total(self) -> None:
        """Whatever object comes, there are selectors that can be read, or none, and never an exception."""
        job_type: JobType = self.handle.job_type

        def check(job: Any, pods: list[Any], related: list[Any]) -> None:
            for one in (job, *pods, *related):  # also what is no object
                try:
                    found = job_type.selectors(one)
                except PluginError as error:
                    pytest.fail(error.message)
                for text in found:
                    selectors.parse(text)

        for_any_job(tuple(self.keys), self.examples, check)

    def test_the_container_gets_what_was_typed(self) -> None:
        """Command (in the pod sets that run it), environment and annotations arrive unchanged, whatever characters they have."""
        fields = self.model.model_fields
        if not {"command", "env"} <= set(fields):
            pytest.skip("the type has no command or no --env")

        def check(command: str, value: str) -> None:
            notes = {"annotations": {"note": value}} if "annotations" in fields else {}
            args = self.parsed({**self.minimal, "command": command, "env": {"TYPED": value}, **notes})
            job = json.loads(json.dumps(self.handle.build_manifests(args)[0]))
            assert not notes or job["metadata"]["annotations"]["note"] == value
            ends = {found.path for found in self.handle.pod_sets(job)}
            for found, template in self.templates(job):
                if not found.runs_command and found.path not in ends:
                    continue  # only waits to be reached
                expected = command if found.runs_command else ""
                given = [template_of(job, found.said_at)] if found.said_at else template["spec"]["containers"]
                assert any(_has(c, expected, value) for c in given), found.path

        for_all(self.examples, check, command=TYPED.filter(str.strip), value=TYPED)


def _has(container: Mapping[str, Any], command: str, value: str) -> bool:
    """Whether a container has the variable, and the command if there is to be one, once Kubernetes has expanded them."""
    env = environment(container)
    words = [expand(word, env) for word in (*container.get("command", ()), *container.get("args", ()))]
    return command in (*words, "") and env.get("TYPED") == value
