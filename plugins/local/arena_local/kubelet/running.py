"""Which container starts next, restarts with back-off, and when a pod is over."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path

from arena_core.k8s import duration
from arena_local.kubelet import hooks
from arena_local.kubelet.ending import Ending
from arena_local.kubelet.env import ConfigError
from arena_local.kubelet.launch import CWD_ANNOTATION, NoCommandError, Plan
from arena_local.kubelet.logs import last_lines
from arena_local.kubelet.model import Run, Slot, container_id
from arena_local.kubelet.podstate import PodState
from arena_local.kubelet.probes import Probes
from arena_local.kubelet.records import forget
from arena_local.kubelet.runtime import NotStarted
from arena_local.kubelet.shim.loglines import stamp
from arena_local.sdk.bundle import ApiError, Obj

log = logging.getLogger(__name__)

FIRST_BACKOFF = 10.0
MAX_BACKOFF = 300.0
#: A kubelet that has to wait for a back-off looks again after 10 to 15 s: only then the status says CrashLoopBackOff, or it restarts.
SYNC = 10.5
#: Between the end of a container that a probe has killed and its replacement.
REPLACE = 2.0
#: When the status of a running container is completed.
INTRODUCE = 10.0
#: How often a container that cannot be configured is tried again, and one whose image is not there.
RETRY_CONFIG, RETRY_IMAGE = 2.0, 12.0


@dataclass
class Backoff:
    """Delay before the next restart of one container."""

    delay: float = 0.0
    updated: float = 0.0
    looks: int = 0


class Running:
    """Starts and restarts the containers of one pod."""

    def __init__(self, pod: PodState, ending: Ending) -> None:
        self._pod = pod
        self._ending = ending
        self._clock = pod.host.api.clock
        self._backoff: dict[str, Backoff] = {}
        self._ended_at: dict[str, float] = {}
        self._probes: dict[str, Probes] = {}
        self._begun_at = self._clock.seconds()
        self.over = False

    async def advance(self) -> float | None:
        """Bring every container where it should be; returns seconds until there is more to do, None if only a wake-up brings news."""
        pod = self._pod
        self._note_ends()
        delays: list[float] = []
        never = pod.obj["spec"].get("restartPolicy", "Always") == "Never"
        begun = any(slot.run for slot in pod.slots if slot.kind == "main")
        for slot in pod.slots:
            if slot.kind == "main":
                continue
            if slot.kind == "init" and ((slot.run and slot.run.exit_code == 0) or begun):
                continue
            if slot.kind == "init" and slot.run and slot.run.failed and never:
                self.over = True
                return None
            delay = None if slot.running else await self._start(slot)
            delays += [] if delay is None else [delay]
            if not begun and (slot.kind == "init" or not (slot.running and slot.started)):
                return min(delays, default=None)
        main = [s for s in pod.slots if s.kind == "main"]
        for slot in main:
            if not slot.running and self._wanted(slot) and (delay := await self._start(slot)) is not None:
                delays.append(delay)
        delays += self._introduce(main)
        self.over = all(s.run and not s.running and not self._wanted(s) for s in main)
        if self.over:
            self._note_ends()  # what has ended since it was started just now
        return min(delays, default=None)

    def _introduce(self, main: list[Slot]) -> list[float]:
        """Add to the status, once a container has run for a while, as whom it runs; returns the seconds until then."""
        strangers = [s for s in main if s.running and not s.introduced]
        if not strangers:
            return []
        left = self._begun_at + INTRODUCE - self._clock.seconds()
        if left > 0:
            return [left]
        for slot in strangers:
            slot.introduced = True
        self._pod.write()
        return []

    def _wanted(self, slot: Slot) -> bool:
        """Whether a container that does not run should."""
        if slot.run is None:
            return True
        policy = "Always" if slot.kind == "sidecar" else self._pod.obj["spec"].get("restartPolicy", "Always")
        return policy == "Always" or (policy == "OnFailure" and slot.run.failed)

    def _note_ends(self) -> None:
        """Write the status where a container has ended since the last look, before it is started again."""
        news = False
        for slot in self._pod.slots:
            run = slot.run
            if run and not run.running and slot.name not in self._ended_at:
                self._ended_at[slot.name] = self._clock.seconds()
                self.probes(slot).ended()
                slot.ready = slot.started = False
                _termination_message(slot, run)
                news |= not slot.doomed
        if news:
            self._pod.write(held=True)

    async def _start(self, slot: Slot) -> float | None:
        """Start the next run of a container, or say how long to wait for it."""
        pod = self._pod
        if slot.doomed and slot.run:
            left = self._ended_at[slot.name] + pod.host.api.setting("kubelet.replace", REPLACE) - self._clock.seconds()
            if left > 0:
                return left
        if slot.run and (wait := self._wait_of(slot)) is not None:
            return wait
        if self._image_missing(slot):
            return RETRY_IMAGE
        number = slot.run.number + 1 if slot.run else 0
        self._look_for_pull_secrets()
        try:
            plan = self._planned(slot, number)
        except (ConfigError, ValueError) as error:
            pod.event("Warning", "Failed", f"Error: {error}", slot)
            if slot.waiting != ("CreateContainerConfigError", str(error)):
                slot.waiting = ("CreateContainerConfigError", str(error))
                pod.write()
            return RETRY_CONFIG
        except NoCommandError as error:
            self._refused(slot, number, str(error))
            return None
        except OSError as error:
            return self._no_room(slot, f"{error.filename}: {error.strerror}")
        return await self._launch(slot, plan, number)

    def _planned(self, slot: Slot, number: int) -> Plan:
        """Return the next run; where there can be none, the image at least is told to be there."""
        assert self._pod.launcher is not None
        try:
            return self._pod.launcher.plan(slot, number)
        except Exception:
            self._pod.event("Normal", "Pulled", _pulled(slot), slot)
            raise

    def _tell(self, slot: Slot, plan: Plan) -> None:
        """Tell what comes before a start."""
        pod = self._pod
        pod.event("Normal", "Pulled", _pulled(slot), slot)
        pod.event("Normal", "Created", "Container created", slot)
        pod.host.tell_ports(pod.obj, plan.replaced)
        for port in plan.taken:
            pod.event("Warning", "PortInUse", pod.host.who_listens(port, pod), slot)

    async def _launch(self, slot: Slot, plan: Plan, number: int) -> float | None:
        pod, before = self._pod, (slot.run, slot.last)
        slot.waiting, slot.doomed, slot.introduced = None, False, False
        self._begun_at = self._clock.seconds()
        slot.last = slot.run or slot.last
        slot.run = plan.run
        self._ended_at.pop(slot.name, None)
        if number >= 2:
            await asyncio.to_thread(forget, pod.folder / slot.name, number - 2)
        begun = pod.host.runtime.launch(plan.run, pod.wake)
        try:
            self._tell(slot, plan)  # while the process is made
        except ApiError as error:
            log.warning("pod %s/%s: %s", pod.namespace, pod.name, error)
        try:
            await begun
        except (OSError, NotStarted) as error:
            slot.run, slot.last = before
            text = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
            return self._no_room(slot, text)
        await self._begun(slot, plan.run)
        return None

    def _no_room(self, slot: Slot, message: str) -> float:
        """Say that this machine lacks room for a container (disk, descriptors) and try again later, as a kubelet does."""
        if slot.run:
            self._ended_at.setdefault(slot.name, self._clock.seconds())
        if slot.waiting != ("CreateContainerError", message):
            slot.waiting = ("CreateContainerError", message)
            self._pod.event("Warning", "Failed", f"Error: {message}", slot)
            self._pod.write()
        return RETRY_CONFIG

    def _look_for_pull_secrets(self) -> None:
        """Say which secrets for pulling images are missing, as a kubelet does before it pulls without them."""
        pod = self._pod
        names = [str(ref.get("name", "")) for ref in pod.obj["spec"].get("imagePullSecrets") or ()]
        missing = [name for name in names if name and pod.host.api.find("secrets", pod.namespace, name) is None]
        if missing:
            text = f"Unable to retrieve some image pull secrets ({', '.join(missing)}); attempting to pull the image may not succeed."
            pod.event("Warning", "FailedToRetrieveImagePullSecret", text)

    def _image_missing(self, slot: Slot) -> bool:
        """Whether the pod insists on an image of this machine: there are none (what was submitted from here needs none)."""
        pod = self._pod
        if slot.spec.get("imagePullPolicy") != "Never" or CWD_ANNOTATION in (pod.obj["metadata"].get("annotations") or {}):
            return False
        message = f'Container image "{slot.spec.get("image", "")}" is not present with pull policy of Never'
        pod.event("Warning", "ErrImageNeverPull", message, slot)
        pod.event("Warning", "Failed", "Error: ErrImageNeverPull", slot)
        if slot.waiting is None:
            slot.waiting = ("ErrImageNeverPull", message)
            pod.write()
        return True

    def _refused(self, slot: Slot, number: int, message: str) -> None:
        run = Run(number, container_id(self._pod.uid, slot.name, number), exit_code=128, reason="StartError", message=message)
        run.finished = self._clock.cluster_time(stamp())
        slot.waiting, slot.last, slot.run = None, slot.run or slot.last, run
        self._ended_at.pop(slot.name, None)
        self._pod.event("Warning", "Failed", f"Error: {message}", slot)
        self._pod.wake()

    async def _begun(self, slot: Slot, run: Run) -> None:
        pod = self._pod
        if run.reason == "StartError":
            pod.event("Warning", "Failed", f"Error: {run.message}", slot)
            pod.wake()
            return
        pod.event("Normal", "Started", "Container started", slot)
        hook = (slot.spec.get("lifecycle") or {}).get("postStart")
        if hook and run.running and not (await self._handle(slot, hook, 3600.0)).ok:
            pod.event("Warning", "FailedPostStartHook", "PostStartHook failed", slot)
            pod.event("Normal", "Killing", "FailedPostStartHook", slot)
            await self._ending.stop_one(slot, pod.grace, say=False)
            pod.wake()
            return
        self.watch(slot)
        if run.running:
            pod.write()
        else:
            pod.wake()

    def watch(self, slot: Slot) -> None:
        """Begin to probe a running container (also one that an earlier daemon started)."""
        self.probes(slot).start()

    def probes(self, slot: Slot) -> Probes:
        """Return the probes of a container, making them where needed."""
        if slot.name not in self._probes:
            pod = self._pod

            def event(kind: str, reason: str, message: str) -> None:
                pod.event(kind, reason, message, slot)

            self._probes[slot.name] = Probes(
                slot,
                lambda probe, timeout: self._handle(slot, probe, timeout),
                event,
                self._probed,
                lambda text, probe: self._kill(slot, text, probe),
                self._clock,
            )
        return self._probes[slot.name]

    def stop_probes(self, slot: Slot) -> None:
        """End the probes of a container."""
        if slot.name in self._probes:
            self._probes[slot.name].stop()
        slot.ready = slot.started = False

    def _probed(self) -> None:
        self._pod.write()
        self._pod.wake()

    def _kill(self, slot: Slot, text: str, probe: Obj) -> None:
        pod = self._pod
        slot.doomed = slot.kind == "sidecar" or pod.obj["spec"].get("restartPolicy", "Always") != "Never"
        pod.event("Normal", "Killing", f"{text}, will be restarted" if slot.doomed else text, slot)
        grace = float(probe.get("terminationGracePeriodSeconds") or pod.grace)
        asyncio.get_running_loop().create_task(self._ending.stop_one(slot, grace, say=False))

    async def _handle(self, slot: Slot, handler: Obj, limit: float) -> hooks.Outcome:
        assert slot.run is not None
        return await hooks.handle(self._pod.host.runtime, slot.run, slot.spec, handler, self._pod.address, limit)

    def _wait_of(self, slot: Slot) -> float | None:
        """Return how long a restart has to wait, or None when it may happen now; tells of a back-off once it is one."""
        api = self._pod.host.api
        first, most = api.setting("kubelet.backoff", FIRST_BACKOFF), api.setting("kubelet.backoff-max", MAX_BACKOFF)
        ended = self._ended_at[slot.name]
        now = self._clock.seconds()
        entry = self._backoff.setdefault(slot.name, Backoff())
        if entry.delay and now - entry.updated > 2 * most:
            entry.delay = 0.0
        if not entry.delay:
            entry.delay, entry.updated = first, now
            return None
        sync = min(api.setting("kubelet.sync", SYNC), 1.05 * entry.delay)
        return self._back_off(slot, entry, ended, sync, most)

    def _back_off(self, slot: Slot, entry: Backoff, ended: float, sync: float, most: float) -> float | None:
        """Wait as a kubelet does: it looks every ``sync`` seconds after the end and restarts at the first look after the back-off."""
        pod, now = self._pod, self._clock.seconds()
        where = f"{pod.name}_{pod.namespace}({pod.uid})"
        look = entry.looks * sync + ended
        if now >= look:
            entry.looks += 1
            if entry.looks > 1 and slot.waiting is None:
                message = f"back-off {duration.go_text(entry.delay)} restarting failed container={slot.name} pod={where}"
                slot.waiting = ("CrashLoopBackOff", message)
                pod.write()
            if now - ended >= entry.delay:
                entry.delay, entry.updated, entry.looks = min(entry.delay * 2, most), now, 0
                return None
            pod.event("Warning", "BackOff", f"Back-off restarting failed container {slot.name} in pod {where}", slot)
            look += sync
        return max(look - now, 0.01)


def _pulled(slot: Slot) -> str:
    return f'Container image "{slot.spec.get("image", "")}" already present on machine and can be accessed by the pod'


def _termination_message(slot: Slot, run: Run) -> None:
    """Take over what the container left at its termination message path, or the end of its log where that was asked for."""
    if run.message or not run.spec:
        return
    path = run.spec.get("sandbox", {}).get("message") or ""
    try:
        text = Path(path).read_bytes()[:4096].decode(errors="replace") if path else ""
    except OSError:
        text = ""
    if not text and run.failed and slot.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
        text = last_lines(Path(run.spec["log"]), 80, 2048)
    run.message = text
