"""One Kubernetes cluster as the rest of the core sees it: raw objects in and out, every refusal an ``ArenaError``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from arena_core.contract.errors import AlreadyExists, ArenaError, ClusterUnreachable, KindNotInstalled, NotFound, Refused
from arena_core.contract.types import Manifest, Resource
from arena_core.kube import shape
from arena_core.kube.answer import BadAnswer, decode
from arena_core.kube.endpoint import Endpoint
from arena_core.kube.managed import without
from arena_core.kube.resources import PODS, ListResult, path_of
from arena_core.kube.resources import SELF_SUBJECT_REVIEWS as REVIEWS
from arena_core.kube.scope import CancelScope
from arena_core.kube.transport import Answer, Stream, Transport
from arena_core.lazily import Logger, twin
from arena_core.records import replace
from arena_core.typed import TYPE_CHECKING, Any, NamedTuple, TypeVar

if TYPE_CHECKING:
    from arena_core.kube.discovery import Served
    from arena_core.kube.logoptions import LogOptions
    from arena_core.kube.streams import ExecSession

log = Logger(__name__)

T = TypeVar("T")

PAGE = 500
#: A million objects: whoever sends more pages means no good, or turns in a circle.
MAX_PAGES = 2000
#: The context of the embedded cluster.
LOCAL_CONTEXT = "arena-local"
FIELD_MANAGER = "arena"


class Created(NamedTuple):
    """What a create gave: the stored object, the server's warnings, and whether it was there from an earlier try of the same create."""

    object: Manifest
    warnings: tuple[str, ...] = ()
    recovered: bool = False


