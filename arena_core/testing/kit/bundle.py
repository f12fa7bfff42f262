"""The type on the local cluster: its bundle loads, its kind is served, and what is built fits the kind's schema."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import pytest

from arena_core.contract.errors import InvalidArguments, PluginError
from arena_core.k8s import path as k8s_path
from arena_core.registry.discovery import Entry
from arena_core.testing.comparing import strict_schema
from arena_core.testing.kit.base import Kit
from arena_core.testing.matrix import rows

#: Groups of plain Kubernetes: the local cluster serves them without a bundle.
PLAIN = ("", "apps", "batch")


@functools.lru_cache(maxsize=64)
def _crds(of: Callable[[], Sequence[Mapping[str, Any]]]) -> tuple[Mapping[str, Any], ...]:
    """Return the CRDs of a bundle; unpacking them takes its time."""
    return tuple(of())


class BundleChecks(Kit):
    """What the local cluster needs to run the type."""

    #: The bundle, where no installed distribution offers it.
    bundle: ClassVar[Any] = None
    #: False where the local cluster does not run the type, though its distribution brings a bundle for others.
    runs_locally: ClassVar[bool] = True

    def _entry(self) -> Entry | None:
        resource = self.handle.job_type.resource
        for entry in self.registry.bundles():
            if entry.distribution == self.handle.distribution or entry.name in (self.handle.job_type.name, resource.plural):
                return entry
        return None

    def _bundle(self) -> Any:
        """Return the bundle whose CRDs serve this kind; skips where none is needed or none there."""
        pytest.importorskip("arena_local", reason="the local cluster is not installed")
        if self.served_as_plain():
            pytest.skip("plain Kubernetes serves the kind")
        if not self.runs_locally:
            pytest.skip("the local cluster does not run the kind")
        if self.bundle is not None:
            return self.bundle
        entry = self._entry()
        if entry is None:
            pytest.skip("there is no bundle for the local cluster")
        return self.registry.load(entry)

    def served_as_plain(self) -> bool:
        """Whether plain Kubernetes serves the kind, so that no bundle is needed."""
        return self.handle.job_type.resource.group in PLAIN

    def crd(self) -> Mapping[str, Any]:
        """Return the CRD that serves the kind; skips where there is none."""
        resource = self.handle.job_type.resource
        for crd in _crds(self._bundle().crds):
            spec = crd["spec"]
            served = resource.version in [version["name"] for version in spec["versions"]]
            if served and (spec["group"], spec["names"]["plural"]) == (resource.group, resource.plural):
                return crd
        pytest.skip("no CRD serves the kind, see test_its_bundle_serves_the_kind")

    def crd_of(self, api_version: str, kind: str) -> Mapping[str, Any]:
        """Return the CRD of the bundle that serves another kind, such as that of a request."""
        group, _, version = api_version.rpartition("/")
        for crd in _crds(self._bundle().crds):
            spec = crd["spec"]
            served = [one["name"] for one in spec["versions"]]
            if (spec["group"], spec["names"]["kind"]) == (group, kind) and version in served:
                return crd
        pytest.fail(f"no CRD of the bundle serves {kind}.{api_version}")

    def test_its_bundle_serves_the_kind(self) -> None:
        """The bundle loads, and one of its CRDs serves the kind in the version that is built."""
        resource = self.handle.job_type.resource
        try:
            crds = _crds(self._bundle().crds)
        except PluginError as error:
            pytest.fail(error.message)
        for crd in crds:
            spec = crd["spec"]
            if (spec["group"], spec["names"]["plural"]) == (resource.group, resource.plural):
                versions = [v["name"] for v in spec["versions"] if v.get("served")]
                assert spec["names"]["kind"] == resource.kind
                assert resource.version in versions, f"{resource.key} is served as {versions}, not as {resource.version}"
                return
        pytest.fail(f"no CRD of the bundle serves {resource.key}")

    def test_manifests_fit_the_crd(self) -> None:
        """A server that refuses unknown fields takes what is built, of every pair of the matrix, too."""
        jsonschema = pytest.importorskip("jsonschema")
        validator = jsonschema.Draft202012Validator(strict_schema(self.crd(), self.handle.job_type.resource.version))
        tried = refused = 0
        for raw in (*self.raws(), *(raw for row in rows(self.matrix) for raw in self._of_row(row))):
            tried += 1
            try:
                job = self.manifests(raw)[0]
            except InvalidArguments:  # two values that do not go together
                refused += 1
                continue
            wrong = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(job)]
            assert not wrong, f"{raw}: {'; '.join(wrong)}"
        assert refused <= tried // 4, f"{refused} of {tried} pairs of the matrix are refused: it proves little"

    def _of_row(self, row: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return the arguments of a row of the matrix; where some of its values do not go together, those of its pairs."""
        whole = dict(itertools.chain.from_iterable(each.items() for each in (self.minimal, *row)))
        try:
            self.parsed(whole)
        except InvalidArguments:
            return [{**self.minimal, **one, **other} for one, other in itertools.combinations(row, 2)]
        return [whole]

    def test_quota_counts_the_same_pods(self) -> None:
        """Where a queue counts the job's pods on the local cluster, it counts those that the type names."""
        resource = self.handle.job_type.resource
        quota = next((q for q in self._bundle().quota if q.resource == resource.key), None)
        if quota is None:
            pytest.skip("the bundle says nothing of quota for the kind")
        for raw in self.raws():
            job = self.job(raw)
            sets = quota.pod_sets(job)
            # Pods whose template the operator makes itself (the submitter of a RayJob) are no set of the object.
            counted = {found.name: found.count for found in sets if not found.path or k8s_path.get(job, found.path)}
            named = {found.name: found.replicas for found in self.pod_sets(job)}
            assert sum(counted.values()) == sum(named.values()), f"quota counts {counted}, the type names {named}"
