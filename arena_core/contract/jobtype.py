"""What a plugin says of its job type, and the sets of pods of a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from arena_core.contract.building import Manifest, Resource, Scale, Wrapping
from arena_core.records import record
from arena_core.typed import Any, Literal


@record
class JobType:
    """What a plugin says of its job type.

    ``name`` is the entry point and the sub-command. ``resource`` is the custom resource. ``args`` is the model (``ArgsGroup``) of the
    submit flags (a subclass of ``arena_core.families.args.SubmitArgs``), or where it is, ``"arena_x.args:XArgs"`` (also a function that
    takes ``jobs`` and returns the model): reading commands never need it, and importing pydantic costs more than they do.
    ``display`` and ``shorthand`` are Arena's further spellings for ``-T``.
    ``selectors`` takes the job and returns the label selectors that find its pods (``job=x,role in (a,b)``); whose they are is told by
    owners. None finds none. ``leads`` says whether one of its pods is the chief, whose log is the job's; ``wrapping`` how it behaves
    inside another type, None if it cannot be.
    ``matches`` says which objects of the kind are this type's, where several types share it; one without it takes what no other claims,
    and where all have one, what none claims is nobody's. ``listed_by`` is a label selector that all its objects satisfy, where most
    objects of the kind are no jobs at all: only those are asked for. Types that share a kind name the same.
    ``suspend_path`` is the place of the switch that suspends a job (``spec.suspend``), ``suspend_check`` says why that of this very job
    may not be turned. Where an operator wants an object of its own for that, ``suspend_request`` stands in place of the path and makes
    the object of the job and True to suspend it, False to resume it; whether a job is suspended then says its status.
    ``scale`` names the roles whose size may be changed, ``scale_check`` says why there are none. ``update`` is the model of what
    ``arena_update`` takes (as ``args``; of ``ArgsGroup``, where a field that is not given changes nothing), empty where a live job
    cannot be changed.
    ``otherwise`` names a type that does the same on another kind, and is submitted in its place where the cluster does not serve this
    one; it takes the same flags.
    """

    name: str
    resource: Resource
    args: type[Any] | str | Callable[[Any], type[Any]]
    summary: str = ""
    display: str = ""
    shorthand: str = ""
    selectors: Callable[[Manifest], Sequence[str]] = lambda job: ()
    leads: bool = True
    container: str = ""
    wrapping: Wrapping | None = None
    matches: Callable[[Manifest], bool] | None = None
    listed_by: str = ""
    #: What it is there for: "batch" ends by itself, "service" is to be READY, "schedule" makes others at times.
    workload: Literal["batch", "service", "schedule"] = "batch"
    #: For ``workload="schedule"``: the types whose jobs it can make; none names any. Its model's field ``cron_type`` says which.
    makes: tuple[str, ...] = ()
    suspend_path: str = ""
    suspend_check: Callable[[Manifest], str] = lambda job: ""
    suspend_request: Callable[[Manifest, bool], Manifest] | None = None
    scale: Callable[[Manifest], Sequence[Scale]] = lambda job: ()
    scale_check: Callable[[Manifest], str] = lambda job: ""
    update: type[Any] | str = ""
    otherwise: str = ""
    #: Where the API comes from ("X is not installed on this cluster: ..."), and how its controller's image is called (``mpi-operator``).
    provider: str = ""
    operator: str = ""


@record
class PodSet:
    """Equal pods of a job: what wrapping and quota need.

    ``path`` is the place of the pod template inside the object, with dots and indices (``spec.pytorchReplicaSpecs.Master.template``,
    ``spec.tasks[0].template``), as AppWrapper's ``podSets[].path`` writes it; ``replicas`` the number of pods. ``ends`` says that they
    end by themselves (workers of MPI, parameter servers and the nodes of Ray do not), ``runs_command`` that their
    containers are given the user's command. ``said_at`` is the place of what the container is given (command, arguments, environment,
    resources) where that does not stand in the template, because the template only changes another one (``spec.trainer``). ``command`` is
    the command line of one that no container is given, as it is shown (the entrypoint of a Ray job).
    """

    name: str
    path: str
    replicas: int = 1
    ends: bool = True
    runs_command: bool = True
    said_at: str = ""
    command: str = ""
