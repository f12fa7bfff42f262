"""The plugin as a module: it loads, its hooks fit the contract, and reading commands can afford it."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from arena_core.contract.errors import PluginError
from arena_core.testing.kit.base import Kit, loaded

#: What `arena list` and `arena get` must not pay for.
HEAVY = ("pydantic", "arena_core.args", "arena_core.podspec", "yaml", "kubernetes", "typer", "rich", "arena_local")
_READ = """
import importlib, json, sys
plugin = importlib.import_module(sys.argv[1])
from arena_core.contract.types import JobView, LogQuery
from arena_core.registry import Registry
given = json.load(sys.stdin)
registry = Registry(environ={})
name = plugin.arena_job_type().name
handle = registry.get(name) if name in registry.names() else registry.add(plugin)
for job, pods, related in given:
    view = JobView(job, tuple(pods), tuple(related))
    handle.job_type.selectors(job), handle.status(view), handle.pod_sets(job), handle.related(view), handle.explain(view)
    handle.endpoints(view), handle.log_sources(view, LogQuery(all_instances=True))
print(json.dumps(sorted(sys.modules)))
"""


class LoadingChecks(Kit):
    """It loads, and cheaply."""

    def hooks(self) -> dict[str, Any]:
        """Return the hooks of the plugin by name."""
        return {name: f for name, f in inspect.getmembers(self.plugin, inspect.isfunction) if name.startswith("arena_")}

    def test_the_plugin_loads(self) -> None:
        """The module speaks this contract, its hooks are hooks, and its job type says what it is."""
        try:
            handle, _ = loaded(self.plugin)
        except PluginError as error:
            pytest.fail(error.message)
        assert handle.job_type.summary, "JobType.summary says in one line what the job type is"

    def test_the_argument_model_loads(self) -> None:
        """The model is one of arena's, knows what it is given, does not change, and takes no flag that arena itself has."""
        try:
            model = self.handle.args_model
        except PluginError as error:
            pytest.fail(error.message)
        assert model.model_config.get("extra") == "forbid", "an unknown option must be refused"
        assert model.model_config.get("frozen"), "arguments must not change after they were read"

    def test_hooks_have_docstrings(self) -> None:
        """Every hook says what it does."""
        bare = [name for name, hook in self.hooks().items() if not inspect.getdoc(hook)]
        assert not bare, f"without a docstring: {bare}"

    def test_hooks_get_the_arguments_that_they_name(self) -> None:
        """No argument of a hook has a default value or is a collector: neither is ever given to it."""
        for name, hook in self.hooks().items():
            for parameter in inspect.signature(hook).parameters.values():
                plain = parameter.default is parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
                assert plain, f"{name} would never be given {str(parameter)!r}: name the argument alone"

    def test_reading_imports_nothing_heavy(self) -> None:
        """`arena list` imports the plugin and asks it: neither the argument model nor what builds manifests comes with that."""
        given = [(view.manifest, view.pods, view.related) for _, view in self.views()] or [(self.job(), (), ())]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
        command = [sys.executable, "-c", _READ, self.plugin.__name__]
        done = subprocess.run(command, env=env, input=json.dumps(given), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        imported = set(json.loads(done.stdout.splitlines()[-1]))
        assert not (heavy := imported & set(HEAVY)), f"import {', '.join(sorted(heavy))} inside the hooks that need it"
