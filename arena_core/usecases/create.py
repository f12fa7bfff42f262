"""Create a job and what belongs to it: whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from arena_core.contract.errors import AlreadyExists, ArenaError, Cancelled, ClusterUnreachable, KindNotInstalled, NotFound
from arena_core.contract.types import FRESH_KEYS, JobHandle, Manifest, Resource
from arena_core.k8s import owners
from arena_core.kube.cluster import Cluster, Created
from arena_core.kube.refusals import Conflict
from arena_core.kube.resources import resource_of
from arena_core.kube.scope import CancelScope
from arena_core.usecases import marks, shared
from arena_core.usecases.ahead import together
from arena_core.usecases.finishing import finish
from arena_core.usecases.session import Session, not_installed
from arena_core.usecases.spoken import TYPE, of


def with_fresh_keys(obj: Manifest) -> Manifest:
    """Return a Secret that asks for an ssh key pair with one; every other object as it is."""
    names = [name for name in str(marks.annotations_of(obj).get(FRESH_KEYS, "")).split(",") if name]
    if obj.get("kind") != "Secret" or not names:
        return obj
    from arena_core.k8s.sshkeys import make_pair

    private, public = make_pair()
    keys = {name: public if number else private for number, name in enumerate(names)}
    return {**obj, "stringData": {**(obj.get("stringData") or {}), **keys}}


class Creation:
    """One submission on its way. ``run`` creates the job, then what it owns; whatever goes wrong, the job is deleted again."""

    def __init__(self, session: Session, handle: JobHandle, namespace: str, submit_id: str) -> None:
        self._cluster = session.cluster
        self._handle = handle
        self._namespace = namespace
        self._submit_id = submit_id
        self._name = ""
        self._created: Manifest | None = None
        self._asked = False
        #: What was to be there before the job: it has no owner until then.
        self._before: list[tuple[Resource, str]] = []
        self.warnings: list[str] = []

    def run(self, manifests: Sequence[Manifest], record: Callable[[Manifest], str]) -> list[Manifest]:
        """Create all objects and the record (``record`` takes the stored job and returns a warning); returns them as stored."""
        job, rest = manifests[0], [obj for obj in manifests[1:] if not marks.stands_before(obj)]
        self._name = job["metadata"]["name"]
        try:
            before = self._all_before([obj for obj in manifests[1:] if marks.stands_before(obj)])
            stored = [self._job(job)]
            noted: list[str] = []
            calls: list[Callable[[], Manifest | None]] = [lambda obj=obj: self._adopted(obj, stored[0]) for obj in before]  # type: ignore[misc]
            calls += [lambda obj=obj: self._child(obj, stored[0]) for obj in rest]  # type: ignore[misc]
            calls.append(lambda: noted.append(record(stored[0])))
            stored += [made for made in together(self._cluster, calls) if made is not None]
        # Ctrl-C, too: a job is there whole or not at all.
        except BaseException as error:
            done = not (self._asked or self._before) or finish(self._undo)
            if self._asked and not done and isinstance(error, ArenaError):
                error.hint = f"it is not known whether {self._name} was created: `arena get {self._name}` tells, `arena delete` removes it"
            raise
        self.warnings += [warning for warning in noted if warning]
        return stored

    def _job(self, job: Manifest) -> Manifest:
        resource = self._handle.job_type.resource
        self._asked = True
        try:
            created = self._create(resource, job)
        except AlreadyExists as error:
            self._asked = False
            raise self._exists(resource, error) from error
        except KindNotInstalled as error:
            self._asked = False
            raise not_installed(self._handle, error, local=self._cluster.is_local) from error
        except ArenaError as error:
            # A refusal is an answer: nothing was created. Of a server that cannot be reached nobody knows.
            self._asked = isinstance(error, ClusterUnreachable | Cancelled)
            raise
        self._created = created.object
        return created.object

    def _create(self, resource: Resource, obj: Manifest) -> Created:
        whole = with_fresh_keys(obj)
        created = self._cluster.create(resource, self._namespace, whole, is_own=lambda found: marks.made_by(found, self._submit_id))
        self.warnings += created.warnings
        if whole is obj:
            return created
        # What was made up here is nobody's to see.
        return created._replace(object={key: value for key, value in created.object.items() if key not in ("data", "stringData")})

    def _exists(self, resource: Resource, error: AlreadyExists) -> AlreadyExists:
        kind, name = resource.kind, self._name
        try:
            found = self._cluster.find(resource, self._namespace, name)
        except ArenaError:
            found = None
        if found is not None and marks.metadata_of(found).get("deletionTimestamp"):
            return AlreadyExists(
                f"{kind} {name} in namespace {self._namespace} is still being deleted",
                f"`arena wait {name} --for deleted`, then submit again",
            )
        server = found is not None and bool(marks.labels_of(found).get(TYPE))
        return AlreadyExists(
            f"{kind} {name} exists already in namespace {self._namespace}; nothing was changed",
            f"choose another {'--version' if server else '--name'}, or {of(found or {'metadata': {'name': name}}, 'delete')} first",
        )

    def _all_before(self, objects: Sequence[Manifest]) -> list[Manifest]:
        """Create what is to be there before the job, side by side; what refers to another of them may have to wait for it."""

        def attempt(obj: Manifest) -> Manifest | None:
            try:
                return self._early(obj)
            except NotFound:  # a binding, of a user who may only give what the role gives
                return None

        made = together(self._cluster, [lambda obj=obj: attempt(obj) for obj in objects])  # type: ignore[misc]
        return [found or self._early(obj) for obj, found in zip(objects, made, strict=True)]

    def _early(self, obj: Manifest) -> Manifest:
        if shared.is_shared(obj) and shared.there(self._cluster, self._namespace, obj) is not None:
            return obj
        self._before.append((resource_of(obj["apiVersion"], obj["kind"]), obj["metadata"]["name"]))
        return self._other(obj)

    def _adopted(self, obj: Manifest, job: Manifest) -> Manifest:
        if shared.is_shared(obj):
            return shared.adopt(self._cluster, self._namespace, obj, job, self._other)
        metadata = obj["metadata"]
        resource = resource_of(obj["apiVersion"], obj["kind"])
        change = {"metadata": {"uid": metadata["uid"], "ownerReferences": [marks.owner_reference(job)]}}
        return self._cluster.patch(resource, self._namespace, metadata["name"], change)

    def _child(self, obj: Manifest, job: Manifest) -> Manifest:
        obj["metadata"]["ownerReferences"] = [marks.owner_reference(job)]
        return self._other(obj)

    def _other(self, obj: Manifest) -> Manifest:
        metadata = obj["metadata"]
        resource = resource_of(obj["apiVersion"], obj["kind"])
        for pause in (0.0, 0.2, 0.8, 2.0):
            self._cluster.scope.sleep(pause)
            try:
                return self._create(resource, obj).object
            except AlreadyExists as error:
                self._make_room(resource, metadata["name"], error)
        raise AlreadyExists(f"{resource.kind} {metadata['name']} of an earlier job of this name does not go away", "try again later")

    def _make_room(self, resource: Resource, name: str, error: AlreadyExists) -> None:
        """Remove what an earlier job of the same name and kind has left and the garbage collector has not reached yet."""
        found = self._cluster.find(resource, self._namespace, name)
        if found is None:
            return
        if self._created is None and self._cluster.find(self._handle.job_type.resource, self._namespace, self._name) is not None:
            raise self._exists(self._handle.job_type.resource, error) from error  # what stands before a job that is there is its own
        metadata = marks.metadata_of(found)
        kind = self._handle.job_type.resource.kind
        named = any(r.get("kind") == kind and r.get("name") == self._name for r in owners.references(found))
        if not named and not self._abandoned(found):
            raise AlreadyExists(
                f"{resource.kind} {name}, which this job needs, exists in namespace {self._namespace} and belongs to something else",
                "choose another --name, or remove it",
            ) from error
        try:
            self._cluster.delete(resource, self._namespace, name, uid=str(metadata.get("uid", "")))
        except (NotFound, Conflict):
            pass

    def _abandoned(self, found: Manifest) -> bool:
        """Whether it was to be there before a job of this name, which then was never made: a submission was killed in between."""
        if any(owners.references(found)) or not marks.stands_before(found) or not marks.annotations_of(found).get(marks.SUBMIT_ID):
            return False
        return self._cluster.find(self._handle.job_type.resource, self._namespace, self._name) is None

    def _undo(self) -> None:
        """Delete the job and with it everything. Where it is unknown whether it was created, its submit id tells which is ours."""
        cluster = self._cluster.within(CancelScope())  # whoever has ended the call wants this done, too
        if self._asked:
            self._undo_job(cluster)
        for resource, name in self._before:
            found = cluster.find(resource, self._namespace, name)
            used = found is not None and shared.is_shared(found) and any(owners.references(found))
            if found is not None and marks.made_by(found, self._submit_id) and not used:
                try:
                    cluster.delete(resource, self._namespace, name, uid=str(found["metadata"]["uid"]))
                except NotFound:
                    pass

    def _undo_job(self, cluster: Cluster) -> None:
        resource = self._handle.job_type.resource
        for pause in (0.0, 0.3, 1.0):
            time.sleep(pause)
            found = self._created or cluster.find(resource, self._namespace, self._name)
            if found is None:
                continue  # perhaps the server is still at it
            if not marks.made_by(found, self._submit_id):
                return
            try:
                cluster.delete(resource, self._namespace, self._name, uid=str(found["metadata"]["uid"]))
            except NotFound:
                pass
            return
