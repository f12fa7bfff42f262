"""What a person may say when submitting a JobSet.

There are two ways to say what runs: one role of equal pods (``--workers``), or several named roles (``--role``).
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from arena_core.args import CpuMemoryArgs, Duration, Names, SharedMemoryArgs, flag
from arena_core.families.args import SubmitArgs
from arena_job.args import EndArgs, ExitCodes
from arena_job.jobset.values import Chief, Commands, FailureRules, JobRole, Order, Roles

ROLES, ENDS, NETWORK = "Roles", "Run policy", "Network"
#: The role of ``--workers``.
WORKER = "worker"
#: A flag under each of the headings of help.
_roles = partial(flag, group=ROLES)
_run_policy = partial(flag, group=ENDS)
_network = partial(flag, group=NETWORK)


class JobSetFields(EndArgs, CpuMemoryArgs, SharedMemoryArgs, SubmitArgs):
    """The flags, and what follows from them."""

    NAME_LETTER_FIRST: ClassVar[bool] = True
    REQUIRES_IMAGE: ClassVar[bool] = False
    REQUIRES_COMMAND: ClassVar[bool] = False

    workers: int = flag(1, help="Pods of the one role, without --role.", ge=1, often=True, paths=("spec.parallelism",))
    roles: Roles = _roles(
        (),
        help="A named role: driver=1,gpus=0 or worker=4,jobs=2,image=..,gpus=..,cpu=..,memory=..,pod-retry=..,depends-on=A+B:complete; "
        "jobs times pods run; repeatable.",
        often=True,
        name="role",
        metavar="NAME=PODS[,...]",
        paths=("spec.replicatedJobs",),
    )
    role_commands: Commands = _roles(
        {}, help="Command of one role instead of the common one; repeatable.", name="role-command", often=True, metavar="ROLE=COMMAND"
    )
    startup_order: Order = _roles(
        "AnyOrder",
        help="Whether each role starts when the one before it is ready (InOrder), or all at once (AnyOrder).",
        paths=("spec.startupPolicy",),
    )
    success_on: Literal["All", "Any"] = _run_policy(
        "All",
        help="The job succeeds when all Jobs have succeeded (All), or with the first one (Any).",
        paths=("spec.successPolicy.operator", "spec.successPolicy"),
    )
    success_roles: Names = _run_policy(
        (),
        help="Role whose Jobs --success-on counts (none: all roles). The others are deleted then; repeatable.",
        name="success-role",
        metavar="ROLE",
        paths=("spec.successPolicy.targetReplicatedJobs",),
    )
    retry: int = flag(
        0,
        help="How often all Jobs are made anew after one of them has failed.",
        ge=0,
        paths=("spec.failurePolicy.maxRestarts", "spec.failurePolicy"),
    )
    pod_retry: int = _run_policy(
        0, help="How many pods of a Job may fail, and be replaced, before that Job fails.", ge=0, paths=("spec.backoffLimit",)
    )
    restart_strategy: Literal["Recreate", "BlockingRecreate"] = _run_policy(
        "Recreate",
        help="Whether new Jobs wait until all old pods are gone (BlockingRecreate).",
        paths=("spec.failurePolicy.restartStrategy",),
    )
    failure_rules: FailureRules = _run_policy(
        (),
        help="What to do when a Job fails: PodFailurePolicy=FailJobSet, driver/*=FailJobSet, *=RestartJobSetAndIgnoreMaxRestarts; the "
        "first that fits counts; repeatable.",
        name="failure-rule",
        metavar="[ROLE/]REASON=ACTION",
        paths=("spec.failurePolicy.rules",),
    )
    fail_on_exit_code: ExitCodes = _run_policy(
        (),
        help="Exit code that fails the whole job at once, without retries; repeatable.",
        metavar="CODE",
        paths=("spec.podFailurePolicy",),
    )
    running_timeout: Duration = _run_policy(
        0,
        help="Fail a Job when it has run this long, counted anew after a restart (1h30m; 0 = no limit).",
        paths=("spec.activeDeadlineSeconds",),
    )
    coordinator: Chief = _network(
        None,
        help="The pod that leads: its host name is the label jobset.sigs.k8s.io/coordinator of all pods, and its log comes first.",
        metavar="ROLE[/JOB[/POD]]",
        paths=("spec.coordinator",),
    )
    subdomain: str = _network(
        "",
        help="Name of the Service under which the pods find each other, as NAME-ROLE-JOB-POD.SUBDOMAIN (empty: the job's name).",
        metavar="NAME",
        paths=("spec.network.subdomain",),
    )
    dns_hostnames: bool = _network(
        True, help="Give the pods host names; --dns-hostnames=false leaves them out.", paths=("spec.network.enableDNSHostnames",)
    )
    publish_not_ready: bool = _network(
        True,
        help="Let pods be found before they are ready; --publish-not-ready=false makes them wait.",
        paths=("spec.network.publishNotReadyAddresses",),
    )

    def all_roles(self) -> tuple[JobRole, ...]:
        """Return the roles, whichever way they were said."""
        return self.roles or (JobRole(WORKER, self.workers),)

    def command_of(self, role: JobRole) -> str | None:
        """Return the command line of a role."""
        return self.role_commands.get(role.name) or role.command or self.command_line

    @property
    def total(self) -> int:
        """How many pods run when all do."""
        return sum(role.total for role in self.all_roles())

    @property
    def ends_early(self) -> bool:
        """Whether the job may have succeeded while pods still run, which are deleted then."""
        counted = [role for role in self.all_roles() if role.name in self.success_roles] if self.success_roles else self.all_roles()
        return len(counted) < len(self.all_roles()) or (self.success_on == "Any" and sum(role.jobs for role in counted) > 1)
