"""What every job type must do, as a test class to subclass::

    from arena_core.testing.conformance import JobTypeConformance
    from arena_echo import plugin


    class TestEcho(JobTypeConformance):
        plugin = plugin
        minimal = {"name": "x", "image": "busybox", "command": "true"}

A test of this class cannot be overridden: what a job type promises is the same for all. Needs pytest and hypothesis.
"""

from __future__ import annotations

import copy
import inspect
import json
import socket
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.args import chosen_model, flag_specs, json_schema, parse, to_job_file
from arena_core.contract.errors import InvalidArguments, PluginError
from arena_core.contract.types import JobStatus, LogQuery, Phase
from arena_core.registry import Registry
from arena_core.registry.handle import JobTypeHandle
from arena_core.testing.seen import seen
from arena_core.testing.texts import environment, expand

#: Keys that status code looks at so often that arbitrary JSON with them goes deep.
KEYS = (
    *("metadata", "name", "labels", "uid", "kind", "ownerReferences", "spec", "status", "phase", "conditions", "type", "reason", "message"),
    *("containerStatuses", "state"),
)


def json_values(*keys: str) -> st.SearchStrategy[Any]:
    """Return arbitrary JSON in whose objects the usual keys and these occur often."""
    names = st.sampled_from([*KEYS, *keys]) | st.text(max_size=6)
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=20,
    )


