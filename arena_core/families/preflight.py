"""What only the cluster knows and every job type asks in the same way: queue and priority, the pods' priority class, gangs. Read-only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from arena_core.contract.types import Lookup, Manifest, PodSet, Problem, Resource
from arena_core.families import gangs
from arena_core.families.kueue import LOCAL_QUEUE, WORKLOAD_PRIORITY
from arena_core.k8s import dig, owners
from arena_core.typed import Any

POD = Resource("", "v1", "Pod", "pods")
CLAIM = Resource("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims")
SECRET = Resource("", "v1", "Secret", "secrets")
CONFIG_MAP = Resource("", "v1", "ConfigMap", "configmaps")
PRIORITY_CLASS = Resource("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", namespaced=False)


def common_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what the cluster lacks for a model with all of Arena's common flags: queue, priority classes, gangs, what it refers to."""
    return [
        *queue_problems(args, lookup),
        *priority_problems(args, lookup),
        *gang_problems(args, lookup),
        *claim_problems(args, lookup),
        *env_problems(args, lookup),
    ]


def queue_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return what is wrong with the queue and the priority that the arguments name; what cannot be known is left to the cluster.

    ``args`` has ``kueue_queue`` and ``kueue_priority_class`` (``arena_core.families.args.KueueArgs``).
    """
    problems = []
    if args.kueue_queue and lookup.exists(LOCAL_QUEUE, args.kueue_queue) is False:
        if lookup.serves(LOCAL_QUEUE) is False:
            hint = "have Kueue installed, or leave --kueue-queue out"
            return [Problem("Kueue is not installed on this cluster", "kueue_queue", hint)]
        hint = existing(lookup, LOCAL_QUEUE, "queues here") or "ask for the name of your queue"
        hint += "; without --kueue-queue the job runs without Kueue"
        problems.append(Problem(f"there is no LocalQueue {args.kueue_queue!r} of Kueue in this namespace", "kueue_queue", hint))
    if args.kueue_priority_class and lookup.exists(WORKLOAD_PRIORITY, args.kueue_priority_class) is False:
        text = f"there is no WorkloadPriorityClass {args.kueue_priority_class!r}: Kueue would never queue the job"
        problems.append(Problem(text, "kueue_priority_class", existing(lookup, WORKLOAD_PRIORITY, "priority classes of Kueue here")))
    return problems


def existing(lookup: Lookup, resource: Resource, what: str) -> str:
    """Return ``queues here: a, b``; nothing where they cannot be read."""
    lister = getattr(lookup, "list", None)  # one that was written for the first contract has none
    found = lister(resource) if lister else None
    if found is None:
        return ""
    names = sorted(n for o in found if not (n := dig.text(o, "metadata", "name")).startswith("system-"))
    return f"{what}: {', '.join(names[:10])}{', …' if len(names) > 10 else ''}" if names else f"{what}: none"


def claim_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem for each claim (``--data NAME:PATH``) that does not exist: its pods would wait for ever."""
    problems = []
    for volume in getattr(args, "data", ()) or ():
        name = getattr(volume, "claim", "")
        if name and lookup.exists(CLAIM, name) is False:
            hint = existing(lookup, CLAIM, "claims here")
            problems.append(Problem(f"the PersistentVolumeClaim {name!r} does not exist in this namespace", "data", hint))
    return problems


def env_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem for each Secret, ConfigMap or key of one that variables are taken from and that does not exist."""
    return [
        problem
        for field, resource in (("env_from_secret", SECRET), ("env_from_configmap", CONFIG_MAP))
        for source in getattr(args, field, ())
        if (problem := _env_problem(field, resource, source, lookup))
    ]


def _env_problem(field: str, resource: Resource, source: Any, lookup: Lookup) -> Problem | None:
    """Return what keeps one source from giving its variables: the containers would wait for it; of a Secret only names are told."""
    exists = lookup.exists(resource, source.name)
    if exists is False:
        # Names of ConfigMaps are offered; to list Secrets is to read the values of all of them.
        hint = existing(lookup, resource, "ConfigMaps here") if resource is CONFIG_MAP else "correct its name, or create it first"
        return Problem(f"there is no {resource.kind} {source.name!r} in this namespace", field, hint)
    found = lookup.get(resource, source.name) if exists and source.key else None
    if found is None:
        return None
    keys = sorted(dig.mapping(found, "data"))
    if source.key in keys:
        return None
    hint = f"its keys: {', '.join(keys[:10])}{', …' if len(keys) > 10 else ''}" if keys else "it is empty"
    return Problem(f"the {resource.kind} {source.name!r} has no key {source.key!r}", field, hint)


def whose(resource: Resource, name: str, kind: str, job: str, lookup: Lookup) -> str:
    """Return whose the object of that name is; empty if there is none, or it is of a job of this kind and name.

    Then that job is there itself, or what it has left is ending.
    """
    if lookup.exists(resource, name) is not True:
        return ""
    owner = next(owners.references(lookup.get(resource, name)), {})
    if owner.get("kind") == kind and owner.get("name") == job:
        return ""
    return f"it belongs to {owner.get('kind')} {owner.get('name')}" if owner else "nobody owns it"


def taken_names(needed: Iterable[tuple[Resource, str]], kind: str, job: str, needs: str, lookup: Lookup) -> Iterator[Problem]:
    """Yield a problem for each name that the job needs and another has; ``needs`` says who needs it (``"KubeRay needs"``)."""
    for resource, name in needed:
        if owner := whose(resource, name, kind, job, lookup):
            text = f"the {resource.kind} {name} exists already ({owner}), and {needs} one of that name"
            yield Problem(text, "name", "choose another name, or delete what has it")


def pod_name_problems(job: Manifest, sets: Iterable[PodSet], lookup: Lookup) -> list[Problem]:
    """Return a problem where the first pod of a set (``JOB-SET-0``) is there already and another's: the operator would try for ever."""
    name = dig.text(job, "metadata", "name")
    needed = ((POD, f"{name}-{pod_set.name}-0") for pod_set in sets if pod_set.replicas)
    return list(islice(taken_names(needed, str(job.get("kind")), name, "this job needs", lookup), 1))


def priority_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem where the pods' priority class (``--priority``) does not exist: their admission would be refused."""
    if args.priority and lookup.exists(PRIORITY_CLASS, args.priority) is False:
        hint = existing(lookup, PRIORITY_CLASS, "priority classes here")
        return [Problem(f"the priority class {args.priority!r} does not exist", "priority", hint)]
    return []


def gang_problems(args: Any, lookup: Lookup) -> list[Problem]:
    """Return a problem where ``--gang`` asks for a PodGroup that the cluster does not know; the other kind is offered if it is there."""
    if not args.gang:
        return []
    volcano = gangs.is_volcano(args.scheduler)
    wanted = gangs.VOLCANO if volcano else gangs.COSCHEDULING
    if lookup.serves(wanted) is not False:
        return []
    whose = "Volcano" if volcano else "the coscheduling plugin"
    text = f"the PodGroups of {whose} are not installed on this cluster ({wanted.plural}.{wanted.group})"
    if volcano:
        hint = "install Volcano, or leave --gang out"
    elif lookup.serves(gangs.VOLCANO):
        hint = "Volcano is: add --scheduler volcano"
    else:
        hint = "install the coscheduling plugin of scheduler-plugins, or Volcano (then with --scheduler volcano), or leave --gang out"
    return [Problem(text, "gang", hint)]
