"""What is read on a short way is read as on the long one."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from arena_core.k8s import names, selectors, time

WORDS = st.text("aZ0-_./=,!()é\n ", max_size=9)


@given(st.lists(st.builds("{}={}".format, WORDS, WORDS), min_size=1, max_size=3).map(",".join))
def test_a_plain_selector_is_what_the_parser_reads(text: str) -> None:
    if plain := selectors._plain(text):
        assert plain == selectors._Parser(text).parse()


def test_what_jobs_have_is_plain() -> None:
    assert selectors._plain("training.kubeflow.org/job-name=a,training.kubeflow.org/operator-name=b")


@given(WORDS)
def test_names_are_those_of_the_patterns(text: str) -> None:
    assert names._is_label(text) is bool(re.fullmatch(names._LABEL_RX, text))
    assert names._is_word(text) is bool(re.fullmatch(names._QNAME_RX, text))
    assert all(map(names._is_label, text.split("."))) is bool(re.fullmatch(names._SUBDOMAIN_RX, text))


@given(st.from_regex(r"\A[0-9]{4}-[0-9W]{2}-[0-9]{2}T[0-9]{2}[:.][0-9]{2}:[0-9]{2}[Zz+]\Z", fullmatch=True))
def test_a_plain_time_is_what_the_pattern_reads(text: str) -> None:
    # A fraction sends it the long way.
    assert time.parse(text) == time.parse(text[:-1] + ".0" + text[-1])
