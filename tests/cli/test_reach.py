"""Words of `port-forward`, `open`, `cp` and `events`; what they do is tested over the local cluster (tests/jobs/test_reach.py)."""

from __future__ import annotations

import json

import pytest

from arena_core.cli.commands import cp, port_forward
from tests.cli.test_reading import JOBS, PODS, job, pod


@pytest.mark.parametrize(
    ("word", "ports"), [("8080", (8080, 8080)), ("9000:80", (9000, 80)), (":80", (0, 80)), ("0:80", (0, 80)), ("65535", (65535, 65535))]
)
def test_ports_are_read_as_kubectl_reads_them(word, ports):
    assert port_forward._ports(word) == ports


@pytest.mark.parametrize("word", ["", "0", "80:0", "65536", "a", "1:2:3", "-1", "80:", "8 0"])
def test_what_is_no_port_is_refused(arena, api, word):
    done = arena("port-forward", "mnist", "--", word)
    assert done.code == 2 and "is not a port" in done.err, done
    assert not api.requests, "nothing is asked before that"


@pytest.mark.parametrize(
    ("word", "place"), [("mnist:/a", ("mnist", "/a")), ("./a:b", ("", "./a:b")), ("/a:b", ("", "/a:b")), ("a", ("", "a")), (".", ("", "."))]
)
def test_places_of_a_copy(word, place):
    assert cp._place(word) == place


def test_wrong_copies_are_refused(arena, api):
    for words in (("a", "b"), ("x:/a", "y:/b"), ("x:/a",), ("x:", "."), ("missing", "x:/a"), ("x:/", ".")):
        assert arena("cp", *words).code == 2, words
    assert not api.requests


@pytest.fixture
def running(api):
    api.put(JOBS, job("mnist"))
    api.put(PODS, pod("mnist", "master", 0))
    about = {"kind": "Pod", "name": "mnist-master-0", "uid": "uid-mnist-master-0"}
    event = {
        "metadata": {"name": "e", "uid": "e"},
        "involvedObject": about,
        "reason": "Started",
        "message": "Started container",
        "type": "Normal",
        "lastTimestamp": "2026-01-01T10:00:10Z",
    }
    api.put("/api/v1/namespaces/default/events", event)
    return api


def test_events_are_a_table_or_data(arena, running):
    done = arena("events", "mnist")
    header, row = done.out.splitlines()
    assert header.split() == ["SOURCE", "TYPE", "AGE", "MESSAGE"] and row.startswith("pod/mnist-master-0  Normal") and "[Started]" in row
    assert json.loads(arena("events", "mnist", "-o", "json").out)[0]["reason"] == "Started"
    assert arena("events", "mnist", "-w", "-o", "json").code == 2
    assert arena("events").code == 2


def test_a_job_that_serves_nothing_is_told_how_to_reach_a_port(arena, running):
    for command in ("open", "port-forward"):
        done = arena(command, "mnist")
        assert done.code == 3 and "nothing of mnist can be opened" in done.err and "arena port-forward mnist PORT" in done.err
