"""The program gets what was typed, through every reader of ``spec.entrypoint``: Kubernetes, bash, ray job submit, a shell."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from subprocess import list2cmdline

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.testing.conformance import TYPED
from arena_core.testing.texts import expand
from arena_rayjob.entrypoint import entrypoint

SHOW = "printf '[%s]' "


@pytest.fixture(scope="module", autouse=True)
def _python_itself():
    """Lines begin with a ``python3``: the one that runs this, and no shim that looks for one first, which takes ten times as long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).resolve().parent}{os.pathsep}{os.environ['PATH']}")
        yield


#: How ``ray job submit`` joins the words again: long so, and since Ray 2.60 as a shell would quote them.
JOINED = pytest.mark.parametrize("joined", [list2cmdline, shlex.join])


def through_bash(joined, *texts):
    """Return, of each text, the words that bash makes of the submitter's script, joined as ``ray job submit`` joins them."""
    scripts = [expand(f"words {text.strip()} ;", {"HOME": "wrong"}) for text in texts]
    whole = "\n".join(["words() { printf '%s\\0' $# \"$@\"; }", *scripts])
    said = iter(subprocess.run(["bash", "-ce", "--", whole], capture_output=True, check=True).stdout.decode().split("\0"))
    found = [joined([next(said) for _ in range(int(next(said)))]) for _ in texts]
    assert list(said) == [""]
    return found


def run(text):
    return subprocess.run(text, shell=True, capture_output=True, executable="/bin/sh").stdout.decode()


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(several=st.lists(TYPED.filter(str.strip), min_size=5, max_size=9))
@JOINED
@pytest.mark.parametrize("mode", ["K8sJobMode", "HTTPMode"])
def test_the_shell_gets_the_line_as_it_was_typed(mode, joined, several):
    """Several lines share the shells: it is starting them that takes long. In SidecarMode the text is that of K8sJobMode."""
    texts = [entrypoint(SHOW + shlex.quote(typed), "sh", mode) for typed in several]
    if mode == "K8sJobMode":
        assert texts == [entrypoint(SHOW + shlex.quote(typed), "sh", "SidecarMode") for typed in several]
    lines = texts if mode == "HTTPMode" else through_bash(joined, *texts)
    assert run("\nprintf '\\0'\n".join(lines)).split("\0") == [f"[{typed}]" for typed in several]


@JOINED
@pytest.mark.parametrize("mode", ["K8sJobMode", "HTTPMode"])
@pytest.mark.parametrize(
    ("line", "out"),
    [
        ("echo a && echo b", "a\nb\n"),
        ("echo $((1+1)); echo 'two  blanks'", "2\ntwo  blanks\n"),
        ('X="a b"; for i in $X; do echo "$i"; done', "a\nb\n"),
        ("cat <<END\nx $(echo y)\nEND\n", "x y\n"),
        ('echo *nothing-here*; echo "it\'s" \\\\', "*nothing-here*\nit's \\\n"),
        ("if true; then echo yes; fi", "yes\n"),
        ("python3 -c \"print('a', 'b')\"", "a b\n"),
    ],
)
def test_scripts(mode, joined, line, out):
    text = entrypoint(line, "sh", mode)
    assert run(text if mode == "HTTPMode" else through_bash(joined, text)[0]) == out


@pytest.mark.parametrize("mode", ["K8sJobMode", "HTTPMode", "SidecarMode"])
def test_a_plain_command_is_the_entrypoint_itself(mode):
    assert entrypoint("python train.py --lr=0.1 --data /data/x", "bash", mode) == "python train.py --lr=0.1 --data /data/x"


@JOINED
def test_the_shell_that_was_asked_for_runs_it(joined):
    assert run(through_bash(joined, entrypoint('echo "${BASH_VERSION:+bash}"', "bash", "K8sJobMode"))[0]) == "bash\n"
