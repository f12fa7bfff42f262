"""What a job type's author gives to the kit, and what every part of it works from."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import pytest

from arena_core.args import chosen_model, parse
from arena_core.contract.errors import PluginError
from arena_core.contract.types import JobView, Manifest, PodSet
from arena_core.k8s import dig
from arena_core.k8s import path as k8s_path
from arena_core.k8s.selectors import parse as parse_selector
from arena_core.registry import Registry
from arena_core.registry.handle import JobTypeHandle
from arena_core.testing.samples import Sample, merged
from arena_core.testing.seen import seen

UID = "11111111-2222-3333-4444-555555555555"


@functools.lru_cache(maxsize=1)
def _installed() -> Registry:
    return Registry(environ={})


@functools.lru_cache(maxsize=64)
def loaded(plugin: ModuleType) -> tuple[JobTypeHandle, Registry]:
    """Return a job type behind the core's own handle, beside all that is installed."""
    name = plugin.arena_job_type().name
    if name in _installed().names():
        return _installed().get(name), _installed()
    registry = Registry(environ={})
    return registry.add(plugin), registry


class Kit:
    """Base of the kit's parts: the attributes that a subclass sets, and the job made of them."""

    #: The module of the hooks.
    plugin: ClassVar[ModuleType]
    #: Raw arguments, as few as it takes; ``full`` are more of them, in which flags that need each other stand together.
    minimal: ClassVar[Mapping[str, Any]]
    full: ClassVar[Mapping[str, Any]] = {}
    #: Group of flags → values to try, as raw arguments (``arena_core.testing.matrix``): every pair of two groups is built.
    matrix: ClassVar[Mapping[str, Sequence[Mapping[str, Any]]]] = {}
    #: Moments of a job's life, for every phase that it can be in.
    samples: ClassVar[Sequence[Sample]] = ()
    #: Field → raw arguments in which it has an effect, where that cannot be guessed; without it they are valid, too.
    effects: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    #: Keys of labels that the operator, not this type, puts on the pods.
    operator_labels: ClassVar[Sequence[str]] = ()
    #: Keys that the status of this kind looks at, so that arbitrary objects have them often.
    keys: ClassVar[Sequence[str]] = ()
    #: How many arbitrary inputs each property is tried with.
    examples: ClassVar[int] = 30

    @property
    def handle(self) -> JobTypeHandle:
        """The job type behind the core's own handle."""
        return self._loaded()[0]

    @property
    def registry(self) -> Registry:
        """The registry that holds it beside every installed type."""
        return self._loaded()[1]

    def _loaded(self) -> tuple[JobTypeHandle, Registry]:
        try:
            return loaded(self.plugin)
        except PluginError as error:
            pytest.skip(f"the plugin does not load, see test_the_plugin_loads: {error.message}")

    @property
    def model(self) -> type[Any]:
        """The argument model: of a wrapper the one that ``minimal`` chooses."""
        return chosen_model(self.any_model, self.minimal)

    @property
    def any_model(self) -> type[Any]:
        """The argument model as the type names it."""
        try:
            return self.handle.args_model
        except PluginError as error:
            pytest.skip(f"the argument model cannot be had, see test_the_argument_model_loads: {error.message}")

    def raws(self) -> list[dict[str, Any]]:
        """Return the sets of raw arguments that the kit builds from."""
        return [dict(self.minimal), *([{**self.minimal, **self.full}] if self.full else [])]

    def parsed(self, raw: Mapping[str, Any]) -> Any:
        """Return the arguments of raw ones; a wrapper's model depends on what they choose."""
        return parse(self.any_model, raw)

    def manifests(self, raw: Mapping[str, Any]) -> list[Manifest]:
        """Return what is built from raw arguments."""
        return self.handle.build_manifests(self.parsed(raw))

    def job(self, raw: Mapping[str, Any] | None = None) -> Manifest:
        """Return the job that is built from raw arguments (``minimal``), as if the server had it."""
        built = self.manifests(self.minimal if raw is None else raw)[0]
        job: Manifest = merged(built, {"metadata": {"uid": UID, "namespace": "default", "creationTimestamp": "2026-01-01T00:00:00Z"}})
        return job

    def views(self) -> Iterator[tuple[Sample, JobView]]:
        """Yield each sample with the job as a hook sees it."""
        for sample in self.samples:
            if "apiVersion" in sample.job:
                yield sample, seen(sample.job, sample.pods, sample.related)
                continue
            job = merged(self.job(), sample.job)
            owner = {"apiVersion": job["apiVersion"], "kind": job["kind"], "name": job["metadata"]["name"], "uid": UID, "controller": True}
            meta = {"metadata": {"namespace": "default", "labels": self.selector(job), "ownerReferences": [owner]}}
            yield sample, seen(job, [merged(pod, meta) for pod in sample.pods], sample.related)

    def selector(self, job: Manifest) -> dict[str, str]:
        """Return the labels that the first selector of a job's pods asks for with one value each."""
        asked = next((parse_selector(text) for text in self.handle.job_type.selectors(job)), ())
        return {one.key: next(iter(one.values)) for one in asked if one.op == "In" and len(one.values) == 1}

    def pod_sets(self, job: Manifest) -> list[PodSet]:
        """Return all sets of pods of a job."""
        return self.handle.pod_sets(job, "quota")

    def templates(self, job: Manifest) -> list[tuple[PodSet, Manifest]]:
        """Return the sets of pods whose pod template is there, each with it."""
        found = ((one, template_of(job, one.path)) for one in self.pod_sets(job))
        return [(one, template) for one, template in found if list(dig.items(template, "spec", "containers"))]


def template_of(job: Manifest, path: str) -> Any:
    """Return what lies at a pod set's path, or None."""
    return k8s_path.get(job, path)
