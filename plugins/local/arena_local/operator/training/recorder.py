"""Events of the operator, as many as its recorder lets through."""

from __future__ import annotations

from arena_local.bundle import Api, Obj

#: The recorder of client-go takes 25 events in a row of one source on one object, then one in five minutes. Reconciles repeat
#: themselves, so that the last event of a long job is often among those that are dropped.
BURST = 25
REFILL_SECONDS = 300.0


class Recorder:
    """Writes events on jobs, and drops those that come too fast."""

    def __init__(self, api: Api, component: str) -> None:
        self._api = api
        self._component = component
        self._tokens: dict[str, tuple[float, float]] = {}

    def event(self, job: Obj, type: str, reason: str, message: str) -> None:
        """Record an event on the job, if its turn has come."""
        if self._take(str(job["metadata"].get("uid", ""))):
            self._api.event(job, type, reason, message, component=self._component)

    def forget(self, uid: str) -> None:
        """Forget a job that is gone."""
        self._tokens.pop(uid, None)

    def _take(self, uid: str) -> bool:
        now = self._api.now().timestamp()
        tokens, since = self._tokens.get(uid, (float(BURST), now))
        tokens = min(float(BURST), tokens + (now - since) / REFILL_SECONDS)
        allowed = tokens >= 1
        self._tokens[uid] = (tokens - 1 if allowed else tokens, now)
        return allowed
