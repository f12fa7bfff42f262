"""The registry with modules added by hand; really installed plugins are tried in tests/packaging."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from arena_core.client import ArenaClient
from arena_core.contract import hookspecs
from arena_core.contract.errors import InvalidArguments, PluginBroken, PluginError, UnknownJobType
from arena_core.contract.hookspecs import hookimpl
from arena_core.contract.types import JobStatus, JobType, LogQuery, Phase, Problem, Resource, SubmitRequest, Target
from arena_core.installed import Offer, blocked, normalized, switched_on
from arena_core.registry import Entry, Registry
from arena_core.registry.discovery import chosen
from arena_core.registry.extensions import ExtensionCaller
from arena_core.testing import dummy
from arena_core.testing.seen import seen

THING = Resource("x.example.com", "v1", "Thing", "things")


def plugin(name: str = "thing", **hooks: Any) -> ModuleType:
    """Return a module with the least that a job type has, and more hooks or other ones."""
    module = ModuleType(f"plugin_of_{name}")
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    given: dict[str, Any] = {
        "arena_job_type": lambda: JobType(name=name, resource=THING, args="arena_core.families.args:SubmitArgs"),
        "arena_build_manifests": lambda args, jobs: [{"apiVersion": "x.example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}],
        "arena_job_status": lambda view, jobs: JobStatus(Phase.RUNNING),
        **hooks,
    }
    for hook, function in given.items():
        if function is not None:
            function.__module__ = module.__name__
            setattr(module, hook, hookimpl(function))
    return module


def empty() -> Registry:
    registry = Registry(environ={})
    registry._groups = {
        group: {}
        for group in ("arena.jobs", "arena.job_aliases", "arena.commands", "arena.extensions", "arena.clusters", "arena.local_controllers")
    }
    return registry


def test_names_and_unknown_types(arena_dummy: Registry) -> None:
    assert "dummy" in arena_dummy.names()
    assert arena_dummy.get("DUMMY") is arena_dummy.get("dummy")
    assert arena_dummy.get("dm").job_type.name == "dummy"
    with pytest.raises(UnknownJobType, match="dumy") as unknown:
        arena_dummy.get("dumy")
    assert "did you mean 'dummy'?" in unknown.value.hint


def test_the_type_of_an_object() -> None:
    registry = empty()
    registry.add(dummy)
    found = registry.for_object({"apiVersion": "batch/v1", "kind": "Job"})
    assert found is not None
    assert found.job_type.name == "dummy"
    assert registry.for_object({"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job"}) is None
    assert registry.for_object({}) is None


def test_calls_go_to_one_plugin_alone() -> None:
    registry = empty()
    one = registry.add(plugin("one", arena_validate=lambda args, jobs: [Problem("one")]))
    two = registry.add(plugin("two", arena_validate=lambda args, jobs: [Problem("two")]))
    assert [p.message for p in one.validate(None)] == ["one"]
    assert [p.message for p in two.validate(None)] == ["two"]
    assert one.explain(seen({})) == []
    assert one.pod_sets({}) == []
    assert one.log_sources(seen({}), LogQuery()) == []


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        (
            {"arena_biuld_manifests": lambda args, jobs: []},
            "arena_biuld_manifests is not a hook of the contract; did you mean arena_build_manifests",
        ),
        ({"arena_nothing_like_it_at_all": lambda job: [job]}, "hooks are: arena_"),
        ({"arena_validate": lambda arguments: []}, "arguments"),
        ({"arena_job_status": None}, "does not implement arena_job_status"),
        ({"arena_job_type": lambda: "thing"}, "returned str ('thing') where JobType is expected"),
    ],
)
def test_what_does_not_fit_the_contract_is_named(hooks: dict[str, Any], words: str) -> None:
    from arena_core.registry import probe

    module = plugin(**hooks)
    entry = Entry(Offer("arena.jobs", "thing", module.__name__, "arena-thing", "1.0"))
    with pytest.raises(PluginBroken, match=r"arena-thing 1\.0") as broken:
        probe.probe_job_type(entry, module)
    assert words in broken.value.message
    assert broken.value.hint


@pytest.mark.parametrize("group", ["arena.jobs", "arena.extensions", "arena.commands", "arena.clusters", "arena.local_controllers"])
@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (None, "too old", "was written for contract 1; this arena speaks 2"),
        (1, "too old", "was written for contract 1; this arena speaks 2"),
        (99, "too new", "was written for contract 99; this arena speaks 2"),
        ("2", "broken", "its ARENA_CONTRACT is '2', not a number"),
        (True, "broken", "its ARENA_CONTRACT is True, not a number"),
    ],
)
def test_the_contract_is_read_before_anything_else(group: str, said: Any, kind: str, words: str) -> None:
    from arena_core.registry import probe

    name = f"of_contract_{len(sys.modules)}"
    module = plugin(arena_job_type=lambda: pytest.fail("a hook was called"), arena_biuld=lambda: 1)
    del module.ARENA_CONTRACT
    if said is not None:
        module.ARENA_CONTRACT = said  # type: ignore[attr-defined]
    sys.modules[name] = module
    entry = Entry(Offer(group, "thing", name if group in ("arena.jobs", "arena.extensions") else f"{name}:app", "arena-thing", "1.0"))
    probing = {"arena.jobs": probe.probe_job_type, "arena.extensions": probe.probe_extension}.get(group, probe.load)
    with pytest.raises(PluginBroken, match="arena-thing") as broken:
        probing(entry)
    assert broken.value.kind == kind and words in broken.value.message
    assert "ARENA_CONTRACT = 2" in broken.value.hint or kind == "too new"
    assert group != "arena.jobs" or kind != "too old" or "`view`" in broken.value.hint
    registry = empty()
    if group == "arena.jobs":
        with pytest.raises(PluginBroken, match=r"(contract|CONTRACT)"):
            registry.add(module)


def test_a_bad_plugin_does_not_disturb_others() -> None:
    registry = empty()
    good = registry.add(plugin("good"))
    with pytest.raises(PluginError):
        registry.add(plugin("bad", arena_wrong=lambda: 1))
    assert good.status(seen({})).phase == Phase.RUNNING
    assert registry.names() == ["good"]


def test_failing_hooks_name_plugin_and_hook() -> None:
    def fails(**_: Any) -> Any:
        raise KeyError("gone")

    handle = empty().add(
        plugin(
            arena_validate=lambda args, jobs: (1 / 0 for _ in "x"),
            arena_build_manifests=lambda args, jobs: [{"kind": "Other", "metadata": {"name": "a"}}],
            arena_job_status=lambda view, jobs: fails(),
            arena_pod_sets=lambda job: ["text"],
        )
    )
    with pytest.raises(PluginError, match=r"plugin 'thing' .* failed in arena_validate: ZeroDivisionError"):
        handle.validate(None)
    with pytest.raises(PluginError, match="the first object is not a Thing"):
        handle.build_manifests(None)
    with pytest.raises(PluginError, match=r"returned str .*where PodSet is expected"):
        handle.pod_sets({})
    status = handle.status(seen({}))
    assert (status.phase, status.reason) == (Phase.UNKNOWN, "PluginFailed")
    assert "arena_job_status" in status.message


@pytest.mark.parametrize("args", ["arena_core.args:Nothing", "no_such_module:X", "arena_core.args:parse"])
def test_a_bad_argument_model_is_the_plugins_fault(args: Any) -> None:
    handle = empty().add(plugin(arena_job_type=lambda: JobType(name="thing", resource=THING, args=args)))
    with pytest.raises(PluginBroken, match="argument model"):
        _ = handle.args_model


def test_a_model_may_be_made_from_the_other_types() -> None:
    from arena_core.families.args import SubmitArgs

    registry = empty()
    handle = registry.add(plugin(arena_job_type=lambda: JobType(name="thing", resource=THING, args=lambda jobs: SubmitArgs)))
    assert handle.args_model is SubmitArgs


def entry(name: str, distribution: str, blocked: bool = False) -> Entry:
    return Entry(Offer("arena.jobs", name, "m", distribution, "1"), blocked)


def test_who_gets_a_name() -> None:
    ours, theirs, others = entry("pytorchjob", "arena-pytorchjob"), entry("pytorchjob", "evil"), entry("pytorchjob", "other")
    assert chosen([ours, theirs]) is ours
    assert chosen([theirs]) is theirs
    assert chosen([theirs, others]) is None
    assert chosen([entry("x", "y", blocked=True)]) is None


def test_names_of_distributions_have_one_spelling() -> None:
    assert normalized("Arena_Py.Torch--Job") == "arena-py-torch-job"
    assert blocked({"ARENA_BLOCK_PLUGINS": " a_b, ,C"}) == {"a-b", "c"}


@pytest.mark.parametrize("spelling", ["pytorchjob", "PyTorchJob", "Arena_PyTorchJob", "arena.pytorchjob"])
def test_whoever_asks_reads_what_is_switched_off_alike(spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_BLOCK_PLUGINS", spelling)
    assert "pytorchjob" not in {offer.name for offer in switched_on("arena.jobs")}
    assert Registry().entry("pytorchjob") is None


def extension(**hooks: Any) -> Entry:
    name = f"extension_{len(sys.modules)}"
    module = ModuleType(name)
    module.ARENA_CONTRACT = 2  # type: ignore[attr-defined]
    for hook, function in hooks.items():
        function.__module__ = name
        setattr(module, hook, hookimpl(function))
    sys.modules[name] = module
    return Entry(Offer("arena.extensions", name, name, f"dist-{name}", "1"))


def request(*manifests: dict[str, Any]) -> SubmitRequest:
    return SubmitRequest("dummy", None, manifests, Target(), Registry(environ={}))


def test_extensions_see_what_the_ones_before_made(caplog: pytest.LogCaptureFixture) -> None:
    caller = ExtensionCaller(
        [
            extension(arena_mutate_manifests=lambda submission: [*submission.manifests, {"n": len(submission.manifests)}]),
            extension(arena_mutate_manifests=lambda submission: None),
            extension(
                arena_mutate_manifests=lambda submission: [*submission.manifests, {"n": len(submission.manifests)}],
                arena_validate_submission=lambda submission: [Problem("no")],
                arena_error_hints=lambda error: f"hint for {error}",
                arena_after_submit=lambda job, submission: 1 / 0,
            ),
        ]
    )
    assert caller.mutate_manifests(request({"n": 0})) == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert caller.validate_submission(request()) == [Problem("no")]
    assert caller.error_hints(ValueError("x")) == ["hint for x"]
    caller.after_submit({}, request())
    assert "ZeroDivisionError" in caplog.text


def test_a_policy_that_cannot_be_asked_stops_the_submission() -> None:
    broken = Entry(Offer("arena.extensions", "policy", "no_such_module_at_all", "site-policy", "1"))
    caller = ExtensionCaller([broken])
    with pytest.raises(PluginBroken, match="site-policy"):
        caller.mutate_manifests(request())
    failing = ExtensionCaller([extension(arena_validate_submission=lambda submission: 1 / 0)])
    with pytest.raises(PluginBroken, match="arena_validate_submission"):
        failing.validate_submission(request())


def test_the_contract_is_told_by_runnable_examples() -> None:
    import doctest

    result = doctest.testmod(hookspecs)
    assert result.failed == 0
    hooks = [n for spec in (hookspecs.JobTypeSpec, hookspecs.ExtensionSpec) for n in vars(spec) if n.startswith("arena_")]
    assert result.attempted >= 2 * len(hooks)
    for spec in (hookspecs.JobTypeSpec, hookspecs.ExtensionSpec):
        for name, hook in vars(spec).items():
            if name.startswith("arena_"):
                assert ">>> " in (hook.__doc__ or ""), f"{name} has no example"


def test_the_registry_imports_no_plugin_and_nothing_heavy() -> None:
    script = (
        "import sys; from arena_core.registry import Registry; r = Registry(); r.names(); r.aliases(); r.report(); r.commands(); "
        "bad = [m for m in sys.modules if m.split('.')[0] in ('pydantic', 'pluggy', 'typer', 'rich', 'kubernetes', 'yaml', 'structlog') "
        "or (m.startswith('arena_') and m.split('.')[0] != 'arena_core')]; print(bad); sys.exit(bool(bad))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pytest_plugin_imports_nearly_nothing() -> None:
    script = "import sys, pytest; import arena_core.testing.pytest_plugin; print([m for m in sys.modules if m.startswith('arena_core')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "['arena_core', 'arena_core.testing', 'arena_core.testing.pytest_plugin']"


@pytest.mark.parametrize(
    ("field", "extra", "named"),
    [
        ("timeout", {}, "flag --timeout"),
        ("wait", {}, "flag --wait"),
        ("as_user", {}, "flag --as_user"),
        ("kind", {"old": ("type",)}, "key 'type'"),
        ("other", {"short": "-o"}, "flag -o"),
        ("other", {"name": "dry-run"}, "flag --dry-run"),
    ],
)
def test_p7_a_flag_that_is_arenas_own_is_refused(field: str, extra: dict[str, Any], named: str) -> None:
    from pydantic import create_model

    from arena_core.args import flag
    from arena_core.families.args import SubmitArgs

    model = create_model("Args", __base__=SubmitArgs, **{field: (str, flag("", help="x", **extra))})  # type: ignore[call-overload]
    registry = empty()
    handle = registry.add(plugin(arena_job_type=lambda: JobType(name="thing", resource=THING, args=model)))
    with pytest.raises(PluginBroken, match=f"its {named} belongs to arena itself"):
        _ = handle.args_model


def test_p7_an_alias_that_two_distributions_claim_is_named() -> None:
    registry = empty()
    groups: Any = registry._groups
    for owner in ("one", "two"):
        groups["arena.jobs"][owner] = [Entry(Offer("arena.jobs", owner, f"m_{owner}", f"dist-{owner}", "1"))]
    groups["arena.job_aliases"]["al"] = [
        Entry(Offer("arena.job_aliases", "al", f"m_{owner}", f"dist-{owner}", "1")) for owner in ("one", "two")
    ]
    with pytest.raises(PluginError, match="the alias 'al' is claimed by dist-one and dist-two"):
        registry.get("al")
    assert registry._claimed_aliases(groups["arena.jobs"]["one"][0]) == ["al is also claimed by dist-two"]


def test_y1_arguments_in_any_spelling_and_problems_with_their_fields() -> None:
    from arena_core.args import parse
    from arena_core.contract.errors import InvalidArguments
    from arena_core.families.args import SubmitArgs

    args = parse(
        SubmitArgs, {"name": "x", "image": "i", "command": "true", "label": ["a=b"], "working-dir": "/w", "env": {"A": 0.1, "B": 1}}
    )
    assert (args.labels, args.working_dir, args.env) == ({"a": "b"}, "/w", {"A": "0.1", "B": "1"})
    with pytest.raises(InvalidArguments, match=r"gpus: must be.*workers: must be"):
        parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", "workers": "a", "gpus": "b"})
    with pytest.raises(InvalidArguments, match="labels: is given twice"):
        parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", "label": [], "labels": []})


def test_a_client_dry_run_is_judged_by_extensions_too(arena_registry: Any) -> None:
    """A policy that only the real submission met would make the dry run a lie."""
    seen: list[SubmitRequest] = []

    def refuse(submission: SubmitRequest) -> list[Problem]:
        seen.append(submission)
        return [Problem("not here", "workers")]

    caller = ExtensionCaller([extension(arena_validate_submission=refuse)])
    arena_registry.add(dummy)
    arena = ArenaClient(jobs=arena_registry, extensions=caller, namespace="team")
    with pytest.raises(InvalidArguments, match="not here"):
        arena.submit("dummy", {"name": "x", "image": "i", "command": "true", "workers": 2}, dry_run="client")
    (asked,) = seen
    assert (asked.job_type, asked.dry_run, asked.lookup, asked.user) == ("dummy", "client", None, "")
    assert (asked.args.workers, asked.manifests[0]["metadata"]["namespace"]) == (2, "team")
    assert (asked.target.namespace, asked.target.local) == ("team", None)


def test_an_extension_that_the_site_requires_cannot_be_blocked(tmp_path: Path) -> None:
    """Who is bound by a policy must not switch it off with a variable of the environment."""
    pytest.importorskip("arena_local", reason="the extension of the local cluster is not installed")
    site = tmp_path / "required-extensions"
    environ = {"ARENA_BLOCK_PLUGINS": "local,arena-local"}
    blocked = Registry(environ=environ, site=str(site))
    assert [row.status for row in blocked.report() if row.kind == "extension" and row.name == "local"] == ["blocked"]
    site.write_text("# the cluster's policy\nArena_Local\n\n")
    held = Registry(environ=environ, site=str(site))
    assert [row.status for row in held.report() if row.kind == "extension" and row.name == "local"] == ["installed"]
    assert {row.status for row in held.report() if row.distribution == "arena-local" and row.kind != "extension"} == {"blocked"}
    assert held.extensions.mutate_manifests(request()) == []


def test_what_the_site_requires_and_is_not_there_stops_every_submission(tmp_path: Path) -> None:
    site = tmp_path / "required-extensions"
    site.write_text("site-policy # of the platform team\n")
    for caller in (Registry(environ={}, site=str(site)).extensions, Registry(environ={}, site=str(site)).policies):
        with pytest.raises(PluginError, match="requires the extension site-policy, which is not installed"):
            caller.mutate_manifests(request())
    site.write_bytes(b"\xff\xfe")
    with pytest.raises(PluginError, match="cannot be read"):
        Registry(environ={}, site=str(site)).extensions.validate_submission(request())
    assert Registry(environ={}, site=str(tmp_path / "none")).extensions.validate_submission(request()) == []
