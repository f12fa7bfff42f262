"""The ssh of the launcher on the local cluster: its command line, the pod that a host means, exit codes; and the keys."""

from __future__ import annotations

import base64
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s.sshkeys import make_pair
from arena_mpijob.local import reach
from arena_mpijob.local.rsh import Call, exit_code, find, read


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["h", "true"], Call("h", "true")),
        (["-x", "-o", "ConnectionAttempts=10", "h", "orted", "-mca", "a", "1"], Call("h", "orted -mca a 1", 10)),
        (["-oConnectionAttempts=3", "-p", "22", "root@h"], Call("h", "", 3)),
        (["-n", "-oconnectionattempts 2", "-l", "me", "h", "a b", "-c"], Call("h", "a b -c", 2)),
        ([], Call("", "")),
    ],
)
def test_the_command_line_is_read_as_ssh_does(words, call):
    assert read(words) == call


@given(st.lists(st.text(max_size=6), max_size=6))
def test_any_command_line_is_read(words):
    assert isinstance(read(words), Call)


def pod(name, subdomain="j", **more):
    return {"metadata": {"name": name, **more}, "spec": {"hostname": name, "subdomain": subdomain}}


def test_a_host_is_the_pod_of_that_name_and_job():
    pods = [pod("j-worker-0", deletionTimestamp="now"), pod("j-worker-0"), pod("k-worker-0", "k")]
    for host in ("j-worker-0", "j-worker-0.j", "j-worker-0.j.ns.svc", "j-worker-0.j.ns.svc.cluster.local"):
        assert find(pods, host) is pods[1]
    assert find(pods, "j-worker-0.k") is None and find(pods, "j-worker-1") is None and find(pods, "") is None


def test_exit_codes_of_an_exec():
    failed = {"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "5"}]}}
    assert (exit_code({"status": "Success"}), exit_code(failed), exit_code({}), exit_code({"status": "Failure"})) == (0, 5, 255, 255)


def test_only_workers_that_would_run_sshd_are_changed():
    for command in (["/usr/sbin/sshd", "-De"], []):
        container = {"command": command, "args": ["-f", "x"] if command else []}
        assert reach.reached_by_ssh({"template": {"spec": {"containers": [container]}}})
        reach.without_sshd(container)
        assert container["command"][0] == "sh" and "args" not in container
    assert not reach.reached_by_ssh(None)
    own = {"command": ["sleep", "600"]}
    assert not reach.reached_by_ssh({"template": {"spec": {"containers": [own]}}})
    reach.without_sshd(own)
    assert own == {"command": ["sleep", "600"]}


def test_the_launchers_path_is_the_submitters_between_ours():
    template = {"metadata": {"annotations": {"arena.local/path": "/venv/bin"}}, "spec": {"containers": [{"env": []}]}}
    reach.with_agent(template)
    assert template["metadata"]["annotations"]["arena.local/path"] == f"{reach.TOOLS}:/venv/bin:{reach.MISSING}"
    for script in (reach.TOOLS / "ssh", *(reach.MISSING / name for name in ("mpirun", "mpiexec", "orterun"))):
        assert script.stat().st_mode & 0o111 == 0o111, f"{script} must be executable"


def test_the_keys_are_a_pair_that_ssh_reads(tmp_path):
    private, public = make_pair()
    kind, blob = public.split()
    assert kind == "ecdsa-sha2-nistp521" and len(base64.b64decode(blob)) == 4 + 19 + 4 + 8 + 4 + 133
    if (tool := shutil.which("ssh-keygen")) is None:
        pytest.skip("ssh-keygen is not installed: only the form of the keys was looked at")
    file = tmp_path / "id"
    file.write_text(private)
    file.chmod(0o600)
    done = subprocess.run([tool, "-y", "-P", "", "-f", str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.split()[:2] == public.split() and make_pair() != (private, public)
