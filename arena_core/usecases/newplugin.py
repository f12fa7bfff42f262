"""``arena plugins new``: a distribution with a job type of its own, made from the example that the tutorial explains."""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from arena_core.contract.errors import AlreadyExists, ArenaError, InvalidArguments, NotFound
from arena_core.contract.types import Problem

if TYPE_CHECKING:
    from arena_core.registry import Registry

#: The example's own word; where it stands in the files is where the new name goes.
WORD = "hello"
LONGEST = 30


def create(name: str, parent: Path, registry: Registry, commands: frozenset[str]) -> list[Path]:
    """Write the distribution ``arena-NAME`` below a folder and return its files; every problem is told at once, before anything is written.

    ``commands`` are the names of arena's own commands.
    """
    folder = parent / f"arena-{name}"
    problems = [*_name_problems(name, registry, commands), *_folder_problems(parent)]
    if folder.exists() or folder.is_symlink():
        there, hint = f"{folder} is there already; nothing was touched", "choose another name or another --dir"
        if not problems:
            raise AlreadyExists(there, hint)
        problems.append(Problem(there, "", hint))
    if problems:
        raise InvalidArguments(problems)
    made = [(folder / renamed(str(path), name), renamed(text, name)) for path, text in example_files().items()]
    try:
        for path, text in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArenaError(f"{error.filename or folder} cannot be written: {error.strerror}", f"remove {folder} and try again") from error
    return [path for path, _ in made]


def renamed(text: str, name: str) -> str:
    """Return a text of the example with the new name in it, written as each place needs it.

    >>> renamed("arena_hello: HelloArgs, hello", "my-job")
    'arena_my_job: MyJobArgs, my-job'
    """
    words = {f"arena_{WORD}": package_of(name), WORD.title(): "".join(map(str.capitalize, name.split("-"))), WORD: name}
    return re.sub("|".join(words), lambda found: words[found[0]], text)


def package_of(name: str) -> str:
    """Return the import package of a plugin: ``arena_my_job`` of ``my-job``."""
    return f"arena_{name.replace('-', '_')}"


def example_files() -> Mapping[Path, str]:
    """Return relative path → text of the example, from a checkout or from inside the installed package."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples", package.parent / "examples" / "plugins"):
        root = folder / f"arena-{WORD}"
        if (root / "pyproject.toml").is_file():
            files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
            return {path.relative_to(root): path.read_text(encoding="utf-8") for path in files if path.suffix in _SUFFIXES}
    raise NotFound("the example that a new plugin is made from is not installed", "reinstall arena-core: its examples are part of it")


_SUFFIXES = {".py", ".toml", ".md", ".typed"}


def _name_problems(name: str, registry: Registry, commands: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with the name of a job type."""
    if not re.fullmatch(r"[a-z]([a-z0-9]|-(?=[a-z0-9]))*", name):
        text = "may contain only lower-case letters, digits and single '-' between them, and must begin with a letter"
        yield Problem(f"the name {name!r} {text}", "", "for example: arena plugins new mytrainer")
        return
    if len(name) > LONGEST:
        yield Problem(f"the name has {len(name)} characters, at most {LONGEST} are allowed")
    known = registry.resolve(name)
    if known in registry.names():
        what = "is an installed job type" if known == name else f"is another name of the installed job type {known}"
        yield Problem(f"{name!r} {what}")
    elif name in commands:
        yield Problem(f"{name!r} is a command of arena")
    elif importlib.util.find_spec(package_of(name)) is not None or keyword.iskeyword(package_of(name)):
        yield Problem(f"its package would be {package_of(name)}, and one of that name is installed already")


def _folder_problems(parent: Path) -> Iterator[Problem]:
    """Yield what is wrong with the folder that the distribution goes into."""
    if not parent.exists():
        yield Problem(f"{parent} does not exist", "dir", "make it, or give another --dir")
    elif not parent.is_dir():
        yield Problem(f"{parent} is not a folder", "dir")
    elif not os.access(parent, os.W_OK | os.X_OK):
        yield Problem(f"{parent} cannot be written to", "dir")
