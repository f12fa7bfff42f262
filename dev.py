#!/usr/bin/env python3
"""The developer's one door: setup, demo, test, lint, docs, words, bench, contract, picture, site. Makes .venv on first use."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PLUGINS = (
    "pytorchjob",
    "tfjob",
    "volcano",
    "mpijob",
    "rayjob",
    "trainjob",
    "etjob",
    "sparkjob",
    "appwrapper",
    "job",
    "serve",
    "cron",
    "model",
    "local",
)
#: What builds our distributions, and what it needs for those that are installed in place.
BACKEND = ("hatchling>=1.25", "editables>=0.3")
#: Tests that failed at first and passed when they ran alone, and how often; keep it between runs of CI.
FLAKY = Path(os.environ.get("ARENA_FLAKY_RECORD", ROOT / ".flaky.json"))
TOO_OFTEN = 3
SHARED = Path(os.environ.get("ARENA_SHARED", ROOT.parent / "shared"))


def run(*command: str | Path, check: bool = True, **env: str) -> int:
    """Run a command in the repository; end with its exit code if it fails and ``check`` is on."""
    # Compiled modules are kept even where the environment says otherwise: the suite starts thousands of interpreters.
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    code = subprocess.run([str(c) for c in command], cwd=ROOT, env={**environ, **env}, check=False).returncode
    if code and check:
        sys.exit(code)
    return code


def fingerprint(extra: str) -> str:
    """Everything that an installation depends on: the project files and the interpreter."""
    files = [ROOT / "pyproject.toml", *(ROOT / "plugins" / p / "pyproject.toml" for p in PLUGINS)]
    text = b"".join(f.read_bytes() for f in files) + f"{sys.version_info[:2]}{extra}{ROOT}".encode()
    return hashlib.sha256(text).hexdigest()


def setup(dev: bool) -> None:
    """Make .venv and install every distribution in it, by path in one pip command, so that no sibling is looked up in an index."""
    if sys.version_info < (3, 11):  # noqa: UP036 - a newcomer's python3 may be older, and should be told so
        sys.exit(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: run me with a newer one")
    stamp = VENV / "installed"
    wanted = {kind: fingerprint(kind) for kind in ("run", "dev")}
    have = stamp.read_text().split() if stamp.exists() else []
    if wanted["dev" if dev else "run"] in have:
        return
    if not (BIN / "python").exists():
        print("making .venv", flush=True)
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
    print("installing " + ("everything, with the developer's tools" if dev else "Arena and its plugins"), flush=True)
    members = [a for p in PLUGINS for a in ("-e", f"plugins/{p}")]
    pip = (BIN / "python", "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--progress-bar", "off")
    # The build backend comes first and once: pip would make an environment with it for each of our distributions, two seconds each.
    if install(*pip, *BACKEND) or install(*pip, "--no-build-isolation", "-e", ".[dev,docs]" if dev else ".", *members):
        sys.exit("pip could not install Arena: see its message above (is a package index reachable?)")
    stamp.write_text("\n".join([wanted["run"], wanted["dev"]] if dev else [wanted["run"]]))


def install(*command: str | Path) -> int:
    """Run pip and show what it is at: a silent minute looks like a hang."""
    pip = subprocess.Popen([str(c) for c in command], cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1)
    for line in pip.stdout or ():
        if line.startswith(("Collecting", "Building", "Installing", "ERROR")):
            print(f"  {line.strip():.76}", flush=True)
    return pip.wait()


def demo(rest: list[str]) -> None:
    """Run the main job on the local cluster: two processes train a model together."""
    setup(dev=False)
    run(BIN / "arena", "demo", *rest)


def test(rest: list[str]) -> None:
    """Run the whole test suite (or what pytest's arguments pick)."""
    setup(dev=True)
    picked = any(not a.startswith("-") for a in rest)
    # Most tests wait for processes, so that the cores are busy only with several workers each. A file stays in one worker: what its
    # fixtures make is made once. The files come in the order of tests/longest.py, not by how many tests they hold.
    count = min(max(4, 3 * (os.cpu_count() or 1)), 24)
    workers = [] if any(a.startswith("-n") for a in rest) else ["-n", str(count), "--dist", "loadfile", "--no-loadscope-reorder"]
    code = run(BIN / "python", "-m", "pytest", *([] if picked else ["tests", "plugins"]), *workers, *rest, check=False)
    if code != 1 or picked:
        sys.exit(code)
    # Real processes with real delays share two cores with each other: what failed gets a second try by itself, and is named.
    first = last_failed()
    print("\nrerunning failures one at a time:", flush=True)
    code = run(BIN / "python", "-m", "pytest", "--last-failed", "--last-failed-no-failures", "none", "-v", "-n", "0", *rest, check=False)
    sys.exit(report_flaky(sorted(first - last_failed())) or code)


def last_failed() -> set[str]:
    """The tests that failed in pytest's last run."""
    path = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    return set(json.loads(path.read_text())) if path.exists() else set()


def report_flaky(names: list[str]) -> int:
    """List the tests that passed at the second try, and count them in a record that outlives the run; at the third time it is an error."""
    if not names:
        return 0
    record = json.loads(FLAKY.read_text()) if FLAKY.exists() else {}
    for name in names:
        record[name] = record.get(name, 0) + 1
    FLAKY.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    print(f"\n{len(names)} passed only at the second try (counted in {FLAKY.name}):")
    for name in names:
        print(f"  {name} (now {record[name]} of {TOO_OFTEN})")
    often = [name for name in names if record[name] >= TOO_OFTEN]
    if often:
        print(f"failed: {len(often)} of them have done so {TOO_OFTEN} times; mend them, then take them out of {FLAKY.name}")
    return 1 if often else 0


def words(rest: list[str]) -> None:
    """Print every sentence that a user can see, each with its place (--odd: those that read oddly; --all: the imitated ones, too)."""
    setup(dev=True)
    run(BIN / "python", "-m", "tests.house.words", *rest, PYTHONPATH=str(ROOT))


def docs(_: list[str]) -> None:
    """Write the reference pages anew: commands, job types, hooks, the conformance kit."""
    setup(dev=True)
    run(BIN / "arena", "__reference", "docs/reference")
    run(BIN / "python", "-m", "tests.kit.page", PYTHONPATH=str(ROOT))


def lint(_: list[str]) -> None:
    """Run ruff, mypy --strict, import-linter and the rules of the house; all of them, then fail if one did."""
    setup(dev=True)
    commands = (
        (BIN / "ruff", "check", "."),
        (BIN / "ruff", "format", "--check", "-q", "."),
        (BIN / "mypy",),
        (BIN / "lint-imports",),
        (BIN / "python", "-m", "pytest", "-q", "tests/house"),
    )
    codes = [run(*c, check=False) for c in commands]
    failed = [Path(c[0]).name + " " + " ".join(map(str, c[1:])) for c, code in zip(commands, codes, strict=True) if code]
    if failed:
        print("failed: " + ", ".join(failed), flush=True)
    sys.exit(max(codes))


def bench(rest: list[str]) -> None:
    """Measure speed and memory beside other programs and write the table to benchmarks/RESULTS.md."""
    setup(dev=True)
    run(BIN / "python", "-m", "benchmarks.run", *rest, PYTHONPATH=str(ROOT))


def contract(rest: list[str]) -> None:
    """Run the contract suite: our own tests against any cluster (--context), or the recordings against the local one (--recordings)."""
    setup(dev=True)
    run(BIN / "python", "-m", "tests.contract", *rest, ARENA_SHARED=str(SHARED), PYTHONPATH=str(ROOT))


def picture(rest: list[str]) -> None:
    """Play the scene of the README's picture on a local cluster and draw what the commands print (draw: only draw what is recorded)."""
    setup(dev=True)
    run(BIN / "python", "docs/pictures/make.py", *rest)


def site(rest: list[str]) -> None:
    """Build the documentation as a site in build/site; whatever MkDocs warns of is an error."""
    setup(dev=True)
    run(BIN / "mkdocs", "build", *rest, NO_MKDOCS_2_WARNING="1")


COMMANDS = {
    "setup": lambda rest: setup(dev=True),
    "demo": demo,
    "test": test,
    "lint": lint,
    "docs": docs,
    "words": words,
    "bench": bench,
    "contract": contract,
    "picture": picture,
    "site": site,
}


def main() -> None:
    """Take the command's name; everything behind it goes to the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.epilog = "\n".join(f"  {name:9} {(f.__doc__ or 'Make .venv with the tools.').splitlines()[0]}" for name, f in COMMANDS.items())
    parser.add_argument("command", choices=COMMANDS)
    args, rest = parser.parse_known_args()
    COMMANDS[args.command](rest)


if __name__ == "__main__":
    main()
