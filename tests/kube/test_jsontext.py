"""The small readers that stand for modules of the standard library, held against these."""

from __future__ import annotations

import json
import socket
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena_core.kube import jsontext, sockets

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def outcome(read, data):
    try:
        return read(data)
    except ValueError as error:
        return type(error), str(error)


def by_the_book(data):
    return json.loads(data, parse_constant=jsontext.refuse_constant)


#: The first text that a process draws costs a second: the table of all characters is made then.
PATIENT = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@PATIENT
@given(VALUES, st.sampled_from(["", " ", "\n", "\r\n\t"]), st.sampled_from([None, 2]), st.booleans())
def test_documents_are_read_as_json_loads_reads_them(value, space, indent, ascii):
    data = (space + json.dumps(value, indent=indent, ensure_ascii=ascii) + space).encode("utf-8", "surrogatepass")
    assert jsontext.loads(data) == by_the_book(data) == value


@PATIENT
@given(VALUES)
def test_values_are_written_as_json_dumps_writes_them(value):
    assert jsontext.dumps(value) == json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize("value", [{1: True, None: 1.5, False: "x"}, (1, (2,)), {"a": {1}}, [object()], {(1,): 2}, float("inf"), "\ud800"])
def test_odd_values_are_written_or_refused_alike(value):
    def outcome(write):
        try:
            return write(value)
        except (TypeError, ValueError) as error:
            return str(error)

    assert outcome(jsontext.dumps) == outcome(lambda one: json.dumps(one, separators=(",", ":")).encode())


def test_what_holds_itself_is_refused():
    around: list[object] = []
    around.append(around)
    with pytest.raises(ValueError, match="Circular"):
        jsontext.dumps(around)


@given(
    st.binary(max_size=40)
    | st.text(alphabet='{}[]",:\\ue+-.0123456789 truefalsn\n\ud800é', max_size=30).map(lambda t: t.encode("utf-8", "replace"))
)
def test_what_is_no_document_is_refused_with_the_same_words(data):
    assert repr(outcome(jsontext.loads, data)) == repr(outcome(by_the_book, data))


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_other_codings_are_left_to_the_book(coding):
    assert jsontext.loads('{"a": "é"}'.encode(coding)) == {"a": "é"}


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', "[Infinity]", '{"a": 1} x', '{"a": 1}{', "[1,]", '{"a": 1, "a": 2}', '["\\ud800"]', "{", "[" * 9]
)
def test_odd_documents(text):
    assert outcome(jsontext.loads, text.encode()) == outcome(by_the_book, text.encode())


def test_a_name_with_several_addresses_is_tried_to_the_end(monkeypatch):
    """``localhost`` may mean ::1 first, where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        dead = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))
        live = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", port))
        monkeypatch.setattr(sockets._socket, "getaddrinfo", lambda *asked: [dead, live])
        connected = sockets.connected("localhost", port, 5)
        assert connected.getpeername()[1] == port
        connected.close()
        monkeypatch.setattr(sockets._socket, "getaddrinfo", lambda *asked: [dead, dead])
        with pytest.raises(ConnectionRefusedError):
            sockets.connected("localhost", port, 5)


def test_a_socket_of_ours_can_be_used_as_any_other():
    """TLS and websockets are begun on it."""
    code = "import sys; from arena_core.kube import sockets; assert 'socket' not in sys.modules; print('ok')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout == "ok\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        raw = sockets.connected("127.0.0.1", server.getsockname()[1], 5)
        far, _ = server.accept()
        with far:
            raw.sendall(b"x")
            assert far.recv(1) == b"x"
        assert raw.gettimeout() == 5 and raw.fileno() >= 0
        raw.close()
        raw.close()
