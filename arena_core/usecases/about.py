"""What a job is: its roles with image, command, resources and the names of their variables, read from its own pod templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from arena_core.contract.errors import ArenaError
from arena_core.contract.types import Jobs, Manifest, PodSet
from arena_core.k8s import dig, path, podsize
from arena_core.records import record, replace
from arena_core.typed import Any
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: Where kinds say how often they try again; the field's own name is shown, since each counts in its own way.
_RETRIES = ("spec.runPolicy.backoffLimit", "spec.backoffLimit", "spec.maxRetry", "spec.failurePolicy.maxRestarts")


@record
class Role:
    """Equal pods of a job. ``requests`` are amounts in billionths; ``env`` names only, of values that may be secret nothing is kept."""

    name: str
    replicas: int
    image: str = ""
    command: str = ""
    requests: Mapping[str, int] = {}  # noqa: RUF012
    env: tuple[str, ...] = ()
    #: Where variables come from besides: ``Secret hub`` (every key), ``Secret hub (key TOKEN)``; again names only.
    env_from: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    node_selector: Mapping[str, str] = {}  # noqa: RUF012


@record
class About:
    """What a job is. ``retries`` names the field of its kind that limits them with its value; empty where it has none.

    ``group`` is the API group of its kind.
    """

    roles: tuple[Role, ...] = ()
    labels: Mapping[str, str] = {}  # noqa: RUF012
    nodes: tuple[str, ...] = ()
    retries: str = ""
    group: str = ""


def about(session: Session, job: Job) -> About:
    """Return what a job is; a plugin that cannot name its pods leaves the roles out."""
    try:
        sets = session.jobs.get(job.job_type).pod_sets(job.manifest, "quota")
    except ArenaError:
        sets = []
    container = _main(session, job)
    return About(
        tuple(role_of(session.jobs, job.manifest, one, container) for one in sets),
        dict(job.labels),
        tuple(dict.fromkeys(i.node for i in job.status.instances if i.node)),
        next((f"{p.rpartition('.')[2]} {v}" for p in _RETRIES if isinstance(v := path.get(job.manifest, p), int) and v > 0), ""),
        dig.text(job.manifest, "apiVersion").rpartition("/")[0],
    )


def role_of(jobs: Jobs, job: Manifest, one: PodSet, container: str = "") -> Role:
    """Return a set of pods as a role: inside a wrapper it is called as the type inside calls it, as with its instances."""
    inner = _inside(jobs, job, one)
    command = one.command or (inner.command if inner else "")
    found = role(inner.name if inner else one.name, one.replicas, _template(job, one, container), container)
    return replace(found, command=command) if command else found


def _inside(jobs: Jobs, job: Manifest, one: PodSet) -> PodSet | None:
    """Return a wrapper's set of pods as the type inside tells it; None where nothing is wrapped."""
    steps = path.steps(one.path)
    for end in range(len(steps) - 1, 0, -1):
        inner = path.get(job, steps[:end])
        if not isinstance(inner, Mapping) or not (dig.text(inner, "apiVersion") and dig.text(inner, "kind")):
            continue
        try:
            handle = jobs.for_object(inner)
            found = handle.pod_sets(dict(inner), "quota") if handle else []
        except ArenaError:
            break
        return next((own for own in found if path.steps(own.path) == steps[end:]), None)
    return None


def _template(job: Manifest, one: PodSet, container: str) -> Any:
    """Return the pod template of a set; what its container is given may stand elsewhere."""
    template = path.get(job, one.path)
    said = path.get(job, one.said_at) if one.said_at else None
    if not isinstance(said, Mapping) or not isinstance(template, Mapping):
        return template
    changed = [{**c, **said} if dig.text(c, "name") == container else c for c in dig.items(template, "spec", "containers")]
    return {**template, "spec": {**dig.mapping(template, "spec"), "containers": changed}}


def _main(session: Session, job: Job) -> str:
    try:
        return session.jobs.get(job.job_type).job_type.container
    except ArenaError:
        return ""


def role(name: str, replicas: int, template: Any, container: str = "") -> Role:
    """Read one pod template; total over any JSON. Of several containers the main one tells image, command and variables."""
    spec = dig.mapping(template, "spec")
    containers = list(dig.items(spec, "containers"))
    main: Mapping[str, Any] = next((c for c in containers if dig.text(c, "name") == container), next(iter(containers), {}))
    try:
        requests = podsize.requests(spec)
    except (ValueError, TypeError, AttributeError):
        requests = {}
    return Role(
        name,
        replicas,
        dig.text(main, "image"),
        words(main),
        {key: amount for key, amount in requests.items() if amount > 0},
        tuple(dig.text(e, "name") for e in dig.items(main, "env") if dig.text(e, "name")),
        tuple(dict.fromkeys(_sources(main))),
        tuple(_mounts(spec, main)),
        {k: v for k, v in dig.mapping(spec, "nodeSelector").items() if isinstance(v, str)},
    )


def _sources(container: Mapping[str, Any]) -> list[str]:
    """Return the Secrets and ConfigMaps of the variables, each with the key that is taken."""
    found = [text for one in dig.items(container, "envFrom") for text in _named(one, "Ref")]
    for one in dig.items(container, "env"):
        found += _named(dig.mapping(one, "valueFrom"), "KeyRef")
    return found


def _named(source: Mapping[str, Any], ending: str) -> list[str]:
    references = [(kind, dig.mapping(source, f"{field}{ending}")) for kind, field in (("Secret", "secret"), ("ConfigMap", "configMap"))]
    rows = [(kind, dig.text(one, "name"), dig.text(one, "key")) for kind, one in references]
    return [f"{kind} {name}" + (f" (key {key})" if key else "") for kind, name, key in rows if name]


def words(container: Mapping[str, Any]) -> str:
    """Return the command of a container in one line: of ``sh -c TEXT`` the text."""
    parts = [str(w) for field in ("command", "args") for w in _list(container.get(field))]
    if (
        len(parts) >= 3
        and parts[0].rpartition("/")[2] in ("sh", "bash", "dash", "zsh")
        and parts[1].startswith("-")
        and parts[1].endswith("c")
    ):
        return " ".join(parts[2:])
    import shlex

    return shlex.join(parts)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _mounts(spec: Mapping[str, Any], container: Mapping[str, Any]) -> list[str]:
    """Return ``claim data at /data`` for what comes from outside of the pod; folders of its own are left out."""
    claims = {}
    for volume in dig.items(spec, "volumes"):
        name = dig.text(volume, "name")
        if claim := dig.text(volume, "persistentVolumeClaim", "claimName"):
            claims[name] = f"claim {claim}"
        elif host := dig.text(volume, "hostPath", "path"):
            claims[name] = f"folder {host} of the node"
    places = ((dig.text(m, "name"), dig.text(m, "mountPath")) for m in dig.items(container, "volumeMounts"))
    return [f"{claims[name]} at {place}" for name, place in places if name in claims]
