"""How far a training is, from the lines that real tools print; and nothing from lines that say nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.usecases.progress import read_progress
from arena_core.usecases.progress.parse import LONGEST
from tests.progress.corpus import BAR, ORDINARY, TRAINING

FORMS = [
    "epoch {epoch}/{epochs} loss 0.29",
    "Epoch {epoch} of {epochs}, loss: 0.29",
    "[Epoch {epoch}/{epochs}] loss=0.29 acc=0.9",
    "Epoch {epoch}: loss = 0.29",
    "Epoch [{epoch}/{epochs}], Step [{step}/{total}], Loss: 0.29",
    "Epoch: [{epoch}][{step}/{total}] Loss 0.29 (0.31)",
    "Train Epoch: {epoch} [{step}/{total} (64%)] Loss: 0.29",
    "step {step}/{total} loss 0.29",
    "iter {step}: loss 0.29, time 23ms",
    " iteration {step}/ {total} | elapsed time per iteration (ms): 812.3 | lm loss: 3.2 |",
    f"Epoch {{epoch}}/{{epochs}}: 45%|{BAR}| {{step}}/{{total}} [00:10<00:12, 43.2it/s]",
    f" 45%|{BAR}| {{step}}/{{total}} [00:10<00:12, 43.2it/s, loss=0.29]",
    "{{'loss': 0.29, 'epoch': {epoch}}}",
]


def said(text: str, wanted: dict[str, Any]) -> dict[str, Any]:
    found = read_progress(text)
    if found is None:
        return {}
    return {key: getattr(found, key) if hasattr(found, key) else found.metrics.get(key) for key in wanted}


@pytest.mark.parametrize(("text", "wanted"), [row[1:] for row in TRAINING], ids=[row[0] for row in TRAINING])
def test_a_training_says_how_far_it_is(text: str, wanted: dict[str, Any]) -> None:
    assert said(text, wanted) == pytest.approx(wanted)


@pytest.mark.parametrize("line", ORDINARY)
def test_an_ordinary_line_says_nothing(line: str) -> None:
    assert read_progress(line) is None


def test_the_corpus_is_large_enough() -> None:
    assert len(TRAINING) >= 50 and len(ORDINARY) >= 100


def test_progress_survives_ordinary_lines_behind_it() -> None:
    noise = "\n".join(ORDINARY[:20])
    assert said(f"step 450/1000 loss 0.12\n{noise}", {"step": 450}) == {"step": 450}
    assert read_progress("step 450/1000 loss 0.12\n" + "hello\n" * 500) is None, "what is long past says nothing of now"


def test_the_last_word_counts() -> None:
    assert said("step 10/100 loss 0.9\nstep 11/100 loss 0.8", {"step": 11, "loss": 0.8}) == {"step": 11, "loss": 0.8}


def test_the_whole_and_the_rest_follow_where_they_can() -> None:
    bar = read_progress(f"Epoch 3/10: 50%|{BAR}| 500/1000 [00:10<00:10, 50.0it/s]")
    assert bar and bar.fraction == pytest.approx(0.25) and bar.seconds_left == pytest.approx(10 + 7 * 20)
    alone = read_progress(f"Epoch 3:  45%|{BAR}| 450/1000 [00:10<00:12, 43.21it/s]")
    assert alone and alone.fraction is None and alone.seconds_left is None, "how many epochs there are, nobody has said"
    step = read_progress("iteration 1200/ 2400 | elapsed time per iteration (ms): 500.0 | lm loss: 3.2")
    assert step and step.fraction == 0.5 and step.seconds_left == 600
    epoch = read_progress("epoch 3/10 loss 0.12")
    assert epoch and epoch.fraction == pytest.approx(0.3) and epoch.seconds_left is None


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_failure(text: str) -> None:
    read_progress(text)


@pytest.mark.parametrize(
    "text", ["0" * 100_000, "loss: " * 20_000, "epoch " * 20_000, "1/" * 50_000, "=" * 100_000, "{" * 50_000, "\r" * 100_000]
)
def test_no_line_takes_long(text: str) -> None:
    import time

    begin = time.process_time()
    read_progress(text)
    assert time.process_time() - begin < 1.0
    assert LONGEST <= 4000


@given(st.sampled_from(FORMS), st.integers(1, 5000), st.integers(0, 5000), st.integers(1, 10**6), st.integers(0, 10**6))
def test_numbers_of_any_length_are_read_whole(form: str, epoch: int, epochs: int, step: int, steps: int) -> None:
    """`epoch 293/1000 loss 0.29` was read as epoch 29, step 3 of 1000."""
    numbers = {"epoch": epoch, "epochs": epoch + epochs, "step": step, "total": step + steps}
    found = read_progress(form.format(**numbers))
    assert found
    told = {"epoch": found.epoch, "epochs": found.epochs, "step": found.step, "total": found.total}
    assert told == {key: value if f"{{{key}}}" in form else None for key, value in numbers.items()}
