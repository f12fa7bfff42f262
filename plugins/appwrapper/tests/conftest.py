"""What the tests of this plugin share: the reference material (absent in a plain checkout), command lines as the CLI reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arena_core.args import flag_name
from arena_core.cli.parse import Parser
from arena_core.cli.submit.options import flags_of, read_arguments, words_of
from arena_core.errors import InvalidArguments
from arena_core.registry import Registry
from arena_core.types import Manifest

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[4] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the reference material is not here")
    return SHARED


@pytest.fixture(scope="session")
def registry() -> Registry:
    return Registry(environ={})


class Submit:
    """What ``arena submit appwrapperjob`` makes of words, without a cluster."""

    def __init__(self, registry: Registry) -> None:
        self.handle = registry.get("appwrapperjob")
        self.model = self.handle.args_model

    def read(self, *argv: str) -> Any:
        """Return the arguments; raises ``InvalidArguments`` with all problems."""
        parsed = Parser(flags_of(self.model), program=True).parse(list(argv))
        raw: dict[str, Any] = dict(parsed.values)
        if words := words_of(parsed):
            raw["command"] = words
        args = read_arguments(self.model, raw, parsed.problems)
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
        return [flag_name(self.model, p.field) for p in caught.value.problems]


@pytest.fixture(scope="session")
def submit(registry: Registry) -> Submit:
    return Submit(registry)


@pytest.fixture(scope="session")
def inner() -> Callable[[Manifest], Manifest]:
    """Return what gives the wrapped job."""
    return lambda wrapper: wrapper["spec"]["components"][0]["template"]


@pytest.fixture(scope="session")
def differences() -> Callable[[Manifest, Manifest], dict[str, tuple[str, str]]]:
    """Return what compares two objects leaf by leaf (list elements by their name): path → (theirs, ours)."""

    def leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from leaves(item, f"{path}.{key}" if path else key)
        elif isinstance(value, list) and all(isinstance(v, dict) for v in value):
            for index, item in enumerate(value):
                yield from leaves(item, f"{path}[{item.get('mountPath') or item.get('name') or index}]")
        else:
            yield path, json.dumps(value, sort_keys=True)

    def compare(theirs: Manifest, ours: Manifest) -> dict[str, tuple[str, str]]:
        a, b = dict(leaves(theirs, "")), dict(leaves(ours, ""))
        return {path: (a.get(path, ""), b.get(path, "")) for path in sorted(a.keys() | b.keys()) if a.get(path) != b.get(path)}

    return compare
