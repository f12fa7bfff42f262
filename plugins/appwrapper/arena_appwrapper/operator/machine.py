"""The AppWrapper's state machine (appwrapper_controller.go of project-codeflare/appwrapper 1.2.1), step by step as it was recorded.

Times in conditions are whole seconds and graces are counted from them, so a grace of 2 s ends within the second.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from arena_appwrapper.operator import components
from arena_appwrapper.operator.pods import Pods, count
from arena_appwrapper.operator.podsets import effective
from arena_appwrapper.operator.settings import COMPONENT, FINALIZER, LABEL, MANAGER, PREFIX, Settings
from arena_core.k8s import conditions, duration, time
from arena_local.sdk.bundle import Api, Key, Obj

RESOURCE = "appwrappers.workload.codeflare.dev"
#: The operator looks every 5 s until the pods are ready. A container needs about a second more than a process to start, and its end is
#: reported more than a second later: a look at the same point of the job's life comes so much earlier.
START = 2.7
MANAGED_BY = "workload.codeflare.dev/appwrapper-controller"


def _succeeded_pod(pod: Obj) -> Iterable[Key]:
    """Only a pod that turned Succeeded wakes the operator; a failure is found by polling."""
    wrapper = (pod["metadata"].get("labels") or {}).get(LABEL)
    if wrapper and (pod.get("status") or {}).get("phase") == "Succeeded":
        yield (pod["metadata"]["namespace"], wrapper)


class AppWrapperController:
    """One reconcile is one step: it writes at most one phase, and the write wakes it again."""

    name = "appwrapper"
    resource = RESOURCE
    owns: tuple[str, ...] = ()
    watches: Mapping[str, Callable[[Obj], Iterable[Key]]] = {"pods": _succeeded_pod}

    def __init__(self, api: Api) -> None:
        self.api = api

    def reconcile(self, namespace: str, name: str) -> float | None:
        """Take the next step of one AppWrapper."""
        stored = self.api.find(RESOURCE, namespace, name)
        if stored is None:
            return None
        if stored["spec"].get("managedBy") not in (None, MANAGED_BY):
            return None
        wrapper = copy.deepcopy(stored)
        wrapper.setdefault("status", {})
        return _Step(self.api, wrapper).take()


class _Step:
    """One reconcile of one AppWrapper: ``wrapper`` is a private copy."""

    def __init__(self, api: Api, wrapper: Obj) -> None:
        self.api = api
        self.wrapper = wrapper
        self.status: Obj = wrapper["status"]
        self.settings = Settings.of(wrapper)
        self.recheck = api.setting("appwrapper.deletion", 5.0)

    def take(self) -> float | None:
        """Do what the phase asks for; returns seconds until the next look."""
        if self.wrapper["metadata"].get("deletionTimestamp"):
            return self.terminate()
        phases: dict[str, Callable[[], float | None]] = {
            "": self.initialise,
            "Suspended": self.suspended,
            "Resuming": self.resuming,
            "Running": self.running,
            "Suspending": self.suspending,
            "Resetting": self.resetting,
            "Succeeded": self.succeeded,
            "Failed": self.failed,
        }
        handler = phases.get(self.status.get("phase", ""))
        return handler() if handler else None

    # --- small helpers

    def put(self, type: str, value: str, reason: str, message: str = "") -> None:
        conditions.put(self.status, type, value, reason, message, now=self.api.now())

    def clear(self, type: str, reason: str, message: str = "") -> None:
        """Turn a condition False if it is True."""
        if conditions.is_true(self.wrapper, type):
            self.put(type, "False", reason, message)

    def left(self, type: str, period: float) -> float:
        """Return the seconds left of a period that began with the condition's last transition (0 or less: over)."""
        condition = conditions.find(self.wrapper, type)
        since = time.read(condition["lastTransitionTime"]) if condition else self.api.now()
        return (since + timedelta(seconds=period) - self.api.now()).total_seconds()

    def save(self, after: float | None = None) -> float | None:
        components.store_status(self.api, self.wrapper)
        return after

    def to(self, phase: str) -> None:
        self.status["phase"] = phase
        self.save()

    def event(self, reason: str, message: str) -> None:
        self.api.event(self.wrapper, "Normal", reason, message, component=COMPONENT)

    @property
    def suspend(self) -> bool:
        return bool(self.wrapper["spec"].get("suspend"))

    # --- phases

    def initialise(self) -> None:
        self.status["componentStatus"] = [
            {"name": "", "kind": "", "apiVersion": "", "podSets": effective(c)} for c in self.wrapper["spec"]["components"]
        ]
        self.to("Suspended")

    def suspended(self) -> None:
        if self.suspend:
            return
        if FINALIZER not in (self.wrapper["metadata"].get("finalizers") or []):
            changed = copy.deepcopy(self.wrapper)
            changed["metadata"].setdefault("finalizers", []).append(FINALIZER)
            # The operator's typed write leaves out a false suspend.
            if changed["spec"].get("suspend") is False:
                del changed["spec"]["suspend"]
            self.wrapper["metadata"] = dict(self.api.update(changed, manager=MANAGER)["metadata"])
        for type, value in (("QuotaReserved", "True"), ("ResourcesDeployed", "True"), ("PodsReady", "False"), ("Unhealthy", "False")):
            self.put(type, value, "Resuming", "Suspend is false")
        self.to("Resuming")

    def resuming(self) -> float | None:
        if self.suspend:
            return self.externally_suspended("Resuming")
        error, fatal = components.create(self.api, self.wrapper)
        if not error:
            self.to("Running")
            return None
        if not fatal and self.left("ResourcesDeployed", self.settings.admission) > 0:
            return self.save(self.api.setting("appwrapper.create", 1.0))
        text = f"error creating components: {error}"
        self.put("Unhealthy", "True", "CreateFailed", text)
        self.event("Unhealthy", f"CreateFailed: {text}")
        self.reset_or_fail(fatal)
        return None

    def running(self) -> float | None:
        if self.suspend:
            return self.externally_suspended("Running")
        expected, deployed, broken = components.deployed_and_failed(self.api, self.wrapper)
        if deployed != expected:
            return self.unhealthy("MissingComponent", f"Only found {deployed} deployed components, but was expecting {expected}", True)
        pods = count(self.api, self.wrapper, self.settings)
        if broken:
            return self.unhealthy("FailedComponent", f"Found {broken} failed components", pods.terminal)
        if pods.succeeded >= pods.expected and not pods.pending + pods.running + pods.failed:
            text = f"{pods.succeeded} pods succeeded and no running, pending, or failed pods"
            self.put("QuotaReserved", "False", "Succeeded", text)
            self.put("ResourcesDeployed", "True", "Succeeded", text)
            self.to("Succeeded")
            return None
        if pods.failed:
            return self.failed_pods(pods)
        self.clear("Unhealthy", "FoundNoFailedPods")
        return self.readiness(pods)

    def failed_pods(self, pods: Pods) -> float | None:
        self.put("Unhealthy", "True", "FoundFailedPods")
        left = self.left("Unhealthy", self.settings.failure)
        if left > 0:
            return self.save(left)
        self.event("Unhealthy", f"FoundFailedPods: {pods.failed} failed pods")
        self.reset_or_fail(pods.terminal)
        return None

    def readiness(self, pods: Pods) -> float | None:
        if pods.running + pods.succeeded >= pods.expected:
            self.put("PodsReady", "True", "SufficientPodsReady", f"{pods.running} pods running; {pods.succeeded} pods succeeded")
            return self.save(self.api.setting("appwrapper.poll", 60.0))
        self.clear("PodsReady", "InsufficientPodsReady", pods.details)
        all_there = pods.pending + pods.running + pods.succeeded >= pods.expected
        if self.left("ResourcesDeployed", self.settings.warmup if all_there else self.settings.admission) > 0:
            return self.save(self.api.setting("appwrapper.start", START))
        return self.unhealthy("InsufficientPodsReady", pods.details, False)

    def unhealthy(self, reason: str, message: str, terminal: bool) -> float | None:
        self.put("Unhealthy", "True", reason, message)
        self.event("Unhealthy", f"{reason}: {message}")
        self.reset_or_fail(terminal)
        return None

    def reset_or_fail(self, terminal: bool) -> None:
        count = int(self.status.get("resettingCount", 0))
        if terminal or count >= self.settings.retries:
            self.to("Failed")
        else:
            self.status["resettingCount"] = count + 1
            self.to("Resetting")

    def externally_suspended(self, phase: str) -> float | None:
        self.event("Suspending", f"Externally suspended while in the {phase} phase")
        self.to("Suspending")
        return None

    def suspending(self) -> float | None:
        if conditions.is_true(self.wrapper, "ResourcesDeployed"):
            if not components.delete(self.api, self.wrapper, self.settings):
                return self.save(self.recheck)
            self.put("ResourcesDeployed", "False", "Suspended", "Suspend is true")
        self.put("QuotaReserved", "False", "Suspended", "Suspend is true")
        self.clear("Unhealthy", "Suspended")
        self.clear("PodsReady", "Suspended")
        self.to("Suspended")
        return None

    def resetting(self) -> float | None:
        if self.suspend:
            return self.externally_suspended("Resetting")
        self.clear("PodsReady", "Resetting")
        if conditions.is_true(self.wrapper, "ResourcesDeployed"):
            if not components.delete(self.api, self.wrapper, self.settings):
                return self.save(self.recheck)
            self.put("ResourcesDeployed", "False", "Resetting", "Resources deleted for resetting AppWrapper")
        left = self.left("Unhealthy", self.settings.pause)
        if left > 0:
            return self.save(left)
        self.put("ResourcesDeployed", "True", "Resuming", "Reset complete; resuming")
        self.to("Resuming")
        return None

    def succeeded(self) -> float | None:
        if not conditions.is_true(self.wrapper, "ResourcesDeployed"):
            return None
        left = self.left("ResourcesDeployed", self.settings.success_ttl)
        if left > 0:
            return left
        if not components.delete(self.api, self.wrapper, self.settings):
            return self.save(self.recheck)
        text = f"Time to live after success of {duration.go_text(self.settings.success_ttl)} expired"
        self.put("ResourcesDeployed", "False", "Succeeded", text)
        return self.save()

    def failed(self) -> float | None:
        retained = self.settings.retained
        if retained > 0 and not self.suspend:
            text = f"{PREFIX}deletionOnFailureGracePeriodDuration has value {duration.go_text(retained)}"
            self.put("DeletingResources", "False", "DeletionPaused", text)
            left = self.left("DeletingResources", retained)
            if left > 0:
                return self.save(left)
        if not conditions.is_true(self.wrapper, "ResourcesDeployed"):
            return None
        if not components.delete(self.api, self.wrapper, self.settings):
            return self.save(self.recheck)
        forced = retained > 0 and self.suspend
        text = "Kueue forced resource deletion by suspending AppWrapper" if forced else "Resources deleted for failed AppWrapper"
        self.put("ResourcesDeployed", "False", "Failed", text)
        self.put("QuotaReserved", "False", "Failed", "No resources deployed")
        return self.save()

    def terminate(self) -> float | None:
        if FINALIZER not in (self.wrapper["metadata"].get("finalizers") or []):
            return None
        if conditions.is_true(self.wrapper, "ResourcesDeployed"):
            if not components.delete(self.api, self.wrapper, self.settings):
                if self.status.get("phase") != "Terminating":
                    self.to("Terminating")
                return self.recheck
            self.put("ResourcesDeployed", "False", "Terminating", "Resources successfully deleted")
        self.clear("QuotaReserved", "Terminating", "No resources deployed")
        self.save()
        finalizers = [f for f in self.wrapper["metadata"]["finalizers"] if f != FINALIZER]
        name, namespace = self.wrapper["metadata"]["name"], self.wrapper["metadata"]["namespace"]
        self.api.patch(RESOURCE, namespace, name, {"metadata": {"finalizers": finalizers or None}}, manager=MANAGER)
        return None
