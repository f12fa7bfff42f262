"""What the tests of this plugin share: what ``arena submit appwrapperjob`` makes of words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from arena_core.args import flag_name
from arena_core.contract.errors import InvalidArguments
from arena_core.contract.types import Manifest
from arena_core.registry import Registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry(environ={})


class Submit:
    """What ``arena submit appwrapperjob`` makes of words, without a cluster."""

    def __init__(self, registry: Registry, read_argv: Callable[[Any, Sequence[str]], Any]) -> None:
        self.read_argv = read_argv
        self.handle = registry.get("appwrapperjob")
        self.model = self.handle.args_model

    def read(self, *argv: str) -> Any:
        """Return the arguments; raises ``InvalidArguments`` with all problems."""
        args = self.read_argv(self.model, argv)
        if problems := self.handle.validate(args):
            raise InvalidArguments(problems)
        return args

    def make(self, *argv: str) -> list[Manifest]:
        """Return the objects."""
        return list(self.handle.build_manifests(self.read(*argv)))

    def job(self, *argv: str) -> Manifest:
        """Return the AppWrapper around a job called ``j`` with a usual image and command."""
        return self.make("--name=j", "--image=i:1", *argv, "python train.py")[0]

    def refused(self, *argv: str) -> list[str]:
        """Return the flags that the refusal names."""
        with pytest.raises(InvalidArguments) as caught:
            self.read(*argv)
        words = [re.findall(r"--[a-z-]+", p.message)[0] for p in caught.value.problems if not p.field]
        return [*words, *(flag_name(self.flags(*argv), p.field) for p in caught.value.problems if p.field)]

    def flags(self, *argv: str) -> Any:
        """Return the model that these words are read by."""
        from arena_core.cli.submit.options import model_for

        try:
            return model_for(self.model, argv, (), lambda parsed: parsed.values)
        except InvalidArguments:
            return self.model


@pytest.fixture(scope="session")
def submit(registry: Registry, read_argv: Callable[[Any, Sequence[str]], Any]) -> Submit:
    return Submit(registry, read_argv)


@pytest.fixture(scope="session")
def inner() -> Callable[[Manifest], Manifest]:
    """Return what gives the wrapped job."""
    return lambda wrapper: wrapper["spec"]["components"][0]["template"]
