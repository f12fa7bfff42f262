"""The commands of each example's README run in its folder, as they are written; its YAML is what the command makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MODEL = re.compile(r"done: y = (\S+) x (\S+)")


def commands(name: str) -> list[str]:
    text = (ROOT / "examples" / name / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.S)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize(("name", "models"), [("appwrapper", 4), ("volcano", 4), ("tfjob", 4)])
def test_readme(name, models, machine, example):
    place = example(name)
    printed = {command: machine.sh(command, cwd=place) for command in commands(name)}
    (logs,) = [text for command, text in printed.items() if " logs " in command]
    found = MODEL.findall(logs)
    assert len(found) == models
    assert all(abs(float(slope) - 3) < 0.05 and abs(float(offset) + 2) < 0.05 for slope, offset in found)
    assert any("SUCCEEDED" in text for command, text in printed.items() if " get " in command)
    machine.until(lambda: not machine.owned("line") and not machine.owned("fit"), "nothing to be left")


def test_yaml_of_the_appwrapper_is_what_command_and_job_file_make(machine, example):
    place = example("appwrapper")
    written = yaml.safe_load((place / "appwrapper.yaml").read_text())
    submit = next(command for command in commands("appwrapper") if "submit appwrapperjob" in command)
    for command in (
        submit.replace("appwrapperjob", "appwrapperjob --dry-run client -o yaml"),
        "arena submit --dry-run client -o yaml -f job.yaml",
    ):
        made = yaml.safe_load(machine.sh(command, cwd=place))
        made["metadata"].pop("namespace")
        assert made == written


def test_every_flag_of_the_wrapper_is_in_the_table(machine):
    """The table from flag to field leaves out none of the wrapper's own flags, and names none that is not there."""
    text = (ROOT / "examples" / "appwrapper" / "README.md").read_text(encoding="utf-8")
    named = {flag for line in text.splitlines() if line.startswith("|") for flag in re.findall(r"`(--[a-zA-Z-]+)", line)}
    from arena_appwrapper.args import AppWrapperArgs
    from arena_core.args import chosen_model, flag_specs
    from arena_core.registry import Registry

    model = Registry(environ={}).get("appwrapperjob").args_model
    around = [chosen_model(model, {"inner_type": kind}) for kind in ("volcano", "pytorch")]
    known = {word for one in around for spec in flag_specs(one) for word in (*spec.names, *spec.old)}
    assert named <= known, named - known
    own = {name for spec in flag_specs(AppWrapperArgs) for name in spec.names if spec.group == "AppWrapper"}
    assert own <= named, own - named


def test_every_defect_of_the_fork_has_its_line():
    """``docs/differences-from-arena.md`` says of each of the 25 what is done instead."""
    text = (ROOT / "docs" / "differences-from-arena.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|") and re.search(r"\bL\d+\b", line)]
    assert {int(n) for row in rows for n in re.findall(r"\bL(\d+)\b", row)} == set(range(1, 26))
    assert all(len([cell for cell in row.strip("|").split("|") if cell.strip()]) == 3 for row in rows)


def test_yaml_in_the_page_on_cluster_setup_is_sound():
    text = (ROOT / "docs" / "cluster-setup.md").read_text(encoding="utf-8")
    objects = [obj for block in re.findall(r"```yaml\n(.*?)```", text, re.S) for obj in yaml.safe_load_all(block)]
    assert [obj["kind"] for obj in objects] == ["ClusterRole", "ClusterRoleBinding", "Role"]
    assert objects[1]["roleRef"]["name"] == objects[0]["metadata"]["name"]
