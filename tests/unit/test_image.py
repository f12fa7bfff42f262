"""Names of images are checked as a node checks them (N15)."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import check_image, parse
from arena_core.contract.errors import InvalidArguments
from arena_core.families.args import SubmitArgs

DIGEST = "sha256:" + "a" * 64
GOOD = [
    "i", "python:3.11", "ghcr.io/a/b:v1", "localhost:5000/x", "[::1]:5000/x/y", f"a/b@{DIGEST}", f"x:t@{DIGEST}", "a__b/c-d--e.f", "UPPER/x",
    "registry.example.com:5000/team/Train".lower(), "x:" + "t" * 128, "nvcr.io/nvidia/pytorch:24.01-py3", "", "1.2.3.4/x",
]  # fmt: skip
BAD = [
    "UPPER/Bad:::x", "Python", "a/Bad", "x:", ":x", "x:a b", " x", "x ", "http://h/x", "x@sha256:abc", "a//b", "/a", "a/", "a..b", "-a", "a_-b", "a___b",
    "x:" + "t" * 129, "x:-t", "a" * 256, "b" * 0 + "f" * 64, "x\n", "ü", "host:port/x", "x:tag:tag", "$(IMAGE)", "x@", "é:1",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_good(text):
    assert check_image(text) == text


@pytest.mark.parametrize("text", BAD)
def test_bad(text):
    with pytest.raises(ValueError, match="image"):
        check_image(text)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ValueError):
        assert check_image(text) == text


@pytest.mark.parametrize("field", ["image", "sync_image", "tensorboard_image"])
def test_every_image_of_a_job(field):
    with pytest.raises(InvalidArguments) as caught:
        parse(SubmitArgs, {"name": "x", "image": "i", "command": "true", field: "UPPER/Bad:::x"})
    assert [p.field for p in caught.value.problems] == [field]
