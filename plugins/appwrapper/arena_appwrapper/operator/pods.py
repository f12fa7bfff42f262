"""Count an AppWrapper's pods, and judge the exit codes of those that failed."""

from __future__ import annotations

from dataclasses import dataclass

from arena_appwrapper.operator.podsets import expected_pods
from arena_appwrapper.operator.settings import LABEL, Settings
from arena_local.sdk.bundle import Api, Obj
from arena_local.sdk.pods import phase, terminating


@dataclass
class Pods:
    """How many pods are expected and in which phase the labelled ones are; ``terminal``: one failed beyond retrying."""

    expected: int = 0
    pending: int = 0
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    terminal: bool = False

    @property
    def details(self) -> str:
        """The operator's sentence about pods that are not ready."""
        return f"{self.pending} pods pending; {self.running} pods running; {self.succeeded} pods succeeded"


def count(api: Api, wrapper: Obj, settings: Settings) -> Pods:
    """Count the pods in the namespace that carry the AppWrapper's label."""
    pods = Pods(expected=expected_pods(wrapper))
    for pod in api.list("pods", wrapper["metadata"]["namespace"], {LABEL: wrapper["metadata"]["name"]}):
        match phase(pod):
            case "Pending":
                pods.pending += 1
            case "Running":
                pods.running += not terminating(pod)
            case "Succeeded":
                pods.succeeded += 1
            case "Failed":
                pods.failed += 1
                pods.terminal = pods.terminal or terminal_failure(pod, settings)
    return pods


def terminal_failure(pod: Obj, settings: Settings) -> bool:
    """Return whether a failed pod's exit codes rule out another try. Init containers are not looked at."""
    for entry in (pod.get("status") or {}).get("containerStatuses") or ():
        code = int(((entry.get("state") or {}).get("terminated") or {}).get("exitCode", 0))
        if code and (code in settings.terminal or (settings.retryable and code not in settings.retryable)):
            return True
    return False