def json_objects(*keys: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return arbitrary JSON objects in which the usual keys and these occur often."""
    return st.dictionaries(st.sampled_from([*KEYS, *keys]), json_values(*keys), max_size=6)


OBJECT = json_objects()
#: Text as a person may type it: no NUL, which no process can be given, and no lone surrogates.
TYPED = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30) | st.sampled_from(
    [
        "a: b",
        "run #42",
        '{"lr": 0.1}',
        "* -x",
        "two\nlines",
        'say "hi"',
        "it's",
        "$$",
        "$(gpus)",
        "kill $$; echo $(TYPED) $$(TYPED) $((1+1))",
        "{{ .Values.x }}",
        "true",
        "123",
        "\\",
        "ü",
    ]
)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


class JobTypeConformance:
    """Subclass it as ``TestX`` with ``plugin`` (the module of the hooks), ``minimal`` and, where useful, ``full`` (raw arguments)."""

    plugin: ClassVar[ModuleType]
    minimal: ClassVar[Mapping[str, Any]]
    full: ClassVar[Mapping[str, Any]] = {}
    #: Keys that the status of this kind looks at, so that arbitrary objects have them often.
    keys: ClassVar[Sequence[str]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        taken = [name for name in vars(cls) if name.startswith("test_") and hasattr(JobTypeConformance, name)]
        if taken:
            raise TypeError(f"{cls.__name__} must not override {', '.join(taken)}: give tests of your own other names")

    @property
    def handle(self) -> JobTypeHandle:
        """The job type behind the core's own handle."""
        registry = Registry(environ={})
        name = self.plugin.arena_job_type().name
        return registry.get(name) if name in registry.names() else registry.add(self.plugin)

    def _all(self) -> list[Mapping[str, Any]]:
        return [self.minimal, *([{**self.minimal, **self.full}] if self.full else [])]

    def test_plugin_is_sound(self) -> None:
        """The plugin loads, its hooks fit the contract, and its model is one."""
        handle = self.handle
        assert handle.job_type.summary, "JobType.summary says in one line what the job type is"
        assert handle.args_model.model_config.get("extra") == "forbid", "an unknown option must be refused"
        assert handle.args_model.model_config.get("frozen"), "arguments must not change after they were read"

    def test_hooks_have_docstrings(self) -> None:
        """Every hook says what it does."""
        hooks = [f for n, f in inspect.getmembers(self.plugin, inspect.isfunction) if n.startswith("arena_")]
        bare = [hook.__name__ for hook in hooks if not inspect.getdoc(hook)]
        assert not bare, f"without a docstring: {bare}"

    def test_flags_are_described_and_distinct(self) -> None:
        """Every flag has a help text and a group; no two share a spelling."""
        specs = flag_specs(chosen_model(self.handle.args_model, self.minimal))
        assert not [s.field for s in specs if not s.help or not s.group]
        names = [name for s in specs for name in (*s.names, *s.old, *([s.short] if s.short else []))]
        assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)

    def test_schema_accepts_the_job_file(self) -> None:
        """The JSON Schema is sound, and the job file that says the same as the arguments fits it and reads back equal."""
        jsonschema = pytest.importorskip("jsonschema")
        handle = self.handle
        schema = json_schema(handle.job_type.name, handle.args_model)
        jsonschema.Draft202012Validator.check_schema(schema)
        for raw in self._all():
            args = parse(handle.args_model, raw)
            file = json.loads(json.dumps(to_job_file(handle.job_type.name, args)))
            jsonschema.validate(file, schema)
            again = parse(handle.args_model, {key: value for key, value in file.items() if key != "type"})
            assert again == args

    def test_missing_arguments_are_problems(self) -> None:
        """No arguments at all: all required ones are named at once."""
        with pytest.raises(InvalidArguments) as caught:
            parse(self.handle.args_model, {})
        assert "name" in {problem.field for problem in caught.value.problems}

    def test_manifests_are_json(self) -> None:
        """The first object is the job, under its name; all of them are plain JSON with a kind and a name of their own."""
        handle = self.handle
        for raw in self._all():
            manifests = handle.build_manifests(parse(handle.args_model, raw))
            assert json.loads(json.dumps(manifests)) == manifests
            assert manifests[0]["metadata"]["name"] == raw["name"]
            names = [(m["apiVersion"], m["kind"], m["metadata"]["name"]) for m in manifests]
            assert len(names) == len(set(names))

    def test_building_is_pure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The same arguments give equal objects that share nothing, without a network, and stay as they were."""
        handle = self.handle

        def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError("building manifests must not open a connection")

        for raw in self._all():
            args = parse(handle.args_model, raw)
            before = copy.deepcopy(args)
            with monkeypatch.context() as patch:
                patch.setattr(socket, "socket", refuse)
                first = handle.build_manifests(args)
                kept = copy.deepcopy(first)
                first[0]["metadata"].setdefault("labels", {})["changed"] = "yes"
                second = handle.build_manifests(args)
            assert second == kept
            assert args == before

    def test_pod_sets_lead_to_pod_templates(self) -> None:
        """Every path of a pod set leads to a pod template with containers."""
        handle = self.handle
        for raw in self._all():
            job = handle.build_manifests(parse(handle.args_model, raw))[0]
            sets = handle.pod_sets(job)
            assert sets, "a job has at least one set of pods"
            for found in sets:
                assert follow(job, found.path)["spec"]["containers"], found.path
                assert found.replicas >= 0

    @QUICK
    @given(command=TYPED.filter(str.strip), value=TYPED)
    def test_the_container_gets_what_was_typed(self, command: str, value: str) -> None:
        """Command, environment and annotations arrive unchanged, whatever characters they have."""
        handle = self.handle
        fields = chosen_model(handle.args_model, self.minimal).model_fields
        if not {"command", "env"} <= set(fields):
            return
        notes = {"annotations": {"note": value}} if "annotations" in fields else {}
        args = parse(handle.args_model, {**self.minimal, "command": command, "env": {"TYPED": value}, **notes})
        job = json.loads(json.dumps(handle.build_manifests(args)[0]))
        assert not notes or job["metadata"]["annotations"]["note"] == value
        for found in handle.pod_sets(job):
            containers = follow(job, found.path)["spec"]["containers"]
            assert any(self._has(c, command, value) for c in containers), found.path

    @staticmethod
    def _has(container: Mapping[str, Any], command: str, value: str) -> bool:
        env = environment(container)
        words = [expand(word, env) for word in (*container.get("command", ()), *container.get("args", ()))]
        return command in words and env.get("TYPED") == value

    @QUICK
    @given(data=st.data())
    def test_status_is_total(self, data: st.DataObject) -> None:
        """Whatever object comes, there is a status and never an exception; neither do pod sets, reasons and finders fail."""
        handle = self.handle
        some = json_objects(*self.keys)
        job, pods, related = data.draw(some), data.draw(st.lists(some, max_size=3)), data.draw(st.lists(some, max_size=3))
        status = handle.status(seen(job, pods, related))
        assert isinstance(status, JobStatus)
        assert status.reason != "PluginFailed", status.message
        assert isinstance(status.phase, Phase)
        handle.pod_sets(job)
        handle.explain(seen(job, pods, related))
        handle.related(seen(job, None, related))

    def test_status_of_a_new_job(self) -> None:
        """A job that was just created is waiting, and it says how many pods it wants."""
        handle = self.handle
        job = handle.build_manifests(parse(handle.args_model, self.minimal))[0]
        status = handle.status(seen(job))
        assert status.phase in (Phase.PENDING, Phase.QUEUING, Phase.SUSPENDED)
        assert status.instances == ()
        assert status.replicas >= 1

    def test_logs_of_a_job_without_pods(self) -> None:
        """Without pods there is no stream, and no failure."""
        handle = self.handle
        job = handle.build_manifests(parse(handle.args_model, self.minimal))[0]
        assert handle.log_sources(seen(job), LogQuery(all_instances=True)) == []

    def test_a_second_plugin_of_this_name_is_refused(self) -> None:
        """The registry never takes a second job type of one name."""
        registry = Registry(environ={})
        if self.plugin.arena_job_type().name not in registry.names():
            registry.add(self.plugin)
        with pytest.raises(PluginError):
            registry.add(self.plugin)


def follow(obj: Any, path: str) -> Any:
    """Return what lies at a pod set's path: keys with dots, indices in brackets."""
    for part in path.replace("[", ".[").split("."):
        obj = obj[int(part[1:-1])] if part.startswith("[") else obj[part]
    return obj
