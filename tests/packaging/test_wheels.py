"""The distributions as wheels in an empty environment: core alone works, plugins come and go."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Environment

ROOT = Path(__file__).resolve().parents[2]
#: Types that a distribution brings besides the one that it is known for.
MORE = (
    *("jobset", "deepspeed-mpijob", "deepspeedjob", "horovodjob", "kubedl-cron", "volcano-cron"),
    *("tf-serving", "triton-serving", "distributed-serving", "kserve", "seldon-serving", "evaluatejob"),
)
OURS = {"arena-core": ROOT, **{f"arena-{p.name}": p for p in sorted((ROOT / "plugins").iterdir()) if (p / "pyproject.toml").exists()}}
JOB_TYPES = {
    "arena-pytorchjob": "pytorchjob",
    "arena-tfjob": "tfjob",
    "arena-volcano": "volcanojob",
    "arena-mpijob": "mpijob",
    "arena-rayjob": "rayjob",
    "arena-trainjob": "trainjob",
    "arena-etjob": "etjob",
    "arena-sparkjob": "sparkjob",
    "arena-appwrapper": "appwrapperjob",
    "arena-job": "job",
    "arena-serve": "custom-serving",
    "arena-cron": "cron",
    "arena-model": "modeljob",
}


def test_core_alone_works_and_passes_its_own_tests(environment: Environment) -> None:
    environment.install("arena-core")
    assert environment.names() == []
    assert "Usage" in environment.run("arena", "--help").stdout or "usage" in environment.run("arena", "--help").stdout
    environment.run("arena", "plugins", "list")
    assert "install the plugins that you need" in environment.run("arena", "--help").stdout
    assert "arena-mine/arena_mine/plugin.py" in environment.run("arena", "plugins", "new", "mine").stdout.splitlines()
    for words, code, expected in (
        (("submit", "pytorchjob", "--name", "x"), 2, "unknown job type 'pytorchjob'\nhint: no job type is installed: install a plugin"),
        (("submit",), 2, "hint: no job type is installed"),
        (("list",), 6, "set $KUBECONFIG or --config, or install arena-local"),
        (("get", "x"), 6, "no cluster is configured"),
        (("delete", "x"), 6, "hint: set $KUBECONFIG"),
        (("serve", "custom"), 2, "hint: no type of server is installed: install arena-serve"),
        (("cron", "job", "--name", "x"), 2, "neither a job type nor a command of `arena cron`"),
        (("model", "list"), 2, "arena model is not installed or switched off\nhint: install arena-model"),
        (("demo",), 2, "error: unknown job type 'pytorchjob'"),
        (("local", "up"), 2, "the local cluster is not installed or switched off\nhint: install arena-local"),
    ):
        refused = environment.run("arena", *words, code=code)
        assert expected in refused.stderr, refused.stderr
        assert refused.stdout == ""
    environment.install("arena-pytorchjob")
    assert environment.run("arena", "demo", code=6).stderr.startswith("error: the embedded local cluster is not installed")
    environment.pip("uninstall", "-y", "arena-pytorchjob")
    environment.pip("check")
    # Whether a property holds does not depend on what else is installed: those are left to the run in which this one is.
    words = ("-q", "-p", "no:cacheprovider", "-m", "not hypothesis", "-c", str(ROOT / "pyproject.toml"), str(ROOT / "tests/unit"))
    tests = environment.run("python", "-m", "pytest", *words)
    assert " passed" in tests.stdout or "100%" in tests.stdout


def test_plugins_come_and_go(environment: Environment) -> None:
    environment.install("arena-core", *JOB_TYPES)
    assert environment.names() == sorted([*JOB_TYPES.values(), *MORE])
    shown = environment.run("arena", "plugins", "list").stdout
    assert all(name in shown for name in JOB_TYPES.values())
    offered = "".join(environment.run("arena", group, "--help").stdout for group in ("submit", "serve", "cron"))
    assert all(name.removesuffix("-serving") in offered for name in JOB_TYPES.values())
    environment.pip("uninstall", "-y", "arena-tfjob")
    assert environment.names() == sorted({*JOB_TYPES.values(), *MORE} - {"tfjob"})
    refused = environment.run("arena", "submit", "tfjob", "--name", "x", code=2)
    assert "tfjob" in refused.stderr
    made = environment.run(
        "arena", "submit", "pytorchjob", "--name", "x", "--image", "i", "--dry-run", "client", "-o", "json", "python train.py"
    )
    assert '"kind": "PyTorchJob"' in made.stdout


def test_there_is_one_version() -> None:
    projects = {name: tomllib.loads((folder / "pyproject.toml").read_text())["project"] for name, folder in OURS.items()}
    assert {p["name"] for p in projects.values()} == set(OURS)
    version = projects["arena-core"]["version"]
    assert {p["version"] for p in projects.values()} == {version}
    pins = [
        d
        for p in projects.values()
        for d in (*p["dependencies"], *p.get("optional-dependencies", {}).get("all", ()))
        if d.startswith("arena-")
    ]
    assert pins
    assert all(pin.endswith(f"=={version}") for pin in pins), pins


@pytest.mark.parametrize("name", OURS)
def test_a_wheel_holds_its_package_typed_and_nothing_else(name: str, wheels: dict[str, str]) -> None:
    package = name.replace("-", "_")
    with zipfile.ZipFile(wheels[name]) as wheel:
        files = wheel.namelist()
    assert f"{package}/py.typed" in files
    assert {Path(file).parts[0] for file in files if ".dist-info/" not in file} == {package}
    assert not [file for file in files if file.endswith((".pyc", ".db", ".log"))]
    licences = {Path(file).name for file in files if ".dist-info/licenses/" in file}
    assert licences == {"LICENSE", "NOTICE"}
    assert (OURS[name] / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()


def test_the_demo_works_from_an_installed_wheel(environment: Environment) -> None:
    environment.install("arena-core", "arena-pytorchjob", "arena-local")
    try:
        printed = environment.run("arena", "demo").stdout
    finally:
        environment.run("arena", "local", "down", code=None)
    assert printed.count("weight checksum") == 2


def test_the_page_is_served_from_the_installed_wheel(environment: Environment) -> None:
    """`arena logview` needs its files, and what others have written of them with its licences."""
    environment.install("arena-core")
    script = (
        "from arena_core.cli.logview.page import Page; import urllib.request as u\n"
        "page = Page(None, []); page.start()\n"
        "print(*(f'{n}:{len(u.urlopen(page.server.address + n).read()) > 20}' for n in ('', 'app.js', 'style.css', 'vendor/uplot.js')))\n"
        "from importlib.resources import files; vendor = files('arena_core.cli.logview') / 'static/vendor'\n"
        "print(sorted(one.name for one in vendor.iterdir() if one.name.startswith('LICENSE')))\n"
    )
    printed = environment.run("python", "-c", script).stdout
    assert printed.count(":True") == 4, printed
    assert printed.count("LICENSE.") == 4, printed
