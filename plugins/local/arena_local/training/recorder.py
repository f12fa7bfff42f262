"""Events of the operator, as many as its recorder lets through."""

from __future__ import annotations

from arena_local.sdk.bundle import Api, Key, Obj

#: The recorder of client-go takes 25 events in a row of one source on one object, then one in five minutes. Reconciles repeat
#: themselves, so that the last event of a long job is often among those that are dropped.
BURST = 25
REFILL_SECONDS = 300.0


class Recorder:
    """Writes events on jobs, and drops those that come too fast."""

    def __init__(self, api: Api, component: str) -> None:
        self._api = api
        self._component = component
        self._spent: dict[Key, tuple[str, float, float]] = {}

    def event(self, job: Obj, type: str, reason: str, message: str) -> None:
        """Record an event on the job, if its turn has come."""
        meta = job["metadata"]
        if self._take((meta["namespace"], meta["name"]), str(meta.get("uid", ""))):
            self._api.event(job, type, reason, message, component=self._component)

    def forget(self, key: Key) -> None:
        """Forget a job that is gone."""
        self._spent.pop(key, None)

    def _take(self, key: Key, uid: str) -> bool:
        now = self._api.now().timestamp()
        owner, tokens, since = self._spent.get(key, (uid, float(BURST), now))
        if owner != uid:
            tokens, since = float(BURST), now
        tokens = min(float(BURST), tokens + (now - since) / REFILL_SECONDS)
        allowed = tokens >= 1
        self._spent[key] = (uid, tokens - 1 if allowed else tokens, now)
        return allowed
