"""What a person may say when submitting a Volcano Job.

There are three ways to say what runs: Arena's own (``--task-images``, one task per image), one task of many equal pods that train
together (``--image`` with ``--replicas``), and several named tasks (``--task``).
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from arena_core.args import (
    CpuMemoryArgs,
    JobArgs,
    ObjectName,
    Processes,
    Quantity,
    SharedMemoryArgs,
    SyncArgs,
    WorkdirArgs,
    check_dns_label,
    field_validator,
    flag,
)
from arena_core.args.fields import Duration
from arena_core.families.args import KueueArgs, ModelArgs, TensorboardArgs
from arena_volcano.values import Commands, Images, Plugins, Policies, Task, Tasks

TASKS, VOLCANO, TOPOLOGY = "Tasks", "Volcano", "Topology"
#: Arena's images where none is given: a demonstration.
DEMO_IMAGES = ("ubuntu", "nginx", "busybox")
INT32_MAX = 2**31 - 1
#: A flag under each of the headings of help.
_volcano = partial(flag, group=VOLCANO)
_tasks = partial(flag, group=TASKS)
_topology = partial(flag, group=TOPOLOGY)


class VolcanoFields(KueueArgs, TensorboardArgs, WorkdirArgs, SyncArgs, ModelArgs, SharedMemoryArgs, CpuMemoryArgs, JobArgs):
    """The flags, and what follows from them."""

    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    share_memory: Quantity = flag(
        "", help="Size of /dev/shm (empty: the node's default).", group="Resources", paths=("volumes[].emptyDir.sizeLimit",)
    )
    min_available: int | None = _volcano(
        None,
        help="Pods that must start together (0: all). Not given: 1 with --task-images, as in Arena, else all.",
        old=("minAvailable",),
        ge=0,
        le=INT32_MAX,
        paths=("spec.minAvailable",),
    )
    queue: ObjectName = _volcano("default", help="Queue of Volcano.", often=True, metavar="QUEUE", paths=("spec.queue",))
    scheduler_name: ObjectName = _volcano(
        "volcano", help="Scheduler of the pods.", old=("schedulerName", "scheduler"), metavar="NAME", paths=("spec.schedulerName",)
    )
    plugins: Plugins = _volcano(
        {},
        help="Plugin of Volcano, with its arguments: svc, ssh, env, pytorch=--port=23456, tensorflow, mpi, ray, hcclrank; repeatable.",
        name="plugin",
        metavar="NAME[=ARGS]",
        paths=("spec.plugins",),
    )
    policies: Policies = _volcano(
        (),
        help="What to do on an event or exit code, of one task or the job: PodFailed=RestartJob, worker/3=RestartTask; repeatable.",
        name="policy",
        metavar="[TASK/]EVENT=ACTION[:TIMEOUT]",
        paths=("spec.policies", "spec.tasks[].policies"),
    )
    max_retry: int | None = _volcano(
        None,
        help="Runs of the job that its policies may start: N allows N-1 restarts (Volcano's default: 3).",
        ge=1,
        le=INT32_MAX,
        paths=("spec.maxRetry",),
    )
    min_success: int | None = _volcano(
        None, help="The job succeeds once this many pods have succeeded.", ge=1, le=INT32_MAX, paths=("spec.minSuccess",)
    )
    ttl_after_finished: Duration = _volcano(
        0, help="Delete the job this long after its end (0 = never).", le=INT32_MAX, paths=("spec.ttlSecondsAfterFinished",)
    )
    restart_policy: Literal["Never", "OnFailure", "Always"] = _volcano(
        "Never", help="Whether the node restarts a container that has ended.", paths=("spec.restartPolicy",)
    )

    task_name: str = _tasks("task", help="Name of the task, or the prefix of the names of several.", old=("taskName",), metavar="NAME")
    task_images: Images = _tasks(
        DEMO_IMAGES,
        help="Image of each task, separated by commas (without --image and --task).",
        old=("taskImages",),
        metavar="IMAGE,...",
        paths=("spec.tasks",),
    )
    task_replicas: int = _tasks(
        1, help="Pods of each task of --task-images.", old=("taskReplicas",), ge=0, le=INT32_MAX, paths=("spec.tasks[].replicas",)
    )
    task_cpu: Quantity = _tasks("250m", help="CPU of each pod of --task-images.", old=("taskCPU",))
    task_memory: Quantity = _tasks("128Mi", help="Memory of each pod of --task-images.", old=("taskMemory",))
    task_port: int = _tasks(
        2222, help="Port of the containers of --task-images.", old=("taskPort",), ge=1, le=65535, paths=("containers[].ports",)
    )
    replicas: int = _tasks(1, help="Pods of the one task of --image.", often=True, ge=1, le=INT32_MAX, paths=("spec.tasks[].replicas",))
    tasks: Tasks = _tasks(
        (),
        help="A named task: worker=4,gpus=2,image=..,cpu=..,memory=..,port=..,min-available=..,max-retry=..,depends-on=A+B; repeatable.",
        often=True,
        name="task",
        metavar="NAME=REPLICAS[,...]",
        paths=("spec.tasks",),
    )
    task_commands: Commands = _tasks(
        {}, help="Command of one task instead of the common one; repeatable.", name="task-command", metavar="TASK=COMMAND"
    )
    task_max_retry: int | None = _tasks(
        None,
        help="Container restarts that a task may have in all before it counts as failed (0: Volcano's default, 3).",
        ge=0,
        le=INT32_MAX,
        paths=("spec.tasks[].maxRetry",),
    )
    use_svc_plugin: bool = _tasks(
        True, help="With --image: let the svc plugin give pods their names; otherwise a Service leads to the first pod."
    )
    disable_network_policy: bool = _volcano(
        False, help="Let pods other than the job's own reach it (the svc plugin's NetworkPolicy forbids that)."
    )
    master_port: int = _tasks(23456, help="Port of the rendezvous (MASTER_PORT), with --image.", ge=1, le=65535)
    nproc_per_node: Processes = _tasks("", help="Processes of each pod: auto, cpu, gpu or a number; WORLD_SIZE counts them.")
    ring_controller: str = _tasks("", help="Ring controller of Ascend devices, e.g. ascend-1980.", metavar="NAME")

    network_topology_mode: Literal["", "hard", "soft"] = _topology(
        "", help="Keep the job within a part of the network: hard or soft.", paths=("spec.networkTopology.mode",)
    )
    highest_tier_allowed: int | None = _topology(
        None, help="Highest HyperNode tier for the job.", ge=0, paths=("spec.networkTopology.highestTierAllowed",)
    )
    highest_tier_name: str = _topology(
        "", help="Highest HyperNode tier for the job, by name.", metavar="NAME", paths=("spec.networkTopology.highestTierName",)
    )
    total_partitions: int = _topology(
        0,
        help="Number of partitions of the task (or of each --task).",
        ge=0,
        paths=("spec.tasks[].partitionPolicy.totalPartitions", "spec.tasks[].partitionPolicy"),
    )
    partition_size: int = _topology(0, help="Pods of each partition.", ge=0, paths=("spec.tasks[].partitionPolicy.partitionSize",))
    min_partitions: int = _topology(
        0, help="Partitions that must start (0: none in particular).", ge=0, paths=("spec.tasks[].partitionPolicy.minPartitions",)
    )
    partition_topology_mode: Literal["", "hard", "soft"] = _topology(
        "", help="Keep each partition within a part of the network.", paths=("spec.tasks[].partitionPolicy.networkTopology.mode",)
    )
    partition_highest_tier: int | None = _topology(
        None,
        help="Highest HyperNode tier for a partition.",
        ge=0,
        paths=("spec.tasks[].partitionPolicy.networkTopology.highestTierAllowed",),
    )

    @field_validator("task_name")
    @classmethod
    def _check_task_name(cls, name: str) -> str:
        return check_dns_label(name)

    @property
    def style(self) -> Literal["tasks", "image", "images"]:
        """Which of the three ways to say what runs was chosen."""
        return "tasks" if self.tasks else "images" if self.task_images and not self.image else "image"

    def all_tasks(self) -> tuple[Task, ...]:
        """Return the job's tasks, whichever way they were said."""
        if self.tasks:
            return self.tasks
        if self.style == "image":
            given = self.model_fields_set
            cpu = self.cpu or (self.task_cpu if "task_cpu" in given else "")
            memory = self.memory or (self.task_memory if "task_memory" in given else "")
            port = self.task_port if "task_port" in given else 0
            count = self.task_replicas if "task_replicas" in given and "replicas" not in given else self.replicas
            return (Task(self.task_name, count, self.image, cpu=cpu, memory=memory, port=port),)
        cpu, memory = self.cpu or self.task_cpu, self.memory or self.task_memory
        return tuple(
            Task(f"{self.task_name}-{index}", self.task_replicas, image, cpu=cpu, memory=memory, port=self.task_port)
            for index, image in enumerate(self.task_images)
        )

    @property
    def total(self) -> int:
        """The number of pods of the job."""
        return sum(task.replicas for task in self.all_tasks())

    @property
    def least(self) -> int:
        """The number of pods that must start together."""
        if self.min_available is None and self.style == "images":
            return min(1, self.total)
        return self.min_available or self.total

    def command_of(self, task: Task) -> str | None:
        """Return the command line of a task."""
        return self.task_commands.get(task.name) or task.command or self.command_line

    def all_plugins(self) -> dict[str, tuple[str, ...]]:
        """Return the plugins with their arguments; the one task of ``--image`` gets svc, so that its pods find each other."""
        found = dict(self.plugins)
        if self.style == "image" and self.use_svc_plugin:
            found.setdefault("svc", ("--publish-not-ready-addresses=true",))
        if "svc" in found and self.disable_network_policy:
            found["svc"] = (*found["svc"], "--disable-network-policy=true")
        return found