class Cluster:
    """An API server with a context and a default namespace. Safe for several threads.

    ``is_local`` says that this is the embedded cluster, ``started_local`` that it was chosen because nothing else is configured.
    """

    def __init__(self, endpoint: Endpoint, context: str = "", namespace: str = "default", user_name: str = "") -> None:
        self.endpoint = endpoint
        self.context = context
        self.namespace = namespace
        self.user_name = user_name
        self.is_local = context == LOCAL_CONTEXT
        self.started_local = False
        self.transport = Transport(endpoint)
        #: When all requests must be answered (``time.monotonic()``), or None; ``limited`` sets it.
        self.deadline: float | None = None
        self._versions: dict[str, Resource] = {}
        self._discovered: list[Served] = []

    def __repr__(self) -> str:
        return f"Cluster({self.server!r}, context={self.context!r}, namespace={self.namespace!r})"

    @property
    def server(self) -> str:
        """The server's address, fit to be shown."""
        return self.endpoint.display

    def close(self) -> None:
        """Close idle connections."""
        self.transport.close()

    def request(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None, **options: Any) -> Answer:
        """Send any request; the answer is returned whatever its status. For what the methods below do not cover."""
        return self.transport.request(method, path, query, body, deadline=self.deadline, **options)

    def limited(self, deadline: float | None) -> Cluster:
        """Return this cluster for whoever has until ``deadline`` (``time.monotonic()``): then every request is ``DeadlineExceeded``."""
        limited = twin(self)
        limited.deadline = min((d for d in (deadline, self.deadline) if d is not None), default=None)
        return limited

    @property
    def scope(self) -> CancelScope:
        """What the requests of this cluster end with."""
        return self.transport.scope

    def within(self, scope: CancelScope) -> Cluster:
        """Return this cluster for a call that ends with ``scope``."""
        found = twin(self)
        found.transport = self.transport.within(scope)
        return found

    def gather(self, calls: Sequence[Callable[[], T]]) -> Sequence[T | ArenaError]:
        """Run reads side by side; gives, in their order, what each returned or the ``ArenaError`` that it raised."""
        from arena_core.kube.gather import gather

        return gather(calls)

    def gather_soon(self, calls: Sequence[Callable[[], T]], patience: float) -> Sequence[T]:
        """Run calls one after the other until so many seconds have passed, the rest side by side; raises the first error."""
        from arena_core.kube.gather import soon

        return soon(calls, patience)

    def served(self) -> Served:
        """Return what the cluster serves; it is asked once, in one request."""
        if not self._discovered:
            from arena_core.kube.discovery import discover

            self._discovered.append(discover(self.request))
        return self._discovered[0]

    def settled(self, resource: Resource) -> Resource:
        """Return the kind in the first of its versions that the cluster serves, or in the first where the cluster does not tell."""
        if not resource.older:
            return resource
        if resource.key not in self._versions:
            served = self.served()
            choices = [replace(resource, version=version, older=()) for version in (resource.version, *resource.older)]
            found = next((choice for choice in choices if served.has(choice)), None)
            if found is None:
                return resource
            self._versions[resource.key] = found
        return self._versions[resource.key]

    def get(self, resource: Resource, namespace: str, name: str, **query: Any) -> Manifest:
        """Return one object; raises ``NotFound``, ``KindNotInstalled``, ``PermissionDenied`` ..."""
        return self._read("get", resource, namespace, name, query)

    def find(self, resource: Resource, namespace: str, name: str, **query: Any) -> Manifest | None:
        """Return one object, or None if there is none of this name."""
        try:
            return self.get(resource, namespace, name, **query)
        except NotFound:
            return None

    def list(
        self, resource: Resource, namespace: str = "", *, label_selector: str = "", field_selector: str = "", limit: int = PAGE
    ) -> ListResult:
        """Return all objects of a namespace ("" = every namespace), page by page; an expired page token starts again."""
        for attempt in range(3):
            try:
                return self._list(resource, namespace, label_selector, field_selector, limit if attempt < 2 else 0)
            except Refused as error:
                if not getattr(error, "gone", False):
                    raise
                log.debug("the list of %s changed while it was read, reading it again", resource.key)
        return self._list(resource, namespace, label_selector, field_selector, 0)

    def version_of(self, resource: Resource, namespace: str = "") -> str:
        """Return the resource version of a collection as it is now, for the price of one object: where a watch may begin."""
        return str(self._read("list", resource, namespace, "", {"limit": 1})["metadata"].get("resourceVersion") or "")

    def _list(self, resource: Resource, namespace: str, label_selector: str, field_selector: str, limit: int) -> ListResult:
        items: list[Manifest] = []
        query: dict[str, Any] = {"labelSelector": label_selector, "fieldSelector": field_selector, "limit": limit or None}
        for _ in range(MAX_PAGES):
            data = self._read("list", resource, namespace, "", query)
            version = self._versions[resource.key].api_version
            for item in data["items"]:
                item.setdefault("apiVersion", version)
            items += data["items"]
            token = data["metadata"].get("continue")
            if not token:
                return ListResult(items, str(data["metadata"].get("resourceVersion") or ""))
            if token == query.get("continue"):
                raise BadAnswer(f"the list of {resource.plural} comes back to the page it came from", "a proxy may be in the way")
            query["continue"] = token
        raise BadAnswer(f"the list of {resource.plural} has no end ({len(items)} so far)", "is this really a Kubernetes API server?")

    def _read(self, verb: str, resource: Resource, namespace: str, name: str, query: Mapping[str, Any]) -> Manifest:
        """Read in the newest version that the cluster serves: which one that is, is asked once."""
        choices = [resource, *(replace(resource, version=v, older=()) for v in resource.older)]
        known = self._versions.get(resource.key, resource)
        missing: KindNotInstalled | None = None
        for choice in sorted(choices, key=lambda c: c != known):
            answer = self.request("GET", path_of(choice, namespace, None if verb == "list" else name), query)
            try:
                data = self._data(answer, verb, choice, namespace, name)
                found = shape.listed(data, choice) if verb == "list" else shape.checked(data, verb, choice, name)
            except KindNotInstalled as error:
                missing = missing or error
                continue
            except NotFound:
                self._versions[resource.key] = choice
                raise
            self._versions[resource.key] = choice
            return found
        assert missing is not None
        raise missing

    def serves(self, resource: Resource, namespace: str = "") -> bool | None:
        """Return whether the cluster serves the kind; None where that cannot be known. Asks by a list of one."""
        try:
            self._read("list", resource, namespace, "", {"limit": 1})
        except KindNotInstalled:
            return False
        except ArenaError:
            return None
        return True

    def create(
        self,
        resource: Resource,
        namespace: str,
        obj: Manifest,
        *,
        dry_run: bool = False,
        strict: bool = True,
        is_own: Callable[[Manifest], bool] | None = None,
    ) -> Created:
        """Create an object.

        With ``is_own`` the request is repeated when the connection breaks: if the object then exists, ``is_own`` tells from what is
        stored whether an earlier try of this very create made it. Without it a create is never sent twice on a guess.
        """
        resource = self.settled(resource)
        name = str((obj.get("metadata") or {}).get("name") or "")
        query = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict" if strict else "Warn", "dryRun": "All" if dry_run else None}
        answer = self.request("POST", path_of(resource, namespace), query, obj, repeatable=dry_run or is_own is not None)
        try:
            stored = self._object(answer, "create", resource, namespace, name)
        except AlreadyExists:
            if answer.tries == 1 or is_own is None or dry_run:
                raise
            found = self.find(resource, namespace, name)
            if found is None or not is_own(found):
                raise
            return Created(found, recovered=True)
        return Created(stored, _warnings(answer.headers))

    def replace(self, resource: Resource, namespace: str, obj: Manifest) -> Manifest:
        """Replace an object (PUT)."""
        resource = self.settled(resource)
        name = str(obj["metadata"]["name"])
        answer = self.request("PUT", path_of(resource, namespace, name), {"fieldManager": FIELD_MANAGER}, obj)
        return self._object(answer, "update", resource, namespace, name)

    def patch(self, resource: Resource, namespace: str, name: str, patch: Any, *, subresource: str = "", dry_run: bool = False) -> Manifest:
        """Apply a JSON merge patch."""
        resource = self.settled(resource)
        answer = self.request(
            "PATCH",
            path_of(resource, namespace, name, subresource),
            {"fieldManager": FIELD_MANAGER, "dryRun": "All" if dry_run else None},
            patch,
            content_type="application/merge-patch+json",
            repeatable=True,
        )
        data = self._data(answer, "patch", resource, namespace, name)
        return data if subresource else shape.checked(data, "patch", resource, name)

    def delete(
        self,
        resource: Resource,
        namespace: str,
        name: str,
        *,
        propagation: str = "Background",
        uid: str = "",
        grace: int | None = None,
        dry_run: bool = False,
    ) -> Manifest | None:
        """Delete an object and return it, or the Status that says that it is gone; raises ``NotFound``.

        With ``uid`` only that very object is deleted (``Conflict`` if the name now belongs to another).
        """
        resource = self.settled(resource)
        options: dict[str, Any] = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        if dry_run:
            options["dryRun"] = ["All"]
        answer = self.request("DELETE", path_of(resource, namespace, name), None, options)
        if answer.status == 404 and answer.tries > 1:
            return None  # an earlier try, whose answer was lost, has deleted it
        return shape.deleted(self._data(answer, "delete", resource, namespace, name), resource, name)

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        timeout: float | None = None,
        stop: Callable[[], bool] = lambda: False,
        opened: Callable[[Stream], None] = lambda stream: None,
        known: Iterable[Manifest] = (),
    ) -> Iterator[tuple[str, Manifest]]:
        """Yield (ADDED | MODIFIED | DELETED, object) until ``timeout`` seconds have passed; broken connections are resumed.

        Without ``resource_version`` it begins with what is there (as ADDED). After a gap that the server cannot fill (410) the
        collection is listed again: what is new comes as ADDED, what may have changed as MODIFIED, what vanished as DELETED.
        ``known`` is what the caller has seen at ``resource_version``, so that its disappearance during a gap can be told.
        ``opened`` is given every stream: another thread ends the watch by making ``stop`` true and closing it.
        """
        from arena_core.kube.watch import Watch

        def read() -> ListResult:
            return self.limited(deadline).list(resource, namespace, label_selector=label_selector, field_selector=field_selector)

        deadline = self.limited(None if timeout is None else time.monotonic() + timeout).deadline
        query = {"labelSelector": label_selector, "fieldSelector": field_selector}
        return Watch(self.transport, self.settled(resource), namespace, query, read, deadline, stop, opened).events(resource_version, known)

    def stream_logs(self, namespace: str, pod: str, options: LogOptions | None = None) -> Iterator[bytes]:
        """Yield the log of a container line by line, over broken connections without gap or repetition, or raise."""
        from arena_core.kube.logoptions import LogOptions
        from arena_core.kube.logstream import stream

        return stream(self.transport, namespace, pod, options or LogOptions(), lambda: self.find(PODS, namespace, pod))

    def exec(
        self,
        namespace: str,
        pod: str,
        command: Sequence[str],
        *,
        container: str = "",
        stdin: bool = False,
        tty: bool = False,
        attach: bool = False,
    ) -> ExecSession:
        """Run a command in a container (or, with ``attach``, join its own streams) over a websocket."""
        from arena_core.kube.streams import open_session

        return open_session(self.transport, namespace, pod, command, container=container, stdin=stdin, tty=tty, attach=attach)

    def who_am_i(self) -> str:
        """Return the user name that the server knows us by (SelfSubjectReview)."""
        body = {"apiVersion": REVIEWS.api_version, "kind": REVIEWS.kind}
        answer = self.request("POST", path_of(REVIEWS, ""), None, body, repeatable=True)
        review = self._object(answer, "create", REVIEWS, "", "")
        return str(((review.get("status") or {}).get("userInfo") or {}).get("username") or "")

    def _object(self, answer: Answer, verb: str, resource: Resource, namespace: str, name: str) -> Manifest:
        return shape.checked(self._data(answer, verb, resource, namespace, name), verb, resource, name)

    def _data(self, answer: Answer, verb: str, resource: Resource, namespace: str, name: str) -> Any:
        """Return what a 2xx answer holds; what the server refuses is raised."""
        if not answer.ok:
            # Imported when something is refused: its patterns cost more than a small list.
            from arena_core.kube.refusals import refusal

            acting_as = next(iter(self.endpoint.impersonate.get("Impersonate-User", ())), "")
            raise refusal(answer.status, answer.body, verb=verb, resource=resource, namespace=namespace, name=name, acting_as=acting_as)
        try:
            return decode(without(answer.body)) if verb == "list" and answer.body else answer.json()
        except ValueError:
            raise _not_json(answer, self.server) from None


def _not_json(answer: Answer, server: str) -> ClusterUnreachable:
    """Say what answers instead of an API server: mostly a page to sign in to a network."""
    page = answer.headers.get("content-type", "").startswith("text/html") or answer.body.lstrip()[:1] == b"<"
    what = "a web page" if page else "something that is not JSON"
    return BadAnswer(
        f"{server} answers with {what} ({answer.status}): it is not a Kubernetes API server, or a proxy answers in its place",
        "check `server` in the kubeconfig, and whether the network or a proxy asks you to sign in",
    )


def _warnings(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts of ``Warning: 299 - "..."`` headers."""
    found = []
    for line in headers.get("warning", "").split("\n"):
        _, quote_mark, rest = line.partition('"')
        if quote_mark:
            found.append(rest.rpartition('"')[0].replace('\\"', '"'))
    return tuple(found)
