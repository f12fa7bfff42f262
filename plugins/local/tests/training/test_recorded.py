"""The engine against every recorded life cycle, with the recording in place of the kubelet: conditions on the way, events, answers."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("ARENA_SHARED", Path(__file__).resolve().parents[5] / "shared")) / "recordings"
FILES = [f for area in ("pytorchjob", "tfjob") for f in sorted((SHARED / area).glob("*.json"))]

_spec = importlib.util.spec_from_file_location("training_driver", Path(__file__).with_name("driver.py"))
assert _spec and _spec.loader
driver = importlib.util.module_from_spec(_spec)
sys.modules["training_driver"] = driver
_spec.loader.exec_module(driver)

#: What this way of playing cannot do: the recorder's own deletions are no steps.
LEFT_OUT = {"pt-invalid", "tf-invalid"}
RESTARTING = "the condition Restarting is overwritten before it is stored, or not"
#: Where the real operator does the one or the other.
EITHER = {
    ("pt-worker-exitcode-retryable-130", "path"): RESTARTING,
    ("pt-worker-exitcode-retryable-backofflimit", "path"): RESTARTING,
    ("pt-quota-forbidden", "events"): "the quota is for the first of two pods, and which that is is open",
    ("pt-scale-workers", "events"): "how often reconciles repeat events decides which of the last ones are dropped",
    ("pt-ttl", "events"): "a second delete finds nothing, or does not come",
}
COMPONENTS = ("pytorchjob-controller", "tfjob-controller")


@pytest.fixture(scope="module")
def plays():
    return {}


@pytest.mark.skipif(not FILES, reason="the recordings are not here")
@pytest.mark.parametrize("file", [f for f in FILES if f.stem not in LEFT_OUT], ids=lambda f: f.stem)
def test_life_cycle(file, plays):
    play = driver.Play(file).run()
    recording = play.recording
    for kind in {e["kind"] for e in recording["timeline"]} & {"PyTorchJob", "TFJob"}:
        if (file.stem, "path") not in EITHER:
            assert play.paths.get(f"{kind}/j", []) == driver.recorded_path(recording, kind, "j")
        if (file.stem, "events") not in EITHER:
            assert play.events(kind) == driver.recorded_events(recording, kind, COMPONENTS)
    assert [ours for _, ours in play.answers] == [recorded for recorded, _ in play.answers]


@pytest.mark.skipif(not FILES, reason="the recordings are not here")
@pytest.mark.parametrize("file", [f for f in FILES if f.stem in ("pt-invalid", "tf-invalid")], ids=lambda f: f.stem)
def test_refusals(file):
    """Every refused object of the recording is refused with the recorded code and text (whatever the order of its errors)."""
    play = driver.Play(file)
    for step in play.recording["steps"]:
        body = step["answer"].get("body") or {}
        if step["do"] != "create" or step["answer"]["code"] not in (403, 422):
            continue
        with pytest.raises(driver.ApiError) as refused:
            play.api.create(step["body"], manager="test")
        assert refused.value.code == step["answer"]["code"]
        assert sorted(refused.value.message.strip("]").split(", ")) == sorted(body["message"].strip("]").split(", ")), step.get("label")
