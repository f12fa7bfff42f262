"""The hooks that read a live job: total, right about every recorded moment, and careful about what nobody has read."""

from __future__ import annotations

from typing import Any

from arena_core.contract.errors import ArenaError, NotFound
from arena_core.contract.types import JobStatus, LogQuery, Phase
from arena_core.k8s import dig
from arena_core.k8s.time import parse as parse_time
from arena_core.records import replace
from arena_core.testing.kit.base import Kit
from arena_core.testing.kit.values import for_any_job
from arena_core.testing.samples import phases_of
from arena_core.testing.seen import seen

#: The phases that a type must show samples of, by what it is there for.
EXPECTED = {
    "batch": (Phase.PENDING, Phase.RUNNING, Phase.SUCCEEDED, Phase.FAILED),
    "service": (Phase.PENDING, Phase.READY),
    "schedule": (Phase.RUNNING,),
}


class ReadingChecks(Kit):
    """Status, logs, reasons."""

    def test_status_is_total(self) -> None:
        """Whatever object comes, there is a status, and never an exception."""

        def check(job: Any, pods: list[Any], related: list[Any]) -> None:
            for view in (seen(job, pods, related), seen(job, None, None)):
                status = self.handle.status(view)
                assert isinstance(status, JobStatus)
                assert status.reason != "PluginFailed", status.message

        for_any_job(tuple(self.keys), self.examples, check)

    def test_the_other_readers_are_total(self) -> None:
        """Pod sets, finders, reasons and endpoints take whatever object comes, too."""

        def check(job: Any, pods: list[Any], related: list[Any]) -> None:
            for view in (seen(job, pods, related), seen(job, None, None)):
                told = replace(view, status=JobStatus(Phase.PENDING))
                for purpose in ("wrap", "quota"):
                    self.handle.pod_sets(job, "wrap" if purpose == "wrap" else "quota")
                self.handle.related(view)
                self.handle.explain(told)
                self.handle.endpoints(told)

        for_any_job(tuple(self.keys), self.examples, check)

    def test_what_can_be_opened_is_named(self) -> None:
        """A Service that lets in whoever is outside (of type NodePort) is an endpoint of its job, so that it is found again."""
        fields = self.model.model_fields
        for raw in [*self.raws(), *({**self.minimal, switch: True} for switch in ("tensorboard",) if switch in fields)]:
            job, *others = self.manifests(raw)
            opened = {m["metadata"]["name"] for m in others if m["kind"] == "Service" and dig.text(m, "spec", "type") == "NodePort"}
            named = {one.service for one in self.handle.endpoints(seen(job))}
            assert opened <= named, f"arena_endpoints does not name {', '.join(sorted(opened - named))}"

    def test_status_of_a_new_job(self) -> None:
        """A job that was just created is waiting, and it says how many pods it wants; a schedule is at work."""
        status = self.handle.status(seen(self.job()))
        if self.handle.job_type.workload == "schedule":
            assert (status.phase, status.instances) == (Phase.RUNNING, ()), f"a new schedule is {status.phase}"
            return
        assert status.phase in (Phase.PENDING, Phase.QUEUING, Phase.SUSPENDED), f"a new job is {status.phase}"
        assert status.instances == ()
        assert status.replicas >= 1, "JobStatus.replicas is the number of pods that the job wants"

    def test_status_reaches_every_phase(self) -> None:
        """Each recorded moment is told as what it is, and there is one for every phase that such a job can be in."""
        for number, (sample, view) in enumerate(self.views()):
            found = self.handle.status(view)
            assert found.phase is sample.phase, f"sample {number} is {sample.phase}, the status says {found.phase}: {found.message}"
        missing = [phase.value for phase in EXPECTED[self.handle.job_type.workload] if phase not in phases_of(self.samples)]
        assert not missing, f"`samples` shows no job that is {', '.join(missing)}"

    def test_status_concludes_nothing_from_what_was_not_read(self) -> None:
        """Without related objects the phase is the same; without pods it is the same, or one that is not over and says less."""
        for number, (_, view) in enumerate(self.views()):
            told = self.handle.status(view).phase
            without = self.handle.status(replace(view, related=None)).phase
            assert without is told, f"sample {number}: {told}, but {without} where related objects were not read"
            phase = self.handle.status(replace(view, pods=None, related=None)).phase
            vague = not told.finished and phase in (Phase.PENDING, Phase.RUNNING)
            assert phase is told or vague, f"sample {number}: {told}, but {phase} where pods were not read"

    def test_times_are_times(self) -> None:
        """Begin and end are RFC 3339 or empty; what is over has an end, and what is not has none."""
        for number, (sample, view) in enumerate(self.views()):
            status = self.handle.status(view)
            times = [status.start, status.end, *(t for i in status.instances for t in (i.created, i.started, i.finished))]
            assert not (wrong := [t for t in times if t and parse_time(t) is None]), f"sample {number}: {wrong} are no times"
            assert bool(status.end) == sample.phase.finished, f"sample {number}: {sample.phase} with the end {status.end!r}"
            start, end = parse_time(status.start), parse_time(status.end)
            assert start is None or end is None or start <= end, f"sample {number} ends before it begins"

    def test_there_is_exactly_one_chief(self) -> None:
        """Of the pods of a job that runs or has run one is the chief, and the same one in whatever order they are read."""
        for number, (sample, view) in enumerate(self.views()):
            pods = view.pods or ()
            chiefs = [self._chiefs(replace(view, pods=order)) for order in (pods, tuple(reversed(pods)))]
            assert len(chiefs[0]) <= 1, f"sample {number}: several chiefs, {chiefs[0]}"
            assert chiefs[0] == chiefs[1], f"sample {number}: the chief depends on the order in which pods are read"
            if not self.handle.job_type.leads:
                assert not chiefs[0], f"sample {number}: the type says that none of its pods leads"
            elif pods and sample.phase in (Phase.RUNNING, Phase.SUCCEEDED):
                assert chiefs[0], f"sample {number}: none of its pods is the chief"

    def _chiefs(self, view: Any) -> list[str]:
        return [member.name for member in self.handle.status(view).instances if member.chief]

    def test_every_pod_is_an_instance(self) -> None:
        """The status lists the pods that were read, each once."""
        for number, (_, view) in enumerate(self.views()):
            pods = sorted(dig.text(pod, "metadata", "name") for pod in view.pods or ())
            listed = sorted(member.name for member in self.handle.status(view).instances)
            assert listed == pods, f"sample {number}: its pods are {pods}, the status lists {listed}"

    def test_logs_come_from_pods_that_are_there(self) -> None:
        """Each log source names a pod that was read and a container of it; without pods there is none, and no failure."""
        query = LogQuery(all_instances=True)
        assert all(source.missing and not source.pod for source in self.handle.log_sources(seen(self.job()), query))
        for number, (_, view) in enumerate(self.views()):
            pods = view.pods or ()
            there = {(dig.text(p, "metadata", "name"), dig.text(c, "name")) for p in pods for c in dig.items(p, "spec", "containers")}
            told = replace(view, status=self.handle.status(view))
            try:
                sources = self.handle.log_sources(told, query)
            except NotFound:  # "the pods are gone": said, not hidden
                sources = []
            for source in sources:
                if source.pod:
                    assert (source.pod, source.container) in there, f"sample {number}: {source.pod}/{source.container} is not there"

    def test_reasons_are_sentences(self) -> None:
        """What explains a recorded moment says something, and fails at none of them."""
        for number, (_, view) in enumerate(self.views()):
            told = replace(view, status=self.handle.status(view))
            try:
                causes = self.handle.explain(told)
            except ArenaError as error:
                raise AssertionError(f"sample {number}: {error.message}") from error
            assert all(cause.message.strip() for cause in causes), f"sample {number}: a cause without words"
