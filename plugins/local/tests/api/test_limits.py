"""What nobody may do to everybody's server: endless patterns, rules, aliases, headers, and connections that say nothing."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from arena_local.context import Context, Options
from arena_local.http import bodies, build_app, serving
from arena_local.http.respond import warning_headers
from arena_local.http.serving import Runner
from arena_local.server.cel import CelError, CostError, budget, evaluate, parse
from arena_local.server.cel.evaluate import unknown_calls
from arena_local.server.errors import Refusal
from arena_local.server.re2 import PatternError, TooCostlyError, compile_pattern
from arena_local.server.rules import rule_causes
from arena_local.server.schema import compile_schema
from arena_local.server.server import ApiServer
from arena_local.store import Store

SECONDS = 3.0


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a*)*b", "^(a|a)*$", "^(a?){100}a{100}$", "(.*)(.*)(.*)(.*)x$"])
def test_patterns_take_linear_time(pattern: str) -> None:
    """S12: no pattern of a CRD stops the server."""
    started = time.monotonic()
    assert compile_pattern(pattern).search("a" * 20_000 + "!") is False
    assert time.monotonic() - started < SECONDS


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "^", "$", r"\b", "(?:a|b)", "a{2}", "b{1,3}", "c"])
PATTERNS = st.lists(st.tuples(ATOMS, st.sampled_from(["", "", "*", "+", "?"])), max_size=6).map(
    lambda parts: "".join(f"(?:{atom}){sign}" for atom, sign in parts)
)


@given(PATTERNS, st.text("abc1 ", max_size=12))
def test_patterns_mean_what_they_mean_elsewhere(pattern: str, text: str) -> None:
    r"""S12: the engine agrees with Python's, which reads this part of the syntax alike (``$`` is ``\Z`` in RE2)."""
    assert compile_pattern(pattern).search(text) is (re.search(pattern.replace("$", r"\Z"), text, re.ASCII) is not None)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^(?i)abc$", "aBC", True),
        (r"^[[:alpha:]]+$", "abc1", False),
        (r"\Aa\z", "a\n", False),
        ("(?m)^b$", "a\nb\nc", True),
        (r"^\pL+$", "äb", True),
        (r"^\x{e4}$", "ä", True),
        (r"^\Q.*\E$", ".*", True),
        ("x{,3}", "x{,3}", True),
    ],
)
def test_patterns_are_those_of_go(pattern: str, text: str, found: bool) -> None:
    """S12: what Python does not read, or reads otherwise."""
    assert compile_pattern(pattern).search(text) is found


@pytest.mark.parametrize(
    "pattern", ["(?=a)", "a**", "[b-a]", "(", "a{1001}", r"\1", "x{1000}{1000}", "[a", "(((a{99}){99}){99})", "(" * 200]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    """S12: look-around, references, and what would not fit into memory."""
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_texts_without_end_are_too_much() -> None:
    """S12."""
    with pytest.raises(TooCostlyError):
        compile_pattern("a*b").search("a" * (2 << 20))


def crd(**schema: Any) -> dict[str, Any]:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", **schema}}}},
    }
    names = {"plural": "things", "kind": "Thing"}
    spec = {"group": "x.example.com", "scope": "Namespaced", "names": names, "versions": [version]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.x.example.com"},
        "spec": spec,
    }


def test_a_crd_with_a_broken_pattern_is_refused() -> None:
    """S12: in the words of a real server, not accepted and then without effect."""
    with pytest.raises(Refusal) as error:
        ApiServer(Store(None)).create(crd(properties={"a": {"type": "string", "pattern": "(?=a)"}}), manager="t")
    assert (
        "must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"
        in error.value.message
    )


def test_rules_have_a_budget() -> None:
    """S12: nested macros end."""
    tree = parse("self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))")
    started = time.monotonic()
    with pytest.raises(CostError), budget():
        evaluate(tree, {"self": list(range(1000))})
    rules = [{"rule": "self.all(a, self.all(b, self.all(c, a + b + c >= 0)))"}]
    node = compile_schema({"type": "array", "items": {"type": "integer"}, "x-kubernetes-validations": rules})
    assert "running out of cost budget" in rule_causes(node, list(range(1000)), None)[0].message  # type: ignore[arg-type]
    assert time.monotonic() - started < 4 * SECONDS


