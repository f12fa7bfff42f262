"""What a person may say when submitting an MPIJob."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, ClassVar, Literal

from arena_core.args import CpuMemoryArgs, Quantity, SharedMemoryArgs, field_validator, flag
from arena_core.contract.types import Problem
from arena_core.families.args import RunPolicyArgs, SubmitArgs

#: Variables that the operator appends to those of the launcher, by implementation; of two with one name the last counts.
OPERATOR_ENV = {
    "OpenMPI": (
        *("K_MPI_JOB_ROLE", "OMPI_MCA_orte_keep_fqdn_hostnames", "OMPI_MCA_orte_default_hostfile", "OMPI_MCA_plm_rsh_args"),
        "OMPI_MCA_orte_set_default_slots",
    ),
    "Intel": ("K_MPI_JOB_ROLE", "I_MPI_HYDRA_HOST_FILE", "I_MPI_HYDRA_BOOTSTRAP_EXEC_EXTRA_ARGS", "I_MPI_PERHOST"),
    "MPICH": ("K_MPI_JOB_ROLE", "HYDRA_HOST_FILE", "HYDRA_LAUNCH_EXTRA_ARGS"),
}
#: Where the operator mounts the hostfile in the launcher.
CONFIG_PATH = "/etc/mpi"
MPI, RESOURCES = "MPI", "spec.mpiReplicaSpecs.Launcher.template.spec.containers[].resources"
#: A flag under each of the headings of help.
_mpi = partial(flag, group=MPI, often=False)


def _of_launcher(text: str, resource: str) -> Any:
    paths = tuple(f"{RESOURCES}.{kind}[{resource}]" for kind in ("limits", "requests"))
    return flag("", help=text, group="Resources", metavar="QUANTITY", often=False, paths=paths)


class MPIJobArgs(RunPolicyArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """Flags of ``arena submit mpijob``. The command runs in the launcher, resources and volumes are those of each worker."""

    NAME_LETTER_FIRST: ClassVar[bool] = True

    workers: int = flag(
        1,
        help="Number of workers, on which mpirun starts processes; the launcher, which runs the command, comes on top.",
        ge=1,
        often=True,
        paths=("spec.mpiReplicaSpecs.Worker.replicas", "replicas"),
    )
    retry: int = flag(
        0, help="How often the launcher is started again after a failure.", ge=0, paths=("spec.runPolicy.backoffLimit", "spec.backoffLimit")
    )
    clean_task_policy: Literal["None", "Running", "All"] = flag(
        "All",
        help="Which workers are deleted at the end: All, Running, or None (they wait for ever and keep their GPUs).",
        group="Run policy",
        old=("cleanTaskPolicy",),
        often=False,
        paths=("spec.runPolicy.cleanPodPolicy",),
    )
    slots_per_worker: int = _mpi(
        0,
        help="Processes that mpirun may start on each worker (0: one for each GPU, at least one).",
        ge=0,
        default_text="",
        often=True,
        paths=("spec.slotsPerWorker",),
    )
    mpi_implementation: Literal["OpenMPI", "Intel", "MPICH"] = _mpi(
        "OpenMPI",
        help="Whose MPI the image has: it decides the form of the hostfile and the variables of the launcher.",
        paths=("spec.mpiImplementation",),
    )
    launcher_creation_policy: Literal["AtStartup", "WaitForWorkersReady"] = _mpi(
        "WaitForWorkersReady",
        help="When the launcher starts: once all workers are ready (WaitForWorkersReady), or at once (AtStartup).",
        paths=("spec.launcherCreationPolicy",),
    )
    run_launcher_as_worker: bool = _mpi(
        False,
        help="Let the launcher work, too: it gets the resources and volumes of a worker and stands first in the hostfile.",
        paths=("spec.runLauncherAsWorker",),
    )
    mounts_on_launcher: bool = _mpi(False, help="Mount claims and folders of the node (--data, --data-dir) in the launcher, too.")
    gpu_topology: bool = _mpi(
        False,
        help="Schedule by the topology of GPUs (of Alibaba Cloud: labels, aliyun.com/gpu, the node's network).",
        name="gputopology",
        old=("gpu-topology",),
    )
    launcher_cpu: Quantity = _of_launcher("CPU of the launcher.", "cpu")
    launcher_memory: Quantity = _of_launcher("Memory of the launcher.", "memory")
    worker_command: str = _mpi(
        "",
        help="What a worker runs (SHELL -c) so that mpirun can reach it (empty: the operator's own, /usr/sbin/sshd -De).",
        metavar="COMMAND",
        paths=("spec.mpiReplicaSpecs.Worker.template.spec.containers[].command",),
    )
    ssh_auth_mount_path: str = _mpi(
        "/root/.ssh",
        help="Where the operator mounts the keys: the .ssh of the image's user.",
        metavar="PATH",
        paths=("spec.sshAuthMountPath",),
    )

    @field_validator("ssh_auth_mount_path")
    @classmethod
    def _absolute(cls, path: str) -> str:
        if not path.startswith("/") or not path.strip("/") or ":" in path:
            raise ValueError(f"{path!r} must be an absolute path, not '/' and without ':'")
        return path

    @field_validator("worker_command")
    @classmethod
    def _no_nul(cls, command: str) -> str:
        if "\0" in command:
            raise ValueError("the command contains a NUL character")
        return command

    @property
    def slots(self) -> int:
        """How many processes each worker takes: as said, else one for each GPU."""
        return self.slots_per_worker or self.gpus or 1

    def of_launcher(self) -> dict[str, Any]:
        """What a type of its own on MPIJobs says of the launcher's pods: fields of ``Role``."""
        return {}

    def of_worker(self) -> dict[str, Any]:
        """What a type of its own on MPIJobs says of the workers' pods: fields of ``Role``."""
        return {}

    def mount_paths(self) -> Iterator[tuple[str, str]]:
        """Add what the operator mounts."""
        yield from super().mount_paths()
        yield "ssh_auth_mount_path", self.ssh_auth_mount_path.rstrip("/")

    def rules(self) -> Iterator[Problem]:
        """GPUs for their topology; nothing of the user's where the operator mounts the hostfile."""
        yield from super().rules()
        if self.gpu_topology and not self.gpus:
            yield Problem("there is no topology without GPUs", "gpu_topology", "say how many with --gpus")
        for field, path in self.mount_paths():
            if path.rstrip("/") == CONFIG_PATH:
                yield Problem(f"{CONFIG_PATH!r} is where the MPI Operator mounts the hostfile", field, "mount it elsewhere")

    def notes(self) -> Iterator[str]:
        """Name the variables that the operator overrides, and what will not end, or goes too early."""
        yield from super().notes()
        yield from self.overridden(OPERATOR_ENV[self.mpi_implementation], "the MPI Operator")
        if self.clean_task_policy == "None":
            yield "--clean-task-policy None: the workers never end by themselves, they keep their GPUs until the job is deleted"
        if self.ttl_after_finished:
            yield "--ttl-after-finished: the MPI Operator deletes only the launcher and its log, the MPIJob itself stays"
