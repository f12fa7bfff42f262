"""Jobs, CronJobs, Deployments, ReplicaSets, StatefulSets, DaemonSets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from arena_core.k8s import selectors
from arena_core.k8s.copies import same
from arena_core.k8s.cron import Schedule, zone_of
from arena_local.server.causes import Cause, bad_value, prohibited, required, unsupported
from arena_local.server.core import Host
from arena_local.server.kinds.base import Strategy
from arena_local.server.kinds.jobchecks import job_causes, name_causes, policy_restart
from arena_local.server.kinds.podchecks import check_spec, env_warnings
from arena_local.server.kinds.poddefaults import default_template
from arena_local.server.meta import annotation_causes, label_causes

Obj = dict[str, Any]
#: A Job's name is eleven characters longer than that of the CronJob that made it.
_CRON_NAME = 52
_COUNTS = (
    "parallelism",
    "completions",
    "activeDeadlineSeconds",
    "backoffLimit",
    "ttlSecondsAfterFinished",
    "backoffLimitPerIndex",
    "maxFailedIndexes",
)


def _negative(spec: Obj, fields: Iterable[str], path: str = "spec") -> Iterator[Cause]:
    for field in fields:
        if spec.get(field) is not None and spec[field] < 0:
            yield bad_value(f"{path}.{field}", spec[field], "must be greater than or equal to 0")


def _template(template: Obj, path: str, *, policy: str = "Always") -> Iterator[Cause]:
    own = template.get("metadata") or {}
    yield from label_causes(own.get("labels"), f"{path}.labels")
    yield from annotation_causes(own.get("annotations"), f"{path}.annotations")
    spec = template.get("spec") or {}
    yield from check_spec(spec, f"{path}.spec", policies=())
    given = spec.get("restartPolicy", "")
    if policy == "Always":
        if given != "Always":
            yield unsupported(f"{path}.spec.restartPolicy", given, ["Always"])
    elif given in ("Always", ""):
        yield required(f"{path}.spec.restartPolicy", 'valid values: "OnFailure", "Never"')
    elif given not in ("OnFailure", "Never"):
        yield unsupported(f"{path}.spec.restartPolicy", given, ["OnFailure", "Never"])


def _empty_selector(selector: Obj | None) -> bool:
    return not selector or not (selector.get("matchLabels") or selector.get("matchExpressions"))


class JobStrategy(Strategy):
    """Jobs."""

    default_propagation = "Orphan"

    def default(self, obj: Obj) -> None:
        """Fill in counts, mode and template."""
        spec = obj["spec"]
        if spec.get("completions") is None and spec.get("parallelism") is None:
            spec["completions"] = spec["parallelism"] = 1
        spec.setdefault("parallelism", 1)
        spec.setdefault("backoffLimit", 2147483647 if "backoffLimitPerIndex" in spec else 6)
        spec.setdefault("completionMode", "NonIndexed")
        spec.setdefault("suspend", False)
        spec.setdefault("manualSelector", False)
        spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
        for rule in (spec.get("podFailurePolicy") or {}).get("rules") or ():
            for pattern in rule.get("onPodConditions") or ():
                pattern.setdefault("status", "True")
        default_template(spec["template"])
        labels = spec["template"]["metadata"].get("labels")
        if labels and not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = labels  # the very same: what is added to the template's shows here, too

    def prepare_create(self, host: Host, obj: Obj) -> None:
        """Make the selector and its labels."""
        spec, own = obj["spec"], obj["metadata"]
        if spec["manualSelector"]:
            return
        made = {
            "batch.kubernetes.io/controller-uid": own["uid"],
            "batch.kubernetes.io/job-name": own.get("name", ""),
            "controller-uid": own["uid"],
            "job-name": own.get("name", ""),
        }
        template = spec["template"].setdefault("metadata", {})
        given = template.get("labels") or {}
        template["labels"] = {**given, **made}
        if not own.get("labels") or own["labels"] is given:  # a Job without labels of its own takes those of its template
            own["labels"] = dict(template["labels"])
        selector = spec.setdefault("selector", {})
        key = "batch.kubernetes.io/controller-uid"
        selector["matchLabels"] = {**(selector.get("matchLabels") or {}), key: own["uid"]}

    def own_causes(self, obj: Obj, causes: list[Cause]) -> list[Cause]:
        """The labels that the server itself made of the name are only reported of the template."""
        name = obj["metadata"].get("name", "")
        return [cause for cause in causes if cause.field != "metadata.labels" or f'"{name}"' not in cause.message]

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check counts, selector and template."""
        spec = obj["spec"]
        yield from _negative(spec, _COUNTS)
        yield from job_causes(spec)
        selector, labels = spec.get("selector"), spec["template"]["metadata"].get("labels") or {}
        if not spec["manualSelector"]:
            uid = obj["metadata"].get("uid", "")
            if selector != {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}} and selector != {
                "matchLabels": {"controller-uid": uid}
            }:
                yield bad_value("spec.selector", selector, "`selector` not auto-generated")
        if not selectors.matches_object(selector, labels):
            yield bad_value("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
        yield from _template(spec["template"], "spec.template", policy="job")
        yield from policy_restart(spec)
        yield from name_causes(obj["metadata"].get("name", ""), spec)

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse changes of what may not change."""
        new, before = obj["spec"], old["spec"]
        indexed = before.get("completionMode") == "Indexed" and new.get("completions") == new.get("parallelism")
        if new.get("completions") != before.get("completions") and not indexed:
            yield bad_value("spec.completions", new.get("completions"), "field is immutable")
        for field in ("selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"):
            if not same(new.get(field), before.get(field)):
                yield bad_value(f"spec.{field}", new.get(field), "field is immutable")
        yield from self._template_update(new, before, old)

    @staticmethod
    def _template_update(new: Obj, before: Obj, old: Obj) -> Iterator[Cause]:
        template, was = new["template"], before["template"]
        if same(template, was):
            return
        status = old.get("status") or {}
        stopped = before.get("suspend") and not status.get("startTime")
        if stopped:
            keys = ("nodeSelector", "affinity", "tolerations", "schedulingGates")
            spec = {k: v for k, v in template["spec"].items() if k not in keys}
            earlier = {k: v for k, v in was["spec"].items() if k not in keys}
            meta = {k: v for k, v in template["metadata"].items() if k not in ("labels", "annotations")}
            meta_was = {k: v for k, v in was["metadata"].items() if k not in ("labels", "annotations")}
            if same(_without_resources(spec), _without_resources(earlier)) and same(meta, meta_was):
                return
        yield bad_value("spec.template", template, "field is immutable")

    def warnings(self, obj: Obj, old: Obj | None) -> Iterable[str]:
        """Warn of repeated variables."""
        return env_warnings(obj["spec"]["template"]["spec"], "spec.template.spec") if old is None else ()


def _without_resources(spec: Obj) -> Obj:
    """Return a spec without its containers' resources, which a suspended job may change."""
    return {
        key: [{k: v for k, v in item.items() if k != "resources"} for item in value] if key in ("containers", "initContainers") else value
        for key, value in spec.items()
    }


class CronJobStrategy(Strategy):
    """CronJobs."""

    def default(self, obj: Obj) -> None:
        """Fill in."""
        spec = obj["spec"]
        for key, value in (
            ("concurrencyPolicy", "Allow"),
            ("suspend", False),
            ("successfulJobsHistoryLimit", 3),
            ("failedJobsHistoryLimit", 1),
        ):
            spec.setdefault(key, value)
        default_template(spec["jobTemplate"]["spec"]["template"])

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check name, schedule, time zone, limits and template."""
        spec = obj["spec"]
        if len(obj["metadata"].get("name", "")) > _CRON_NAME:
            yield bad_value("metadata.name", obj["metadata"]["name"], "must be no more than 52 characters")
        yield from cron_causes(spec)
        if spec["concurrencyPolicy"] not in ("Allow", "Forbid", "Replace"):
            yield unsupported("spec.concurrencyPolicy", spec["concurrencyPolicy"], ["Allow", "Forbid", "Replace"])
        yield from _negative(spec, ("startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"))
        template = spec["jobTemplate"]["spec"]["template"]
        yield from _template(template, "spec.jobTemplate.spec.template", policy="job")


def cron_causes(spec: Obj) -> Iterator[Cause]:
    """Check when a CronJob is to run."""
    text, zone = spec.get("schedule") or "", spec.get("timeZone")
    if not text:
        yield required("spec.schedule")
    elif "TZ" in text:
        yield bad_value("spec.schedule", text, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
    else:
        try:
            Schedule(text)
        except ValueError as error:
            yield bad_value("spec.schedule", text, str(error))
    if not zone:
        return
    if zone.lower() == "local":
        yield bad_value("spec.timeZone", zone, "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones")
    else:
        try:
            zone_of(zone)
        except ValueError as error:
            yield bad_value("spec.timeZone", zone, str(error))


class ReplicatedStrategy(Strategy):
    """What Deployments, ReplicaSets, StatefulSets and DaemonSets share."""

    immutable: tuple[str, ...] = ("selector",)
    counted = True

    def default(self, obj: Obj) -> None:
        """Fill in replicas and template."""
        spec = obj["spec"]
        if self.counted:
            spec.setdefault("replicas", 1)
        default_template(spec["template"])

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check selector and template."""
        spec = obj["spec"]
        yield from _negative(spec, ("replicas", "minReadySeconds", "revisionHistoryLimit"))
        selector, labels = spec.get("selector"), spec["template"].get("metadata", {}).get("labels") or {}
        if selector is None:
            yield required("spec.selector")
        elif _empty_selector(selector):
            yield bad_value("spec.selector", selector, f"empty selector is invalid for {obj['kind'].lower()}")
        if _empty_selector(selector) or not selectors.matches_object(selector, labels):
            yield bad_value("spec.template.metadata.labels", labels or None, "`selector` does not match template `labels`")
        yield from _template(spec["template"], "spec.template")

    def validate_update(self, host: Host, obj: Obj, old: Obj) -> Iterator[Cause]:
        """Refuse another selector."""
        for field in self.immutable:
            if not same(obj["spec"].get(field), old["spec"].get(field)):
                yield bad_value(f"spec.{field}", obj["spec"].get(field), "field is immutable")

    def warnings(self, obj: Obj, old: Obj | None) -> Iterable[str]:
        """Warn of repeated variables."""
        return env_warnings(obj["spec"]["template"]["spec"], "spec.template.spec") if old is None else ()


class DeploymentStrategy(ReplicatedStrategy):
    """Deployments."""

    def default(self, obj: Obj) -> None:
        """Fill in the strategy."""
        super().default(obj)
        spec = obj["spec"]
        strategy = spec.setdefault("strategy", {})
        strategy.setdefault("type", "RollingUpdate")
        if strategy["type"] == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", "25%")
            rolling.setdefault("maxSurge", "25%")
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("progressDeadlineSeconds", 600)

    def validate(self, host: Host, obj: Obj) -> Iterator[Cause]:
        """Check the strategy, too."""
        yield from super().validate(host, obj)
        strategy = obj["spec"]["strategy"]
        if strategy["type"] not in ("Recreate", "RollingUpdate"):
            yield unsupported("spec.strategy.type", strategy["type"], ["Recreate", "RollingUpdate"])
        elif strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
            yield prohibited("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")


class StatefulSetStrategy(ReplicatedStrategy):
    """StatefulSets."""

    immutable = ("selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates")

    def default(self, obj: Obj) -> None:
        """Fill in the policies."""
        super().default(obj)
        spec = obj["spec"]
        spec.setdefault("podManagementPolicy", "OrderedReady")
        update = spec.setdefault("updateStrategy", {})
        update.setdefault("type", "RollingUpdate")
        if update["type"] == "RollingUpdate":
            update.setdefault("rollingUpdate", {}).setdefault("partition", 0)
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})


class DaemonSetStrategy(ReplicatedStrategy):
    """DaemonSets."""

    counted = False

    def default(self, obj: Obj) -> None:
        """Fill in the update strategy."""
        super().default(obj)
        update = obj["spec"].setdefault("updateStrategy", {})
        update.setdefault("type", "RollingUpdate")
        if update["type"] == "RollingUpdate":
            rolling = update.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", 1)
            rolling.setdefault("maxSurge", 0)
        obj["spec"].setdefault("revisionHistoryLimit", 10)
