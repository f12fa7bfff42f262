"""What is plainly the reference of an image is one by the grammar, too."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import image


@given(st.one_of(st.text("aZ09.-_/:@é", max_size=12), st.from_regex(r"\A[a-z0-9]{1,3}([./-][a-z0-9]{1,2}){0,4}(:[A-Za-z0-9.-]{1,4})?\Z")))
def test_what_is_plain_is_a_reference(text: str) -> None:
    if image._is_plain(text):
        found = image._REFERENCE.fullmatch(text)
        assert found is not None and len(found["name"]) < 64
        assert not re.fullmatch("[0-9a-f]{64}", found["name"])


def test_common_references_are_plain() -> None:
    assert all(map(image._is_plain, ["python:3.12", "ghcr.io/team/train:v1", "x", "pytorch/pytorch:2.5.0-cuda12.4"]))
