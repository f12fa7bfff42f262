"""What MkDocs is told besides mkdocs.yml: pages that lie elsewhere, a page for each command, links between all of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
_COMMAND = re.compile(r"^## (arena ([a-z-]+))\n", re.MULTILINE)


@cache
def elsewhere() -> Mapping[str, str]:
    """Return the pages that are no files of docs/: place in the site → path in the repository."""
    found = {"index.md": "README.md", "changelog.md": "CHANGELOG.md", "benchmarks.md": "benchmarks/RESULTS.md", "zh.md": "README_cn.md"}
    for kind, folder in (("tutorials", "examples"), ("plugins", "plugins")):
        for path in sorted(ROOT.glob(f"{folder}/**/README.md")):
            parts = path.relative_to(ROOT / folder).parts
            if not {"_build", "node_modules", ".venv"} & set(parts):
                found[f"{kind}/{parts[-2]}.md"] = path.relative_to(ROOT).as_posix()
    return {place: path for place, path in found.items() if (ROOT / path).is_file()}


@cache
def commands() -> Mapping[str, str]:
    """Return a page for each command, from the page that has all of them."""
    text = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    starts = list(_COMMAND.finditer(text))
    ends = [*(m.start() for m in starts[1:]), text.find("\n## Flags of every command")]
    return {
        f"commands/{m[2]}.md": re.sub(r"^##(#*) ", r"#\1 ", text[m.start() : end], flags=re.MULTILINE).rstrip() + "\n"
        for m, end in zip(starts, ends, strict=True)
    }


def source_of(place: str) -> str:
    """Return where in the repository the text of a page lies: its links are meant from there."""
    return elsewhere().get(place) or ("docs/reference/commands.md" if place in commands() else f"docs/{place}")


def place_of(path: str) -> str:
    """Return where in the site a file of the repository is; empty where it is not in it.

    >>> place_of("README.md"), place_of("docs/steer.md"), place_of("dev.py")
    ('index.md', 'steer.md', '')
    """
    known = {source: place for place, source in elsewhere().items()}
    if path in known:
        return known[path]
    inside = path.startswith("docs/") and (ROOT / path).is_file()
    return path.removeprefix("docs/") if inside else ""


def linked(text: str, place: str) -> str:
    """Return a page whose links lead to pages of the site; what is no part of it is named without a link. Links that lead nowhere stay."""
    folder = posixpath.dirname(source_of(place))

    def one(match: re.Match[str]) -> str:
        picture, label, target, anchor = match[1], match[2], match[3], match[4] or ""
        path = posixpath.normpath(posixpath.join(folder, target))
        there = place_of(path)
        if not there:
            return label if (ROOT / path).exists() else match[0]
        return f"{picture}[{label}]({posixpath.relpath(there, posixpath.dirname(place) or '.')}{anchor})"

    return _LINK.sub(one, text)


def types() -> Iterator[tuple[str, str]]:
    """Yield (name, page) of each job type, server and cron."""
    for path in sorted((ROOT / "docs/reference").glob("submit-*.md")):
        yield path.stem.removeprefix("submit-"), f"reference/{path.name}"


def _named(nav: Any) -> Iterator[str]:
    for one in nav or ():
        if isinstance(one, str):
            yield one
        else:
            for inside in one.values():
                yield from [inside] if isinstance(inside, str) else _named(inside)


def on_config(config: Any) -> Any:
    """Add the sections whose pages are made (a page per job type, command and plugin, the examples as tutorials), and pages left out."""
    named = set(_named(config["nav"]))
    made = {
        "Guides": [path.name for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in named],
        "Tutorials": [place for place in elsewhere() if place.startswith("tutorials/")],
        "Job types": [{name: page} for name, page in types()],
        "Commands": ["reference/commands.md", *({place[9:-3]: place} for place in commands())],
        "Plugins": [place for place in elsewhere() if place.startswith("plugins/")],
    }
    for section in config["nav"]:
        for name in list(section):
            if name in made:
                section[name] = [*(section[name] or []), *made[name]]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are no files of docs/."""
    for place, path in elsewhere().items():
        files.append(File.generated(config, place, content=(ROOT / path).read_text(encoding="utf-8")))
    for place, text in commands().items():
        files.append(File.generated(config, place, content=text))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Mend the links of a page."""
    return linked(markdown, page.file.src_uri)
