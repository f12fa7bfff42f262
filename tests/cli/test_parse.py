"""The parser: Go's way with flags, a program behind them, every problem at once."""

from __future__ import annotations

import pytest

from arena_core.cli.flags import GLOBAL_FLAGS, Flag
from arena_core.cli.parse import Parser

FLAGS = (
    Flag("name", metavar="NAME"),
    Flag("gpus", integer=True),
    Flag("env", short="e", repeat=True),
    Flag("gang", boolean=True),
    Flag("rdma", boolean=True),
    Flag("host_network", long="hostNetwork", boolean=True),
    Flag("working_dir", old=("workingDir",)),
    Flag("follow", short="f", boolean=True),
    Flag("mode", choices=("client", "server")),
    *GLOBAL_FLAGS,
)


def parse(*words, program=True):
    return Parser(FLAGS, program=program).parse(words)


@pytest.mark.parametrize("words", [("--name", "x"), ("--name=x",)])
def test_a_value_stands_behind_a_blank_or_an_equals_sign(words):
    assert parse(*words).values == {"name": "x"}


@pytest.mark.parametrize("words", [("-e", "A=1"), ("-eA=1",), ("-e=A=1",), ("--env", "A=1"), ("--env=A=1",)])
def test_short_and_long_forms_keep_the_equals_sign_of_the_value(words):
    assert parse(*words).values == {"env": ["A=1"]}


def test_repeated_flags_are_collected_and_commas_are_kept():
    assert parse("-e", "A=1,2", "-e", "B=3").many("env") == ["A=1,2", "B=3"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("--gang", True),
        ("--gang=true", True),
        ("--gang=T", True),
        ("--gang=1", True),
        ("--gang=false", False),
        ("--gang=F", False),
        ("--gang=0", False),
    ],
)
def test_switches_as_in_go(word, value):
    assert parse(word).values == {"gang": value}


@pytest.mark.parametrize(
    ("words", "values"),
    [(("--no-gang",), {"gang": False}), (("--gang", "--no-gang"), {"gang": False}), (("--no-gang", "--gang"), {"gang": True})],
)
def test_a_switch_is_turned_off_by_its_no(words, values):
    found = parse(*words)
    assert (found.values, found.problems) == (values, [])


@pytest.mark.parametrize("word", ["--no-name", "--no-gang=true", "--no-such", "--no-"])
def test_only_a_switch_without_a_value_has_a_no(word):
    assert [problem.partition(";")[0] for problem in parse(word).problems] == [f"unknown flag {word.partition('=')[0]}"]


def test_a_switch_with_rubbish_is_a_problem():
    assert parse("--gang=maybe").problems == ["--gang: 'maybe' is neither true nor false"]


def test_a_bare_true_behind_a_switch_is_refused_and_the_way_out_is_named():
    found = parse("--hostNetwork", "true", "python", "t.py")
    assert found.problems == [
        "--hostNetwork true: a switch takes its value after '=' (--hostNetwork=true); a program called true goes behind --"
    ]
    assert found.args == ["python", "t.py"]
    assert parse("--hostNetwork", "--", "true").args == ["true"]


def test_flags_behind_the_program_belong_to_it():
    found = parse("--name", "x", "python", "train.py", "--lr", "0.1", "-e", "5")
    assert found.values == {"name": "x"}
    assert found.args == ["python", "train.py", "--lr", "0.1", "-e", "5"]
    assert not found.problems
    assert not found.notes


def test_a_flag_of_ours_behind_the_program_is_mentioned():
    found = parse("--name", "x", "python", "train.py", "--gpus", "2")
    assert found.args[-2:] == ["--gpus", "2"]
    assert len(found.notes) == 1
    assert "--gpus" in found.notes[0]


def test_flags_behind_a_quoted_command_are_ours_as_in_arena():
    found = parse("--name", "x", "python train.py --lr 1", "--gpus", "2")
    assert found.values == {"name": "x", "gpus": "2"}
    assert found.args == ["python train.py --lr 1"]


def test_two_dashes_end_the_flags():
    found = parse("--name", "x", "--", "--odd", "-n")
    assert found.args == ["--odd", "-n"]
    assert found.dashed


def test_every_problem_is_found():
    found = parse("--nmae", "x", "--gpus=two", "--gang=maybe", "--mode", "both", "-Z", "--name")
    assert found.problems == [
        "unknown flag --nmae; did you mean --name?",
        "--gpus: 'two' is not a whole number",
        "--gang: 'maybe' is neither true nor false",
        "--mode: 'both' is not one of client, server",
        "unknown flag -Z",
        "--name needs a value (NAME)",
    ]
    assert not found.args


def test_the_value_of_an_unknown_flag_does_not_begin_the_program():
    assert parse("--wrokers", "2", "--name", "x", "python", "t.py").values == {"name": "x"}


def test_a_flag_does_not_swallow_the_next_flag():
    found = parse("--name", "--gang")
    assert found.problems == ["--name needs a value (NAME)"]
    assert found.on("gang")


def test_negative_numbers_are_values():
    assert parse("--gpus", "-1").values == {"gpus": "-1"}


def test_old_spellings_work_with_a_note():
    found = parse("--workingDir=/w")
    assert found.values == {"working_dir": "/w"}
    assert found.notes == ["--workingDir is the old name of --working-dir"]


def test_short_switches_may_be_bundled_with_a_value_at_the_end():
    assert parse("-fn", "ns").values == {"follow": True, "namespace": "ns"}


def test_words_and_flags_may_be_mixed_without_a_program():
    found = parse("a", "--gang", "b", "-n", "x", program=False)
    assert (found.args, found.values) == (["a", "b"], {"gang": True, "namespace": "x"})


def test_help_is_ours_only_before_the_program():
    assert parse("--help").help
    assert not parse("python", "t.py", "--help").help
