"""An unknown flag is answered with the one that was meant, in all job types: whoever guesses is led, not left."""

from __future__ import annotations

from typing import Any

import pytest

from arena_core.cli.again import again
from arena_core.cli.flags import Parsed
from arena_core.cli.run import Run
from tests.cli.conftest import arena, home

__all__ = ["arena", "home"]


@pytest.mark.parametrize(
    ("job_type", "guess", "advice"),
    [
        ("tfjob", "--cpu=1", "--worker-cpu or --ps-cpu"),
        ("tfjob", "--num-gpus=1", "--gpus"),
        ("rayjob", "--memory=1Gi", "--worker-memory or --head-memory"),
        ("sparkjob", "--cpu=1", "--driver-cpu-request or --executor-cpu-request"),
        ("sparkjob", "--worker=2", "--replicas"),
        ("volcanojob", "--worker=2", "--replicas"),
        ("volcanojob", "--retry=2", "--max-retry"),
        ("pytorchjob", "--gpus-per-worker=2", "--gpus"),
        ("mpijob", "--volume=x:/x", "--data"),
        ("job", "--imgae=x", "--image"),
    ],
)
def test_a_guessed_flag_is_answered_with_the_right_one(arena: Any, job_type: str, guess: str, advice: str) -> None:
    done = arena("submit", job_type, "--name", "x", guess, "run")
    assert done.code == 2 and f"unknown flag {guess.partition('=')[0]}; did you mean {advice}?" in done.err, done.err


def test_the_number_behind_an_unknown_flag_is_its_value(arena: Any) -> None:
    assert "unknown flag -1" not in arena("submit", "volcanojob", "--name", "x", "--retry", "-1", "run").err


def test_a_queue_behind_the_switch_makes_no_program_of_the_flags_that_follow(arena: Any) -> None:
    done = arena("submit", "pytorchjob", "--name", "x", "--image", "i", "--queue", "q", "--dry-run", "client", "run it")
    assert "--queue is a switch here" in done.err and "follows the program" not in done.err


def test_commands_in_sentences_go_where_this_one_went() -> None:
    said = (
        "`arena logs -f a` follows it, `arena attach a -- ls`, `arena list -A`, `arena get NAME`, `arena submit --help`, `arena local up`"
    )
    with Run() as run:
        run.parsed = Parsed(values={"namespace": "team a", "context": "prod"})
        assert again(said) == (
            "`arena logs -f a -n 'team a' --context prod` follows it, `arena attach a -n 'team a' --context prod -- ls`, "
            "`arena list -A --context prod`, `arena get NAME`, `arena submit --help`, `arena local up`"
        )
        run.parsed = None
        assert again(said) == said


def test_a_job_of_another_namespace_is_looked_for_there(arena: Any) -> None:
    done = arena("--loglevel", "info", "scale", "x", "3", "-n", "other")
    assert done.code == 2 and "`arena scale x worker=4 -n other`" in done.err, done.err


def usage_of(arena: Any, *words: str) -> tuple[str, str]:
    """Return how a command is written, and its required flags, as its help says."""
    text = arena(*words, "--help").out
    return " ".join(text.partition("Usage:")[2].partition("\n\n")[0].split()), text.partition("Required:")[2].partition("\n\n")[0]


def test_help_asks_for_what_is_needed_and_for_nothing_else(arena: Any) -> None:
    usage, required = usage_of(arena, "submit", "sparkjob")
    assert "arena submit sparkjob --name NAME [flags] [ARG...]" in usage and "--image" not in required
    usage, required = usage_of(arena, "cron", "job")
    assert "--schedule SCHEDULE" in usage and "--schedule" in required and "--image" in required
    usage, required = usage_of(arena, "serve", "custom")
    assert "--version" not in usage and "--image IMAGE" in usage and "--image" in required
    usage, _ = usage_of(arena, "serve", "kserve")
    assert "--image" not in usage
    assert "--image IMAGE [flags] COMMAND" in usage_of(arena, "submit", "volcanojob")[0]
    assert "--min-workers" in arena("submit", "etjob", "--help").out and "--jar" in arena("submit", "sparkjob", "--help").out
    serving = " ".join(arena("serve", "custom", "--help").out.split())
    assert "wait until the server is ready" in serving and "each worker" not in serving and "the job has finished" not in serving


@pytest.mark.parametrize(
    ("inner", "text"), [("cron", "cannot be put into"), ("foo", "unknown job type"), ("tf-job", "did you mean 'tfjob'?")]
)
def test_a_wrapper_names_the_types_that_it_can_hold(arena: Any, inner: str, text: str) -> None:
    done = arena("submit", "appwrapperjob", "--name", "x", "--inner-type", inner, "run it")
    assert done.code == 2 and text in done.err and "types that can be wrapped: " in done.err
    assert "volcanojob" in done.err and "custom-serving" not in done.err and "installed:" not in done.err, done.err
