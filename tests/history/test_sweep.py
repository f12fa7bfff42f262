"""``submit --sweep`` and ``--after`` (issue 14)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.cli.submit.parameters import combinations, filled, read
from arena_core.contract.errors import UsageError

JOB = ("submit", "job", "--image", "x", "--name")


@pytest.mark.parametrize(
    "texts",
    [
        ["lr"],
        ["=1"],
        ["lr="],
        ["lr=1,,2"],
        ["lr=1", "lr=2"],
        ["n=3..1"],
        ["n=1..3..0"],
        ["n=1..5000"],
        ["a=1..100", "b=1..100"],
        ["x=1,1"],
        ["a b=1"],
    ],
)
def test_values_that_make_no_sense_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError):
        read(texts)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,4}", fullmatch=True), st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True), max_size=3
    )
)
def test_every_combination_comes_once(values: dict[str, list[int]]) -> None:
    texts = {key: [str(value) for value in found] for key, found in values.items()}
    found = [tuple(one.items()) for one in combinations(read([f"{key}={','.join(found)}" for key, found in texts.items()]))]
    size = 1
    for one in texts.values():
        size *= len(one)
    assert len(found) == len(set(found)) == size


def test_other_braces_stay() -> None:
    assert filled("awk '{print $1}' {lr}{lr} {x}", {"lr": "{x}", "x": "1"}) in ("awk '{print $1}' 11 1", "awk '{print $1}' {x}{x} 1")


def built(arena: Any, *words: str) -> list[dict[str, Any]]:
    done = arena(*words[:2], "--dry-run", "client", "-o", "jsonl", *words[2:])
    assert done.code == 0, done.err
    return [json.loads(line) for line in done.out.splitlines()]


def test_values_are_variables_words_of_the_command_flags_or_keys_of_the_file(arena: Any) -> None:
    jobs = built(
        arena, *JOB, "s", "--sweep", "lr=0.1,0.2", "--sweep", "workers=1,2", "--sweep", "env.MODE=a", "python", "t.py", "--lr={lr}"
    )
    assert [job["metadata"]["name"] for job in jobs] == ["s-1", "s-2", "s-3", "s-4"]
    assert [job["spec"]["parallelism"] for job in jobs] == [1, 2, 1, 2]
    container = jobs[2]["spec"]["template"]["spec"]["containers"][0]
    env = {one["name"]: one.get("value") for one in container["env"]}
    assert (env["lr"], env["MODE"]) == ("0.2", "a")
    assert "--lr=0.2" in " ".join(container["command"])
    assert all(job["metadata"]["labels"]["arena.kubeflow.org/sweep"] == "s" for job in jobs)


def test_nothing_is_submitted_where_one_is_wrong(arena: Any) -> None:
    done = arena(*JOB, "w", "--sweep", "workers=1,many", "true")
    assert done.code == 2 and "workers" in done.err
    assert arena.data("list") == []
    for words in (
        ("--at-once", "2"),
        ("--sweep", "a=1,2", "--at-once", "0"),
        ("--sweep", "a=1", "--follow"),
        ("--sweep", "a=1", "--timeout", "9s"),
    ):
        assert arena(*JOB, "w", *words, "true").code == 2
    assert arena.data("list") == []


def test_so_many_at_once_and_a_table_of_the_last_figures(arena: Any) -> None:
    """Each writes when it runs: never more than two at the same time; stopped in between, the same command goes on."""
    log = arena.folder / "log"
    script = f"echo + >> {log}; sleep 0.7; echo - >> {log}; echo epoch 1/1 loss 0.$n"
    command = (*JOB, "t", "--sweep", "n=1..4", "--at-once", "2", "--timeout", "90s", script)
    first = arena.popen(*command)
    deadline = time.monotonic() + 60
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    first.kill()
    first.communicate()
    done = arena(*command)
    assert done.code == 0, done.err
    assert [line.split()[:2] + line.split()[-1:] for line in done.out.splitlines()[-4:]] == [
        [f"t-{n}", str(n), f"0.{n}"] for n in range(1, 5)
    ]
    running = 0
    for sign in log.read_text().split():
        running += 1 if sign == "+" else -1
        assert 0 <= running <= 2
    assert log.read_text().split().count("+") == 4, "no job ran twice"
    rows = arena.data("sweep", "t")
    assert [(row["parameters"], row["metrics"]) for row in rows][:1] == [({"n": "1"}, {"loss": 0.1})]
    assert arena("sweep", "nosuch").code == 3
    assert arena("delete", "-l", "arena.kubeflow.org/sweep=t").code == 0


def test_a_sweep_in_which_one_fails_ends_with_20(arena: Any) -> None:
    done = arena(*JOB, "f", "--sweep", "n=0,3", "--wait", "--timeout", "90s", "exit $n")
    assert done.code == 20 and "FAILED" in done.out and "SUCCEEDED" in done.out
    assert arena("delete", "f-1", "f-2").code == 0


def test_after_a_job_has_succeeded_and_not_after_it_has_failed(arena: Any) -> None:
    assert arena(*JOB, "a", "sleep 1").code == 0
    done = arena(*JOB, "b", "--after", "a", "true")
    assert done.code == 0 and "a is SUCCEEDED" in done.err and "b created" in done.out
    assert arena(*JOB, "c", "exit 1").code == 0
    failed = arena(*JOB, "d", "--after", "a", "--after", "c", "true")
    assert failed.code == 20 and "nothing was submitted" in failed.err
    assert arena(*JOB, "d", "--after", "nosuch", "true").code == 3
    assert arena("get", "d").code == 3
    arena("delete", "a", "b", "c")
