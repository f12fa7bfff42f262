"""What a person may say when submitting a TFJob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import ArgsGroup, Duration, Image, LabelMap, Quantity, SharedMemoryArgs, field_validator, flag, flag_name
from arena_core.contract.types import Problem
from arena_core.families.args import RunPolicyArgs, SubmitArgs
from arena_core.k8s import quantity

Affinity = Literal["none", "spread", "binpack"]
Constraint = Literal["preferred", "required"]
#: Roles by their spellings in ``--role-sequence``.
ROLES = {name: role for role in ("Worker", "PS", "Evaluator", "Chief") for name in (role.lower(), role[0].lower())}
#: A flag under each of the headings of help.
_roles = partial(flag, group="Roles")


def _pod(role: str) -> str:
    return f"tfReplicaSpecs.{role}.template.spec"


def _image(what: str, role: str, old: str) -> Any:
    paths = (f"{_pod(role)}.containers[].image",)
    return flag("", help=f"Image of the {what} (default: --image).", group="Roles", old=(old,), metavar="IMAGE", paths=paths)


def _port(what: str, role: str, old: str) -> Any:
    text = f"Port of the {what} (0: the operator's own, 2222)."
    return flag(0, help=text, group="Roles", old=(old,), ge=0, le=65535, paths=(f"{_pod(role)}.containers[].ports",))


def _quantity(what: str, role: str, resource: str, old: tuple[str, ...] = (), *, limit: bool = False, often: bool = False) -> Any:
    kind = "limits" if limit else "requests"
    paths = tuple(f"{_pod(role)}.containers[].resources.{kind}{form}" for form in (f".{resource}", f"[{resource}]"))
    return flag("", help=what, group="Resources", old=old, metavar="QUANTITY", paths=paths, often=often)


def _selector(what: str, role: str, name: str) -> Any:
    text = f"Label that a node for the {what} must have, instead of --selector; repeatable."
    return flag({}, help=text, group="Roles", name=name, metavar="KEY=VALUE", paths=(f"{_pod(role)}.nodeSelector",))


class RoleArgs(ArgsGroup):
    """Which roles there are, and what each of them runs."""

    ps: int = _roles(0, help="Number of parameter servers.", often=True, ge=0, paths=("tfReplicaSpecs.PS.replicas",))
    chief: bool = _roles(False, help="Add a chief to the workers.", often=True, paths=("tfReplicaSpecs.Chief",))
    evaluator: bool = _roles(False, help="Add an evaluator to the workers.", paths=("tfReplicaSpecs.Evaluator",))
    worker_image: Image = _image("workers, the chief and the evaluator", "Worker", "workerImage")
    ps_image: Image = _image("parameter servers", "PS", "psImage")
    worker_port: int = _port("workers", "Worker", "workerPort")
    ps_port: int = _port("parameter servers", "PS", "psPort")
    chief_port: int = _port("chief", "Chief", "chiefPort")
    worker_selectors: LabelMap = _selector("workers", "Worker", "worker-selector")
    ps_selectors: LabelMap = _selector("parameter servers", "PS", "ps-selector")
    chief_selectors: LabelMap = _selector("chief", "Chief", "chief-selector")
    evaluator_selectors: LabelMap = _selector("evaluator", "Evaluator", "evaluator-selector")
    worker_affinity_policy: Affinity = _roles("none", help="Put workers apart (spread) or together (binpack).")
    worker_affinity_constraint: Constraint = _roles("preferred", help="Whether that is preferred or required.")
    ps_affinity_policy: Affinity = _roles("none", help="Put parameter servers apart (spread) or together (binpack).")
    ps_affinity_constraint: Constraint = _roles("preferred", help="Whether that is preferred or required.")
    role_sequence: str = _roles("", help="Order in which the roles start, e.g. Worker,PS,Chief or w,p,c (for schedulers that know it).")

    @field_validator("role_sequence")
    @classmethod
    def _check_sequence(cls, text: str) -> str:
        roles = []
        for word in filter(None, (part.strip() for part in text.split(","))):
            if word.lower() not in ROLES:
                raise ValueError(f"unknown role {word!r}; the roles are Worker (w), PS (p), Evaluator (e) and Chief (c)")
            roles.append(ROLES[word.lower()])
        if len(set(roles)) != len(roles):
            raise ValueError(f"{text!r} lists a role twice")
        return ",".join(roles)


class RoleResources(ArgsGroup):
    """CPU, memory and GPUs of each role; a limit that is not given equals the request."""

    worker_cpu: Quantity = _quantity("CPU of the workers.", "Worker", "cpu", ("workerCpu",), often=True)
    worker_cpu_limit: Quantity = _quantity("CPU limit of the workers.", "Worker", "cpu", limit=True)
    worker_memory: Quantity = _quantity("Memory of the workers.", "Worker", "memory", ("workerMemory",), often=True)
    worker_memory_limit: Quantity = _quantity("Memory limit of the workers.", "Worker", "memory", limit=True)
    ps_cpu: Quantity = _quantity("CPU of the parameter servers.", "PS", "cpu", ("psCpu",))
    ps_cpu_limit: Quantity = _quantity("CPU limit of the parameter servers.", "PS", "cpu", limit=True)
    ps_memory: Quantity = _quantity("Memory of the parameter servers.", "PS", "memory", ("psMemory",))
    ps_memory_limit: Quantity = _quantity("Memory limit of the parameter servers.", "PS", "memory", limit=True)
    ps_gpus: int = flag(0, help="GPUs of each parameter server.", group="Resources", ge=0)
    chief_cpu: Quantity = _quantity("CPU of the chief.", "Chief", "cpu", ("ChiefCpu", "chiefCpu"))
    chief_cpu_limit: Quantity = _quantity("CPU limit of the chief.", "Chief", "cpu", limit=True)
    chief_memory: Quantity = _quantity("Memory of the chief.", "Chief", "memory", ("ChiefMemory", "chiefMemory"))
    chief_memory_limit: Quantity = _quantity("Memory limit of the chief.", "Chief", "memory", limit=True)
    evaluator_cpu: Quantity = _quantity("CPU of the evaluator.", "Evaluator", "cpu", ("evaluatorCpu",))
    evaluator_cpu_limit: Quantity = _quantity("CPU limit of the evaluator.", "Evaluator", "cpu", limit=True)
    evaluator_memory: Quantity = _quantity("Memory of the evaluator.", "Evaluator", "memory", ("evaluatorMemory",))
    evaluator_memory_limit: Quantity = _quantity("Memory limit of the evaluator.", "Evaluator", "memory", limit=True)

    def rules(self) -> Iterator[Problem]:
        """No request is more than its limit: the job would be taken, and its pods refused."""
        yield from super().rules()
        for role in ("worker", "ps", "chief", "evaluator"):
            for resource in ("cpu", "memory"):
                request, limit = getattr(self, f"{role}_{resource}"), getattr(self, f"{role}_{resource}_limit")
                if request and limit and quantity.parse(request) > quantity.parse(limit):
                    yield Problem(f"{request} is more than the limit of {limit}", f"{role}_{resource}")


class TFJobArgs(RoleResources, RoleArgs, RunPolicyArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit tfjob``."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_IMAGE: ClassVar[bool] = False

    workers: int = flag(
        1, help="Number of workers; one worker without parameter servers becomes a chief of its own.", often=True, ge=0, paths=("replicas",)
    )
    retry: int = flag(
        0,
        help="How often failed containers are restarted, all instances together (0 = never). "
        "Without this flag only workers beside a chief are restarted, as often as they fail.",
        ge=0,
        default_text="",
        paths=("spec.runPolicy.backoffLimit", "spec.backoffLimit"),
    )
    success_policy: Literal["ChiefWorker", "AllWorkers"] = flag(
        "ChiefWorker",
        help="When the job succeeds: as soon as the chief or worker 0 has (ChiefWorker), or once all workers have (AllWorkers).",
        group="Run policy",
        paths=("spec.successPolicy",),
    )
    starting_timeout: Duration = flag(0, help="With --gang: give up if the pods cannot start within this time.", group="Run policy")

    @property
    def standalone(self) -> bool:
        """Whether this is local training: one worker and no parameter server, run as a chief without TF_CONFIG."""
        return self.ps == 0 and self.workers == 1

    def replicas(self) -> dict[str, int]:
        """Return the number of pods of each role that there is, in the order of the manifest."""
        chief = 1 if self.chief or self.standalone else 0
        counts = {"PS": self.ps, "Worker": 0 if self.standalone else self.workers, "Chief": chief, "Evaluator": int(self.evaluator)}
        return {role: count for role, count in counts.items() if count}

    def image_of(self, role: str) -> str:
        """Return the image of a role."""
        return (self.ps_image if role == "PS" else self.worker_image) or self.image

    def _speakers(self, role: str) -> tuple[str, ...]:
        """Return whose flags hold for a role, first ones first: one worker that plays the chief is still the worker."""
        return ("chief", "worker") if role == "Chief" and self.standalone else (role.lower(),)

    def of_role(self, role: str, part: str) -> Any:
        """Return what was said of a role's port or selectors."""
        values = [getattr(self, f"{speaker}_{part}", None) for speaker in self._speakers(role)]
        return next((value for value in values if value), None)

    def resources_of(self, role: str) -> dict[str, Any]:
        """Return request and limit of cpu and memory of a role; the two of one resource are one speaker's."""
        found: dict[str, Any] = {}
        for resource in ("cpu", "memory"):
            for speaker in self._speakers(role):
                request, limit = getattr(self, f"{speaker}_{resource}"), getattr(self, f"{speaker}_{resource}_limit")
                if request or limit:
                    found |= {resource: request, f"{resource}_limit": limit}
                    break
        return found

    def notes(self) -> Iterator[str]:
        """Name the flags of roles that this job does not have, and the variable that the operator overrides."""
        yield from super().notes()
        yield from self.overridden(() if self.standalone else ("TF_CONFIG",), "the Training Operator")
        present = {role.lower() for role in self.replicas()} | {"worker"}
        for field in sorted(self.model_fields_set):
            role, _, part = field.partition("_")
            if role in ("ps", "chief", "evaluator") and part and role not in present:
                yield f"{flag_name(type(self), field)} has no effect: the job has no {role}; add --{role}"

    def rules(self) -> Iterator[Problem]:
        """Every role has an image; there is somebody to train; a time-out for starting has somebody to keep it."""
        yield from super().rules()
        if not self.image_of("Worker"):
            yield Problem("the container image is missing", "image", "give one with --image, or --worker-image")
        if self.ps and not self.image_of("PS"):
            yield Problem("the image of the parameter servers is missing", "ps_image", "give one with --image, or --ps-image")
        if self.workers == 0 and not self.chief:
            yield Problem("distributed training needs a worker", "workers", "give --workers=1 or more, or --chief")
        if self.success_policy == "AllWorkers" and self.workers == 0:
            yield Problem("AllWorkers needs workers", "success_policy")
        if self.starting_timeout and not (self.gang and self.scheduler != "volcano"):
            hint = "use --running-timeout, or --gang with the coscheduling scheduler"
            yield Problem("the Training Operator has no limit for starting", "starting_timeout", hint)
