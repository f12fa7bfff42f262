"""Every sentence that a user can see, with its place: texts in the sources (docstrings aside) and the pages. ``python3 dev.py words``."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
#: Imitated texts of other people's software are theirs, oddities included.
IMITATED = (
    "arena_local/server/",
    "arena_local/kueue/",
    "arena_local/controllers/",
    "arena_local/sdk/",
    "arena_volcano/localcluster/",
    "/operator/",
)
#: Sentences that were translated rather than written, and what to write.
ODD = {
    r"\bstands? twice\b|key .* stands\b": "duplicate key",
    r"\bmay not be (read|listed|written|watched)\b": "cannot be read: forbidden",
    r"\bmeans? nothing (with|without)\b": "has no effect with / without",
    r"\bis nothing to wait for\b": "cannot wait for",
    r"\b(job|it|they|run|runs|writing|reading|instances?|\}) go(es)? on\b|; [^;]* goes on\b": "keeps running / continues",
    r"\bit is not said\b": "is missing",
    r"\bhas no place\b": "cannot store its state in",
    r"\bgives? no reason\b": "and says nothing on why",
    r"\bnone of [a-z]+, ": "not one of",
    r"\bmeant by nobody\b": "say who means it, or leave it out",
    r"\ba time-?out passed\b|\btime-out passed\b": "timed out",
    r"\bname spaces?\b": "namespace",
    r"\bwithout a word\b": "silently",
    r"\bso many [A-Za-z]+ per node\b": "each node has N",
    r"\bso now\b": "now",
    r"\bnothing stands in (its|the) way\b": "no problem found (and only where that is true)",
    r"\byou may not look among\b": "no permission to list",
    r"\bwhat is otherwise than\b|\bis otherwise than\b|\botherwise than in\b": "how it differs from",
    r"\bonce more, one after the other\b": "rerunning failures one at a time",
    r"\bare being ended\b|\bis being ended\b": "being terminated",
    r"\bin (his|her) current\b|\bhis (home|folder|own)\b": "the / their",
    r"\bwhat stands (in|behind|there|here)\b|\bstands? in \[?docs\b": "what is / see",
    r"\bmay only have\b": "may contain only",
    r"\bbegins and ends with\b": "must begin and end with",
    r"\bdoes not know of\b|\bknows nothing of\b": "does not know",
    r"\bas if nothing had been\b": "as before",
}


class Sentence(NamedTuple):
    """One text and where it is."""

    place: str
    text: str


@cache
def sentences() -> tuple[Sentence, ...]:
    """Return every text of the sources that reads like a sentence, and every line of the pages."""
    return tuple(_sentences())


def _sentences() -> Iterator[Sentence]:
    for folder in (ROOT / "arena_core", *sorted((ROOT / "plugins").glob("*/arena_*"))):
        for path in sorted(folder.rglob("*.py")):
            yield from _texts(path)
    yield from _texts(ROOT / "dev.py")
    for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                yield Sentence(f"{path.relative_to(ROOT)}:{number}", line.strip())


def ours() -> Iterator[Sentence]:
    """Yield the sentences that are this program's own."""
    return (s for s in sentences() if not any(part in s.place for part in IMITATED))


def _texts(path: Path) -> Iterator[Sentence]:
    for node in _values(ast.parse(path.read_text(encoding="utf-8"))):
        text = _text(node)
        if " " in text.strip() and len(re.findall(r"[A-Za-z]{2,}", text)) >= 2:
            yield Sentence(f"{path.relative_to(ROOT)}:{node.lineno}", " ".join(text.split()))


def _values(tree: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """Yield the texts of a module that are values of something (docstrings are not), each f-string as one; by hand, a third of ``ast.walk``."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Constant | ast.JoinedStr):
            yield node
        elif not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant | ast.JoinedStr):
            for value in reversed(vars(node).values()):
                if isinstance(value, ast.AST):
                    todo.append(value)
                elif isinstance(value, list):
                    todo.extend(part for part in reversed(value) if isinstance(part, ast.AST))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values if isinstance(part, ast.expr))  # type: ignore[misc]
    return ""


def odd() -> list[str]:
    """Return the sentences of our own that match a known bad pattern, each with what to write."""
    patterns = [(re.compile(pattern, re.IGNORECASE | re.MULTILINE), better) for pattern, better in ODD.items()]
    whole = "\n".join(s.text for s in ours())
    there = [(pattern, better) for pattern, better in patterns if pattern.search(whole)]
    return [f"{s.place}: {s.text}  ->  {better}" for s in ours() for pattern, better in there if pattern.search(s.text)]


if __name__ == "__main__":
    if "--odd" in sys.argv:
        print("\n".join(odd()))
    else:
        print("\n".join(f"{s.place}: {s.text}" for s in (sentences() if "--all" in sys.argv else ours())))
