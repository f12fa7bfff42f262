"""The program gets what was typed, through every reader of ``spec.entrypoint``: Kubernetes, bash, ray job submit, a shell."""

from __future__ import annotations

import shlex
import subprocess
from subprocess import list2cmdline

import pytest
from hypothesis import HealthCheck, given, settings

from arena_core.testing.conformance import TYPED
from arena_core.testing.texts import expand
from arena_rayjob.entrypoint import entrypoint

SHOW = "printf '[%s]' "


#: How ``ray job submit`` joins the words again: long so, and since Ray 2.60 as a shell would quote them.
JOINED = pytest.mark.parametrize("joined", [list2cmdline, shlex.join])


def through_bash(text, joined):
    """The words that bash makes of the submitter's script, joined as ``ray job submit`` joins them."""
    script = expand(f"printf '%s\\0' -- {text.strip()} ;", {"HOME": "wrong"})
    words = subprocess.run(["bash", "-ce", "--", script], capture_output=True, check=True).stdout.split(b"\0")[1:-1]
    return joined([word.decode() for word in words])


def run(text):
    return subprocess.run(text, shell=True, capture_output=True, executable="/bin/sh").stdout.decode()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(typed=TYPED.filter(str.strip))
@JOINED
@pytest.mark.parametrize("mode", ["K8sJobMode", "SidecarMode", "HTTPMode"])
def test_the_shell_gets_the_line_as_it_was_typed(mode, joined, typed):
    text = entrypoint(SHOW + shlex.quote(typed), "sh", mode)
    assert run(text if mode == "HTTPMode" else through_bash(text, joined)) == f"[{typed}]"


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
    assert run(text if mode == "HTTPMode" else through_bash(text, joined)) == out


@pytest.mark.parametrize("mode", ["K8sJobMode", "HTTPMode", "SidecarMode"])
def test_a_plain_command_is_the_entrypoint_itself(mode):
    assert entrypoint("python train.py --lr=0.1 --data /data/x", "bash", mode) == "python train.py --lr=0.1 --data /data/x"


@JOINED
def test_the_shell_that_was_asked_for_runs_it(joined):
    assert run(through_bash(entrypoint('echo "${BASH_VERSION:+bash}"', "bash", "K8sJobMode"), joined)) == "bash\n"