@pytest.mark.parametrize(
    "text",
    [
        "'a'.matches('(a+)+$') && size(self.map(x, self.map(y, 'aaaaaaaaaaaaaaaaaaaaaaaaaaa'))) > 0",
        "9223372036854775807 + 1 > 0",
        "1 in 5",
        "5.all(x, true)",
        "{[1]: 2} == {}",
        "'a'.replace(1, 2)",
        "'a'.split('') == []",
    ],
)
def test_odd_rules_fail_as_rules(text: str) -> None:
    """S12: wrong types and whole numbers beyond 64 bits are errors of the rule, not of the server."""
    with budget():
        try:
            evaluate(parse(text), {"self": list(range(100))})
        except (CelError, CostError):
            pass


def test_rules_that_are_not_known_are_told() -> None:
    """C8: a rule that is not evaluated is said when its CRD is created."""
    assert unknown_calls(parse("isURL(self) && self.size() > 1")) == ["the function isURL is not known"]


BOMB = "\n".join(["a0: &a0 [x,x,x,x,x,x,x,x,x]", *(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10))])


@pytest.mark.parametrize("text", [BOMB, "a: &a [*a]", "[" * 100_000, "{a: " * 5000, "- x\n" * 300_000])
def test_yaml_that_grows_is_refused(text: str) -> None:
    """S12: 500 bytes with aliases took 4 GB."""
    started = time.monotonic()
    with pytest.raises((ValueError, yaml.YAMLError)):
        bodies.parse_yaml(text.encode())
    assert time.monotonic() - started < SECONDS
    with pytest.raises(Refusal) as error:
        bodies.read_object(text.encode(), "application/yaml", "ConfigMap")
    assert error.value.code == 400


def test_yaml_with_a_few_aliases_is_read() -> None:
    """S12: anchors as people write them still work."""
    assert bodies.parse_yaml(b"a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}") == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


def test_warnings_are_bounded() -> None:
    """S12: 200,000 unknown fields made 109,000 headers."""
    found = warning_headers(f'unknown field "spec.field{i}"' for i in range(200_000))
    assert 0 < len(found) < 400 and sum(len(value) for _, value in found) < 8192
    long = warning_headers(["a" * 300, "b" * 300])
    assert [len(value) for _, value in long] == [308, 308]


def ask(port: int, *parts: bytes, wait: float = 0.0) -> bytes:
    async def talk() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(wait)
        try:
            return await asyncio.wait_for(reader.read(), 20)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()

    return asyncio.run(talk())


def test_half_requests_are_closed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    """S12: a connection that says nothing, half a head or half a body is closed. S13: nonsense is not echoed, here nor in the log."""
    monkeypatch.setattr(serving, "FIRST_REQUEST", 0.5)
    monkeypatch.setattr(bodies, "_PATIENCE", 0.5)

    async def story() -> None:
        api = ApiServer(Store(None))
        runner = Runner(build_app(Context(state_dir=tmp_path, api=api, options=Options(), token="secret")))
        await runner.setup()
        from aiohttp import web

        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        loop = asyncio.get_running_loop()

        async def told(*parts: bytes) -> bytes:
            return await loop.run_in_executor(None, ask, port, *parts)

        assert await told(b"") == b""
        assert await told(b"GET /secret/version HTTP/1.1\r\nHost: localh") == b""
        head = b"POST /secret/api/v1/namespaces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"
        assert b"408" in (await told(head)).split(b"\r\n")[0]
        for line in (b"GET /secret/x HTTP/9.9\r\n\r\n", b"GET /secret\x00 HTTP/1.1\r\n\r\n", b"G\x01T /secret HTTP/1.1\r\n\r\n"):
            answer = await told(line)
            assert answer.startswith(b"HTTP/1.") and b"400" in answer.split(b"\r\n")[0] and b"secret" not in answer
        assert b"200 OK" in await told(b"GET /secret/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await runner.cleanup()

    asyncio.run(story())
    assert "secret" not in caplog.text
