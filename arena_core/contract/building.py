"""What a job type builds with: kinds, problems and notes, objects in order, how it behaves inside another type, what may be scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from arena_core.records import field, record
from arena_core.typed import Any

#: A Kubernetes object as a plain dict, just as it is in JSON.
Manifest = dict[str, Any]


@record
class Resource:
    """A kind of Kubernetes object and where its collection is served.

    ``group`` is empty for the core group; ``plural`` is the last part of the collection's URL. ``older`` are further versions in order
    of preference: on a cluster that does not serve ``version`` the first of them that it serves is read and built.
    """

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    older: tuple[str, ...] = ()

    @property
    def api_version(self) -> str:
        """``group/version``, or the bare version for the core group, as in ``apiVersion``."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def key(self) -> str:
        """``plural.group`` (``pytorchjobs.kubeflow.org``), or the bare plural for the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def matches(self, obj: Mapping[str, Any]) -> bool:
        """Whether ``obj`` is of this group and kind, in whatever version."""
        group = str(obj.get("apiVersion", "")).rpartition("/")[0]
        return obj.get("kind") == self.kind and group == self.group


@record
class Problem:
    """One thing that is wrong with what the user asked for.

    ``field`` is the name of a field of the argument model (``workers``; the border turns it into ``--workers``), or empty
    where no single field is to blame. ``message`` says what is wrong and what was expected; ``hint`` what to do next.
    """

    message: str
    field: str = ""
    hint: str = ""


@record
class Note:
    """One thing that the user should know and that stops nothing; beside ``Problem`` in ``arena_validate`` and ``arena_preflight``."""

    message: str
    field: str = ""
    hint: str = ""


@record
class Build:
    """What ``arena_build_manifests`` is told besides the arguments: the resource to build for, and whether the job stands in another.

    ``settled`` returns another kind in the version that the cluster serves: that of the job inside, which ``Inner.build`` asks for.
    """

    resource: Resource
    wrapped: bool = False
    settled: Callable[[Resource], Resource] = lambda resource: resource


#: The annotation of what is created before the job, and belongs to it afterwards.
BEFORE = "arena.kubeflow.org/created-before-the-job"
#: On a job and its pods: the digest of the folder that --workdir brought; on the ConfigMap that holds it, too.
WORKDIR = "arena.kubeflow.org/workdir"
#: Which submission made an object: a create whose answer was lost knows its own by it, and jobs of old Arena have none.
SUBMIT_ID = "arena.kubeflow.org/submit-id"


#: The label by which types that share a kind know their own inside a wrapper, too, which writes its own name over Arena's ``app``.
JOB_TYPE = "arena.kubeflow.org/job-type"
#: The annotation of a Secret that is filled when it is created, so that building stays pure: the names under which a fresh ssh key pair
#: stands in it, the private key's first, then those of the public key.
FRESH_KEYS = "arena.kubeflow.org/fresh-ssh-keys"


@record
class Manifests:
    """What ``arena_build_manifests`` may return in place of a list: the job, what must be there before it (an account), and the rest."""

    job: Manifest
    before: tuple[Manifest, ...] = ()
    beside: tuple[Manifest, ...] = ()


@record
class Wrapping:
    """How a job type behaves inside another one, such as an AppWrapper. Names of fields are those of its argument model.

    ``forced`` holds inside whatever was given, ``defaults`` are other defaults there, as the model holds them. ``renamed`` is flag of
    the wrapper → field, where the field's own name means something else in the wrapper; ``shared`` is flag of the wrapper → fields that
    it fills where they are not given (``cpu`` for every role). ``warn`` takes the arguments and says what will not go well inside.
    ``usual`` makes it the type that a wrapper carries where none is named. ``failure_seen``: a wrapper's operator sees that this kind
    has failed by the job's own condition; of the others it only counts pods.
    """

    forced: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    warn: Callable[[Any], Sequence[Note]] = lambda args: ()
    usual: bool = False
    failure_seen: bool = False


@record
class Rescale:
    """How another size is asked for: what runs meanwhile, how long it may take (seconds), how often it is tried again."""

    script: str = ""
    timeout: int = 60
    retry: int = 0
    env: Mapping[str, str] = field(default_factory=dict)


@record
class Scale:
    """A role of a job whose number of pods may be changed while it runs: where the number stands, and between which bounds it may be.

    Where an operator wants an object of its own for that, ``request`` makes it of the job, the number that there is (``now``), the new
    one and a ``Rescale``; it is created under a name of its own, and the job itself stays as it is.
    """

    role: str
    path: str
    minimum: int = 0
    maximum: int | None = None
    now: int | None = None
    request: Callable[[Manifest, int, int, Rescale], Manifest] | None = None
