"""What a person may say when submitting a Volcano Job.

There are three ways to say what runs: Arena's own (``--task-images``, one task per image), one task of many equal pods that train
together (``--image`` with ``--replicas``), and several named tasks (``--task``).
"""

from __future__ import annotations

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


class VolcanoFields(KueueArgs, TensorboardArgs, WorkdirArgs, SyncArgs, ModelArgs, SharedMemoryArgs, CpuMemoryArgs, JobArgs):
    """The flags, and what follows from them."""

    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    share_memory: Quantity = flag(
        "",
        help="Size of /dev/shm (empty: the node's default).",
        group="Resources",
        metavar="QUANTITY",
        paths=("volumes[].emptyDir.sizeLimit",),
    )
    min_available: int | None = flag(
        None,
        help="Pods that must start together (0: all). Not given: 1 with --task-images, as in Arena, else all.",
        group=VOLCANO,
        old=("minAvailable",),
        metavar="N",
        ge=0,
        le=INT32_MAX,
        paths=("spec.minAvailable",),
    )
    queue: ObjectName = flag("default", help="Queue of Volcano.", often=True, group=VOLCANO, metavar="QUEUE", paths=("spec.queue",))
    scheduler_name: ObjectName = flag(
        "volcano",
        help="Scheduler of the pods.",
        group=VOLCANO,
        old=("schedulerName", "scheduler"),
        metavar="NAME",
        paths=("spec.schedulerName",),
    )
    plugins: Plugins = flag(
        {},
        help="Plugin of Volcano, with its arguments: svc, ssh, env, pytorch=--port=23456, tensorflow, mpi, ray, hcclrank; repeatable.",
        group=VOLCANO,
        name="plugin",
        metavar="NAME[=ARGS]",
        paths=("spec.plugins",),
    )
    policies: Policies = flag(
        (),
        help="What to do on an event or exit code, of one task or the job: PodFailed=RestartJob, worker/3=RestartTask; repeatable.",
        group=VOLCANO,
        name="policy",
        metavar="[TASK/]EVENT=ACTION[:TIMEOUT]",
        paths=("spec.policies", "spec.tasks[].policies"),
    )
    max_retry: int | None = flag(
        None,
        help="Runs of the job that its policies may start: N allows N-1 restarts (Volcano's default: 3).",
        group=VOLCANO,
        metavar="N",
        ge=1,
        le=INT32_MAX,
        paths=("spec.maxRetry",),
    )
    min_success: int | None = flag(
        None,
        help="The job succeeds once this many pods have succeeded.",
        group=VOLCANO,
        metavar="N",
        ge=1,
        le=INT32_MAX,
        paths=("spec.minSuccess",),
    )
    ttl_after_finished: Duration = flag(
        0,
        help="Delete the job this long after its end (0 = never).",
        group=VOLCANO,
        metavar="DURATION",
        le=INT32_MAX,
        paths=("spec.ttlSecondsAfterFinished",),
    )
    restart_policy: Literal["Never", "OnFailure", "Always"] = flag(
        "Never", help="Whether the node restarts a container that has ended.", group=VOLCANO, paths=("spec.restartPolicy",)
    )

    task_name: str = flag(
        "task", help="Name of the task, or the prefix of the names of several.", group=TASKS, old=("taskName",), metavar="NAME"
    )
    task_images: Images = flag(
        DEMO_IMAGES,
        help="Image of each task, separated by commas (without --image and --task).",
        group=TASKS,
        old=("taskImages",),
        metavar="IMAGE,...",
        paths=("spec.tasks",),
    )
    task_replicas: int = flag(
        1,
        help="Pods of each task of --task-images.",
        group=TASKS,
        old=("taskReplicas",),
        ge=0,
        le=INT32_MAX,
        paths=("spec.tasks[].replicas",),
    )
    task_cpu: Quantity = flag("250m", help="CPU of each pod of --task-images.", group=TASKS, old=("taskCPU",), metavar="QUANTITY")
    task_memory: Quantity = flag("128Mi", help="Memory of each pod of --task-images.", group=TASKS, old=("taskMemory",), metavar="QUANTITY")
    task_port: int = flag(
        2222, help="Port of the containers of --task-images.", group=TASKS, old=("taskPort",), ge=1, le=65535, paths=("containers[].ports",)
    )
    replicas: int = flag(
        1, help="Pods of the one task of --image.", often=True, group=TASKS, ge=1, le=INT32_MAX, paths=("spec.tasks[].replicas",)
    )
    tasks: Tasks = flag(
        (),
        help="A named task: worker=4,gpus=2,image=..,cpu=..,memory=..,port=..,min-available=..,max-retry=..,depends-on=A+B; repeatable.",
        often=True,
        group=TASKS,
        name="task",
        metavar="NAME=REPLICAS[,...]",
        paths=("spec.tasks",),
    )
    task_commands: Commands = flag(
        {}, help="Command of one task instead of the common one; repeatable.", group=TASKS, name="task-command", metavar="TASK=COMMAND"
    )
    task_max_retry: int | None = flag(
        None,
        help="Container restarts that a task may have in all before it counts as failed (0: Volcano's default, 3).",
        group=TASKS,
        metavar="N",
        ge=0,
        le=INT32_MAX,
        paths=("spec.tasks[].maxRetry",),
    )
    use_svc_plugin: bool = flag(
        True, help="With --image: let the svc plugin give pods their names; otherwise a Service leads to the first pod.", group=TASKS
    )
    disable_network_policy: bool = flag(
        False, help="Let pods other than the job's own reach it (the svc plugin's NetworkPolicy forbids that).", group=VOLCANO
    )
    master_port: int = flag(23456, help="Port of the rendezvous (MASTER_PORT), with --image.", group=TASKS, ge=1, le=65535)
    nproc_per_node: Processes = flag(
        "", help="Processes of each pod: auto, cpu, gpu or a number; WORLD_SIZE counts them.", group=TASKS, metavar="N"
    )
    ring_controller: str = flag("", help="Ring controller of Ascend devices, e.g. ascend-1980.", group=TASKS, metavar="NAME")

    network_topology_mode: Literal["", "hard", "soft"] = flag(
        "", help="Keep the job within a part of the network: hard or soft.", group=TOPOLOGY, paths=("spec.networkTopology.mode",)
    )
    highest_tier_allowed: int | None = flag(
        None,
        help="Highest HyperNode tier for the job.",
        group=TOPOLOGY,
        metavar="N",
        ge=0,
        paths=("spec.networkTopology.highestTierAllowed",),
    )
    highest_tier_name: str = flag(
        "",
        help="Highest HyperNode tier for the job, by name.",
        group=TOPOLOGY,
        metavar="NAME",
        paths=("spec.networkTopology.highestTierName",),
    )
    total_partitions: int = flag(
        0,
        help="Number of partitions of the task (or of each --task).",
        group=TOPOLOGY,
        ge=0,
        paths=("spec.tasks[].partitionPolicy.totalPartitions", "spec.tasks[].partitionPolicy"),
    )
    partition_size: int = flag(
        0, help="Pods of each partition.", group=TOPOLOGY, ge=0, paths=("spec.tasks[].partitionPolicy.partitionSize",)
    )
    min_partitions: int = flag(
        0,
        help="Partitions that must start (0: none in particular).",
        group=TOPOLOGY,
        ge=0,
        paths=("spec.tasks[].partitionPolicy.minPartitions",),
    )
    partition_topology_mode: Literal["", "hard", "soft"] = flag(
        "",
        help="Keep each partition within a part of the network.",
        group=TOPOLOGY,
        paths=("spec.tasks[].partitionPolicy.networkTopology.mode",),
    )
    partition_highest_tier: int | None = flag(
        None,
        help="Highest HyperNode tier for a partition.",
        group=TOPOLOGY,
        metavar="N",
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
