"""Plain kubeconfigs are read as the whole reader reads them, or left to it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from arena_core.kube.plainyaml import read

REAL = """\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTi==
    server: https://10.0.0.1:6443
  name: kind-kind
contexts:
- context:
    cluster: kind-kind
    user: kind-kind
  name: kind-kind
current-context: kind-kind
kind: Config
preferences: {}
users:
- name: kind-kind
  user:
    client-certificate-data: LS0tLS1CRUdJTi==
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - --region
      - eu-central-1
      - eks
      command: aws
      provideClusterInfo: false
"""


def whole(text: str) -> Any:
    """As ``kubefile`` reads it: without dates."""
    base = yaml.SafeLoader
    resolvers = {k: [(t, r) for t, r in v if not t.endswith(":timestamp")] for k, v in base.yaml_implicit_resolvers.items()}
    loader = type("Loader", (base,), {"yaml_implicit_resolvers": resolvers})
    return next(iter(yaml.load_all(text, Loader=loader)), None)


words = st.one_of(
    st.text("aZ0159:.,-_+=~!&*{}[]#|>'\"%@` ex\\?/", max_size=10),
    st.sampled_from(
        ["true", "False", "null", "~", "yes", "on", "1e3", "0x1F", "0o17", "1_000", ".5", "1:30", "12:30:45", ".inf", "2026-01-01"]
    ),
    st.sampled_from(["https://h:6443", "kind-kind", "/a b/c", "'q'", '"q"', "LS0tLQ==", "---", "...", "- x", "a: b", "<<", "=", "y"]),
)
keys = st.one_of(st.sampled_from(["name", "server", "as-groups", "tokenFile", "y", "no", "null"]), words)
documents = st.recursive(
    words, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)), max_leaves=8
)


@st.composite
def texts(draw: Any) -> str:
    """Lines that may or may not fit together."""
    rows = draw(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["", "- ", "-  ", "# "]), keys, words), max_size=6))
    return "\n".join(f"{' ' * indent}{dash}{key}:{' ' if word else ''}{word}" for indent, dash, key, word in rows)


@given(st.dictionaries(st.sampled_from(["a", "b-c", "users"]), documents, min_size=1, max_size=3), st.booleans())
def test_what_is_written_by_a_dumper_is_read_alike(data: Any, quoted: bool) -> None:
    text = yaml.safe_dump(data, default_style='"' if quoted else None)
    if (found := read(text)) is not None:
        assert found == whole(text)


@given(texts())
@example("a: b\n  c: d")
@example("a:\n- b\n  c")
@example("a:\n  - b: c\n    d: e\n  - f")
@example("a: 'it''s'")
@example("a: b\n--- \nc: d")
@example("a: b # c")
def test_whatever_is_taken_for_plain_is_read_alike(text: str) -> None:
    if (found := read(text)) is not None:
        assert found == whole(text)


def test_what_kubectl_writes_is_plain() -> None:
    assert read(REAL) == whole(REAL) and read(REAL)["users"][0]["user"]["exec"]["args"] == ["--region", "eu-central-1", "eks"]


@pytest.mark.parametrize("indent", ["", "  "])
def test_lists_may_stand_under_their_key_or_deeper(indent: str) -> None:
    text = f"users:\n{indent}- name: a\n{indent}  user: {{}}\n{indent}- name: b\n"
    assert read(text) == {"users": [{"name": "a", "user": {}}, {"name": "b"}]}


@pytest.mark.parametrize(
    "text", ["", "a: &x b", "a: *x", "a: |\n  b", "a: [b]", "a: {b: c}", "a: 1", "a: b\na: c", "- a", "a", "a:\n", "é: a"]
)
def test_what_is_not_plain_is_left_alone(text: str) -> None:
    assert read(text) is None


def test_a_plain_kubeconfig_needs_no_yaml(tmp_path: Any) -> None:
    (tmp_path / "config").write_text(REAL)
    code = f"import sys; from arena_core.kube import kubefile; f = kubefile.read({str(tmp_path / 'config')!r}); print('yaml' in sys.modules, f.current)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "kind-kind"]
