"""What a person may say when submitting a TFJob."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import field_validator

from arena_core.args import ArgsGroup, Duration, LabelMap, Quantity, RunPolicyArgs, SharedMemoryArgs, SubmitArgs, flag
from arena_core.types import Problem

Affinity = Literal["none", "spread", "binpack"]
Constraint = Literal["preferred", "required"]
#: Roles by their spellings in ``--role-sequence``.
ROLES = {name: role for role in ("Worker", "PS", "Evaluator", "Chief") for name in (role.lower(), role[0].lower())}


def _image(role: str, old: str) -> Any:
    return flag("", help=f"Image of the {role} (default: --image).", group="Roles", old=(old,), metavar="IMAGE")


def _port(role: str, old: str) -> Any:
    return flag(0, help=f"Port of the {role} (0: the operator's own, 2222).", group="Roles", old=(old,), ge=0, le=65535)


def _quantity(what: str, role: str, old: tuple[str, ...] = ()) -> Any:
    return flag("", help=f"{what} of the {role}.", group="Resources", old=old, metavar="QUANTITY")


def _selector(role: str, name: str) -> Any:
    text = f"Label that a node for the {role} must have, instead of --selector; repeatable."
    return flag({}, help=text, group="Roles", name=name, metavar="KEY=VALUE")


class RoleArgs(ArgsGroup):
    """Which roles there are, and what each of them runs."""

    ps: int = flag(0, help="Number of parameter servers.", group="Roles", ge=0)
    chief: bool = flag(False, help="Have a chief beside the workers.", group="Roles")
    evaluator: bool = flag(False, help="Have an evaluator beside the workers.", group="Roles")
    worker_image: str = _image("workers, the chief and the evaluator", "workerImage")
    ps_image: str = _image("parameter servers", "psImage")
    worker_port: int = _port("workers", "workerPort")
    ps_port: int = _port("parameter servers", "psPort")
    chief_port: int = _port("chief", "chiefPort")
    worker_selectors: LabelMap = _selector("workers", "worker-selector")
    ps_selectors: LabelMap = _selector("parameter servers", "ps-selector")
    chief_selectors: LabelMap = _selector("chief", "chief-selector")
    evaluator_selectors: LabelMap = _selector("evaluator", "evaluator-selector")
    worker_affinity_policy: Affinity = flag("none", help="Put workers apart (spread) or together (binpack).", group="Roles")
    worker_affinity_constraint: Constraint = flag("preferred", help="Whether that is preferred or required.", group="Roles")
    ps_affinity_policy: Affinity = flag("none", help="Put parameter servers apart (spread) or together (binpack).", group="Roles")
    ps_affinity_constraint: Constraint = flag("preferred", help="Whether that is preferred or required.", group="Roles")
    role_sequence: str = flag(
        "", help="Order in which the roles start, e.g. Worker,PS,Chief or w,p,c (for schedulers that know it).", group="Roles"
    )

    @field_validator("role_sequence")
    @classmethod
    def _check_sequence(cls, text: str) -> str:
        roles = []
        for word in filter(None, (part.strip() for part in text.split(","))):
            if word.lower() not in ROLES:
                raise ValueError(f"unknown role {word!r}; the roles are Worker (w), PS (p), Evaluator (e) and Chief (c)")
            roles.append(ROLES[word.lower()])
        if len(set(roles)) != len(roles):
            raise ValueError(f"{text!r} names a role twice")
        return ",".join(roles)


class RoleResources(ArgsGroup):
    """CPU, memory and GPUs of each role; a limit that is not given equals the request."""

    worker_cpu: Quantity = _quantity("CPU", "workers", ("workerCpu",))
    worker_cpu_limit: Quantity = _quantity("CPU limit", "workers")
    worker_memory: Quantity = _quantity("Memory", "workers", ("workerMemory",))
    worker_memory_limit: Quantity = _quantity("Memory limit", "workers")
    ps_cpu: Quantity = _quantity("CPU", "parameter servers", ("psCpu",))
    ps_cpu_limit: Quantity = _quantity("CPU limit", "parameter servers")
    ps_memory: Quantity = _quantity("Memory", "parameter servers", ("psMemory",))
    ps_memory_limit: Quantity = _quantity("Memory limit", "parameter servers")
    ps_gpus: int = flag(0, help="GPUs of each parameter server.", group="Resources", ge=0)
    chief_cpu: Quantity = _quantity("CPU", "chief", ("ChiefCpu", "chiefCpu"))
    chief_cpu_limit: Quantity = _quantity("CPU limit", "chief")
    chief_memory: Quantity = _quantity("Memory", "chief", ("ChiefMemory", "chiefMemory"))
    chief_memory_limit: Quantity = _quantity("Memory limit", "chief")
    evaluator_cpu: Quantity = _quantity("CPU", "evaluator", ("evaluatorCpu",))
    evaluator_cpu_limit: Quantity = _quantity("CPU limit", "evaluator")
    evaluator_memory: Quantity = _quantity("Memory", "evaluator", ("evaluatorMemory",))
    evaluator_memory_limit: Quantity = _quantity("Memory limit", "evaluator")


class TFJobArgs(RoleResources, RoleArgs, RunPolicyArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit tfjob``."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_IMAGE: ClassVar[bool] = False

    workers: int = flag(1, help="Number of workers; one worker without parameter servers becomes a chief of its own.", ge=0)
    success_policy: Literal["ChiefWorker", "AllWorkers"] = flag(
        "ChiefWorker",
        help="The job has succeeded when the chief or worker 0 has (ChiefWorker), or only when AllWorkers have.",
        group="Run policy",
        paths=("spec.successPolicy",),
    )
    starting_timeout: Duration = flag(
        0, help="With --gang: give up when the pods could not start for this long.", group="Run policy", metavar="DURATION"
    )

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
