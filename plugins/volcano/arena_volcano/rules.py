"""Rules between the flags of a Volcano Job: what its webhook refuses late is refused here, under the name of the flag."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from arena_core.contract.types import Problem
from arena_volcano.fields import VolcanoFields
from arena_volcano.values import NEEDED_TASKS, Policy, Task

NAME_LIMIT = 63


def problems(args: VolcanoFields) -> Iterator[Problem]:
    """Yield all of them."""
    tasks = args.all_tasks()
    yield from _ways(args)
    yield from _names(args, tasks)
    yield from _numbers(args, tasks)
    yield from _partitions(args, tasks)
    yield from _topology(args)
    yield from _plugins(args, tasks)
    yield from _policies(args, tasks)
    yield from _dependencies(tasks)
    if args.queue == "root":
        yield Problem("Volcano takes no job in its root queue", "queue", "name a queue below it, for example default")
    if args.kueue_queue or args.kueue_priority_class:
        field = "kueue_queue" if args.kueue_queue else "kueue_priority_class"
        hint = "put it into an AppWrapper: arena submit appwrapperjob --inner-type=volcano --kueue-queue=..."
        yield Problem("Kueue does not queue Volcano Jobs", field, hint)


def _ways(args: VolcanoFields) -> Iterator[Problem]:
    given = args.model_fields_set
    if args.tasks:
        for field in ("task_images", "task_replicas", "replicas"):
            if field in given and (field != "replicas" or args.replicas != 1):
                yield Problem("has no effect together with --task", field, "put it into --task: NAME=REPLICAS,image=...")
        for task in args.tasks:
            if not task.image and not args.image:
                yield Problem(f"the task {task.name} has no image", "tasks", "give image=... or one for all with --image")
    elif args.image and "task_images" in given:
        yield Problem("has no effect together with --image", "task_images", "give one of them")
    elif args.style == "image" and not args.image:
        yield Problem("the container image is missing", "image", "give one with --image")
    if args.style == "images" and args.replicas != 1:
        yield Problem("belongs to --image", "replicas", "with --task-images it is --task-replicas")
    if args.tasks:
        return
    if args.style == "image" and not args.command and not args.task_commands:
        yield Problem("the command is missing", "command", 'write it last, for example "python train.py"')


def _names(args: VolcanoFields, tasks: tuple[Task, ...]) -> Iterator[Problem]:
    field = "tasks" if args.tasks else "task_name"
    for name, count in Counter(task.name for task in tasks).items():
        if count > 1:
            yield Problem(f"the task {name} appears twice", field)
    for task in tasks:
        if len(task.name) > NAME_LIMIT:
            yield Problem(f"{task.name!r} is longer than {NAME_LIMIT} characters", field)
        longest = f"{args.name}-{task.name}-{max(task.replicas - 1, 0)}"
        if len(longest) > NAME_LIMIT:
            text = f"the pod {longest} would have {len(longest)} characters, at most {NAME_LIMIT} are allowed"
            yield Problem(text, field, "shorten --name or the task's name")
    unknown = sorted(set(args.task_commands) - {task.name for task in tasks})
    if unknown:
        yield Problem(f"there is no task {unknown[0]!r}", "task_commands", "tasks: " + ", ".join(task.name for task in tasks))


def _numbers(args: VolcanoFields, tasks: tuple[Task, ...]) -> Iterator[Problem]:
    total = args.total
    if total < 1:
        yield Problem("the job has no pod", "tasks" if args.tasks else "task_replicas")
    if args.min_available is not None and args.min_available > total:
        yield Problem(f"{args.min_available} is more than the job's {total} pods", "min_available")
    if args.min_success is not None and args.min_success > total:
        yield Problem(f"{args.min_success} is more than the job's {total} pods", "min_success")
    for task in tasks:
        if task.min_available is not None and task.min_available > task.replicas:
            yield Problem(f"{task.name}: min-available {task.min_available} is more than its {task.replicas} pods", "tasks")


def _partitions(args: VolcanoFields, tasks: tuple[Task, ...]) -> Iterator[Problem]:
    total, size = args.total_partitions, args.partition_size
    if bool(total) != bool(size):
        missing, given = ("partition_size", "--total-partitions") if total else ("total_partitions", "--partition-size")
        yield Problem(f"is missing: {given} needs it", missing)
        return
    if not total:
        for field in ("min_partitions", "partition_topology_mode", "partition_highest_tier"):
            if getattr(args, field):
                yield Problem("has no effect without --total-partitions and --partition-size", field)
        return
    for task in tasks:
        if task.replicas != total * size:
            text = f"{total} x {size} partitions make {total * size} pods, the task {task.name} has {task.replicas}"
            yield Problem(text, "total_partitions", "the product must be the number of replicas")
        if args.min_partitions and task.min_available not in (None, args.min_partitions * size):
            yield Problem(f"{task.name}: min-available must be {args.min_partitions * size}, the pods of --min-partitions", "tasks")
    if args.min_partitions > total:
        yield Problem(f"{args.min_partitions} is more than the {total} partitions", "min_partitions")


def _topology(args: VolcanoFields) -> Iterator[Problem]:
    if args.highest_tier_allowed is not None and args.highest_tier_name:
        yield Problem("is set by --highest-tier-allowed already", "highest_tier_name", "give one of them")
    highest, part = args.highest_tier_allowed, args.partition_highest_tier
    if highest is not None and part is not None and part > highest:
        yield Problem(f"tier {part} for a partition is above tier {highest} for the whole job", "partition_highest_tier")


def _plugins(args: VolcanoFields, tasks: tuple[Task, ...]) -> Iterator[Problem]:
    names = {task.name for task in tasks}
    found = args.all_plugins()
    for plugin, roles in NEEDED_TASKS.items():
        for role in roles if plugin in found else ():
            wanted = _argument(found[plugin], role) or role
            if wanted not in names:
                hint = f"tasks: {', '.join(sorted(names))}; name it with {plugin}=--{role}=TASK"
                yield Problem(f"{plugin} needs a task {wanted!r}", "plugins", hint)
    needs_service = {"svc", "pytorch", "tensorflow", "mpi", "ray"} & set(found)
    if needs_service and not args.name[:1].isalpha():
        text = f"{args.name!r} must begin with a letter: the plugin {sorted(needs_service)[0]} makes a Service of that name"
        yield Problem(text, "name")


def _argument(given: tuple[str, ...], name: str) -> str:
    for word in given:
        flag, _, value = word.lstrip("-").partition("=")
        if flag == name:
            return value
    return ""


def _policies(args: VolcanoFields, tasks: tuple[Task, ...]) -> Iterator[Problem]:
    names = {task.name for task in tasks}
    groups: dict[str, list[Policy]] = {}
    for policy in args.policies:
        groups.setdefault(policy.task, []).append(policy)
    for name, group in groups.items():
        if name and name not in names:
            yield Problem(f"there is no task {name!r}", "policies", "tasks: " + ", ".join(sorted(names)))
        events = Counter(event for policy in group for event in policy.events)
        codes = Counter(policy.exit_code for policy in group if policy.exit_code is not None)
        where = f" of the task {name}" if name else " of the job"
        for what, count in [*events.items(), *codes.items()]:
            if count > 1:
                yield Problem(f"there are two policies for {what}{where}", "policies")
        if "*" in events and len(events) > 1:
            yield Problem(f"* cannot be combined with other events{where}", "policies")
    for policy in args.policies:
        if policy.action == "RestartPartition" and not args.total_partitions:
            yield Problem("RestartPartition has no effect without partitions", "policies", "give --total-partitions and --partition-size")


def _dependencies(tasks: tuple[Task, ...]) -> Iterator[Problem]:
    waits = {task.name: set(task.depends_on) for task in tasks}
    for name, needs in waits.items():
        for missing in sorted(needs - set(waits)):
            yield Problem(f"{name} depends on {missing!r}, which is no task", "tasks")
    done: set[str] = set()
    while len(done) < len(waits):
        ready = {name for name, needs in waits.items() if name not in done and needs & set(waits) <= done}
        if not ready:
            yield Problem(f"the tasks {', '.join(sorted(set(waits) - done))} wait for each other", "tasks")
            return
        done |= ready
