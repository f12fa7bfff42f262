"""The small grammar of Kubernetes is read in ``arena_core.k8s`` and nowhere else: a second reader would disagree sooner or later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.house.test_house import ROOT, product

#: What only a reader of its own has.
SIGNS = {
    "times": r"strptime\(|fromisoformat\(|strftime\([^)]*%Y-%m-%d[T ]|:%Y-%m-%dT",
    "quantities or durations": r"""["'](Ki|Mi|ns|µs)["']:|\(Ki\||\|Ki\||\[KMGTPE\]i|ns\|us|\(ms\|s""",
    "selectors": r"""partition\("="\)[^#]*selector|(In|NotIn)["']: |operator["'\])]* == ["'](In|NotIn)["']|matchLabels["'][\])].*\.items\(\)""",
    "owners": r"""\bin [^#]*(get\(|\[)["']ownerReferences["'](?!\] =)|\bref\w*\.get\(["']controller["']\)|["']metadata["'], ["']ownerReferences["']""",
    "conditions": r"""\bfor (\w+) in .*conditions["'][^#]*\bif \1(\.get\(|\[)["']type["'][\])] ==""",
    "names": r"\[a-z0-9\]\(\[-a-z0-9|\[-a-z0-9\]\*\[a-z0-9\]|\[-A-Za-z0-9_\.\]\*\[A-Za-z0-9\]",
}
#: Places that only look alike, with what they are.
ALLOWED = {
    "arena_core/cli/render.py": "a time for people, in their own zone",
    "arena_core/cli/parse.py": "whether a word looks like the name of a job",
    "plugins/local/arena_local/store/store.py": "the store imports nothing",
    "plugins/local/arena_local/server/policy/quotascopes.py": "scopes of a quota, which are no labels",
    "plugins/local/arena_local/kubelet/shim/loglines.py": "a container's own process, which starts without arena_core; nine digits of a second",
    "plugins/local/arena_local/server/kinds/jobchecks.py": "the operator of a policy for exit codes",
    "plugins/local/arena_local/controllers/job/policy.py": "the operator of a policy for exit codes",
    "plugins/cron/arena_cron/runner.py": "a program of its own, which runs in a pod without arena_core",
    "arena_core/args/groups.py": "the pattern in the published schema of a job file",
}


def copies(text: str) -> list[tuple[int, str]]:
    """Return (line, what) of everything in a module that looks like a reader of its own."""
    return [
        (number, what)
        for number, line in enumerate(text.splitlines(), 1)
        for what, sign in SIGNS.items()
        if not line.lstrip().startswith("#") and re.search(sign, line)
    ]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules() -> list[Path]:
    found = [f for f in product() if name_of(f).startswith(("arena_core/", "plugins/"))]
    return [f for f in found if not {"k8s", "tools"} & set(f.relative_to(ROOT).parts)]


def test_nobody_but_k8s_reads_the_grammar_of_kubernetes() -> None:
    found = [f"{name_of(f)}:{line}: {what}" for f in modules() if name_of(f) not in ALLOWED for line, what in copies(f.read_text())]
    assert not found, "read it with arena_core.k8s:\n" + "\n".join(found)


def test_what_is_allowed_is_still_there() -> None:
    idle = [name for name in ALLOWED if (ROOT / name).exists() and not copies((ROOT / name).read_text())]
    assert not idle, f"nothing is left there to allow: {idle}"


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        ('found = datetime.fromisoformat(text.replace("Z", "+00:00"))', "times"),
        ('return now.strftime("%Y-%m-%dT%H:%M:%SZ")', "times"),
        ('_BINARY = {"Ki": 1024, "Mi": 1024**2}', "quantities or durations"),
        ('_PART = re.compile(r"(\\d+)(ns|us|ms|s|m|h)")', "quantities or durations"),
        ('_AMOUNT = re.compile(r"[0-9]+(m|k|M|Ki|Mi)?")', "quantities or durations"),
        ('if term["operator"] == "NotIn":', "selectors"),
        ('if operator == "In":', "selectors"),
        ('pairs = (part.partition("=") for part in wanted.label_selector.split(","))', "selectors"),
        ('any(labels.get(k) != v for k, v in (selector.get("matchLabels") or {}).items())', "selectors"),
        ('for ref in obj["metadata"].get("ownerReferences") or ():', "owners"),
        ('if ref.get("controller"):', "owners"),
        ('next((c for c in status.get("conditions") or () if c.get("type") == kind), None)', "conditions"),
        ('_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")', "names"),
    ],
)
def test_a_planted_reader_is_found(planted: str, what: str) -> None:
    assert what in [found for _, found in copies(planted)]
