"""The page of the conformance kit, from the docstrings of its tests: ``python -m tests.kit.page`` writes ``docs/reference/kit.md``."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from arena_core.testing.conformance import JobTypeConformance
from arena_core.testing.kit.base import Kit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "kit.md"
_INTRO = """# The conformance kit

Made by `python3 dev.py docs`; do not edit by hand.

What every job type must do, as a test class to subclass: `arena_core.testing.conformance.JobTypeConformance`. A test of it cannot be
overridden. Each of these tests is itself tested, with a broken plugin that fails just that one.
"""


def page() -> str:
    """Return the whole page."""
    parts = [_INTRO, f"What a subclass sets:\n\n```python\n{_attributes()}\n```\n"]
    for part in JobTypeConformance.__bases__:
        tests = [(name, test) for name, test in vars(part).items() if name.startswith("test_")]
        if tests:
            about = (inspect.getdoc(sys.modules[part.__module__]) or "").partition("\n")[0]
            rows = "\n".join(f"| `{name}` | {' '.join((inspect.getdoc(test) or '').split())} |" for name, test in tests)
            parts.append(f"## {about}\n\n| test | what it proves |\n|---|---|\n{rows}\n".replace("``", "`"))
    return "\n".join(parts)


def _attributes() -> str:
    """Return the lines of ``Kit`` that declare its attributes."""
    lines = inspect.getsource(Kit).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("    #: "))
    end = next(i for i, line in enumerate(lines) if line.startswith("    @property"))
    return "\n".join(line.removeprefix("    ") for line in lines[begin:end]).strip()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
