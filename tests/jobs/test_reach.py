"""Ports, files and events of a job, through the API server."""

from __future__ import annotations

import re
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from arena_core.contract.errors import ArenaError, NotFound, UsageError
from arena_core.kube.resources import PODS, resource_of
from arena_core.usecases import copying

SERVER = """python3 -c '
import http.server, os, sys
os.chdir("/")
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"x" * 3000000 if self.path == "/big" else b"hello from " + os.environ["HOSTNAME"].encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
s = http.server.ThreadingHTTPServer((os.environ["MY_IP"], 0), H)
print("PORT", s.server_address[1], flush=True)
s.serve_forever()'"""


def fetched(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own port
        return bytes(answer.read())


@pytest.fixture
def web(arena: Any) -> tuple[Any, int]:
    """A running job that serves HTTP, and its port."""
    code = SERVER.replace('os.environ["MY_IP"]', '"127.0.0.1"')
    arena.direct.submit("pytorchjob", {"name": "web", "image": "i", "command": code})
    job = arena.direct.wait("web", "running", timeout=60)
    lines = arena.direct.logs(job, follow=True)
    port = next(int(found[1]) for line in lines if (found := re.match(r"PORT (\d+)", line.text)))
    lines.close()
    return job, port


def test_any_port_of_an_instance_is_reached(arena: Any, web: tuple[Any, int]) -> None:
    job, port = web
    forward = arena.direct.forward(job, port)
    try:
        assert fetched(f"http://127.0.0.1:{forward.port}/") == b"hello from web-master-0"
        results: list[int] = []
        threads = [threading.Thread(target=lambda: results.append(len(fetched(f"http://127.0.0.1:{forward.port}/big")))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert results == [3000000] * 4, "several connections at once, each whole"
    finally:
        forward.close()
    busy = arena.direct.forward(job, port)
    with pytest.raises(UsageError, match="cannot be used"):
        arena.direct.forward(job, port, local=busy.port)
    busy.close()


def test_a_port_on_which_nothing_listens_is_told(arena: Any, web: tuple[Any, int]) -> None:
    told: list[str] = []
    forward = arena.direct.forward(web[0], 9, on_trouble=told.append)
    with pytest.raises(OSError, match=r"."):
        fetched(f"http://127.0.0.1:{forward.port}/")
    end = time.monotonic() + 20
    while not told:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "port 9" in told[0] and "refused" in told[0]
    forward.close()


def test_a_job_that_serves_nothing_says_so(arena: Any, web: tuple[Any, int]) -> None:
    with pytest.raises(NotFound, match="names nothing that it serves"):
        arena.direct.served(web[0])
    arena.direct.submit("pytorchjob", {"name": "over", "image": "i", "command": "true"})
    done = arena.direct.wait("over", timeout=60)
    with pytest.raises(NotFound, match="over has ended"):
        arena.direct.served(done)
    with pytest.raises(ArenaError, match="nothing can be forwarded to it"):
        arena.direct.forward(done, 80)


def test_a_tensorboard_is_found_behind_its_service(arena: Any, web: tuple[Any, int], local_cluster: Any) -> None:
    _, port = web
    labels = {"role": "tensorboard", "release": "web"}
    pod = arena.direct.get("web").pods[0]
    arena.direct.cluster.patch(PODS, arena.namespace, pod["metadata"]["name"], {"metadata": {"labels": {"serves": "web"}}})
    job = arena.direct.get("web")
    marked = {"metadata": {"annotations": {"arena.kubeflow.org/tensorboard": "true"}}}
    arena.direct.cluster.patch(resource_of("kubeflow.org/v1", "PyTorchJob"), arena.namespace, "web", marked)
    owner = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "name": "web", "uid": job.uid}
    meta = {"name": "web-tensorboard", "namespace": arena.namespace, "labels": labels, "ownerReferences": [owner]}
    spec = {"selector": {"serves": "web"}, "ports": [{"port": 6006, "targetPort": port}]}
    local_cluster.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    (found,) = arena.direct.served("web")
    assert (found.name, found.port, found.scheme) == ("tensorboard", port, "http")
    forward = arena.direct.forward("web", found)
    assert fetched(f"http://127.0.0.1:{forward.port}/") == b"hello from web-master-0"
    forward.close()


def fetched_by(arena: Any, job: Any, command: Any, target: Path) -> int:
    session = arena.direct.exec(job, command)
    try:
        return copying.fetch(session, target)
    finally:
        session.close()


def test_files_and_folders_are_copied_both_ways(arena: Any, web: tuple[Any, int], tmp_path: Path) -> None:
    job, _ = web
    here = tmp_path / "here"
    (here / "sub").mkdir(parents=True)
    (here / "a.bin").write_bytes(bytes(range(256)) * 4000)
    (here / "sub" / "b.txt").write_text("ü\n")
    (here / "link").symlink_to("/etc/passwd")
    there = tmp_path / "pod"
    there.mkdir()
    session = arena.direct.exec(job, copying.store_command(str(there)), stdin=True)
    assert copying.store(session, here, "copy") == 1024000 + 3
    session.close()
    assert (there / "copy" / "a.bin").read_bytes() == (here / "a.bin").read_bytes() and not (there / "copy" / "link").exists()
    back = tmp_path / "back"
    assert fetched_by(arena, job, copying.fetch_command(f"{there}/copy"), back) == 1024000 + 3
    assert (back / "sub" / "b.txt").read_text() == "ü\n"
    fetched_by(arena, job, copying.fetch_command(f"{there}/copy/a.bin"), tmp_path)
    assert (tmp_path / "a.bin").stat().st_size == 1024000
    with pytest.raises(copying.CopyFailed, match="No such file"):
        fetched_by(arena, job, copying.fetch_command("/nothing/here"), back)


def test_an_archive_writes_nowhere_else(arena: Any, web: tuple[Any, int], tmp_path: Path) -> None:
    evil = (
        "import io, sys, tarfile\n"
        "t = tarfile.open(fileobj=sys.stdout.buffer, mode='w|')\n"
        "for n in ('good', '../evil', '/evil', 'good/../../evil'):\n"
        "    i = tarfile.TarInfo(n); i.size = 1; t.addfile(i, io.BytesIO(b'x'))\n"
        "l = tarfile.TarInfo('link'); l.type = tarfile.SYMTYPE; l.linkname = '/'; t.addfile(l)\n"
        "t.close()"
    )
    target = tmp_path / "in" / "target"
    target.mkdir(parents=True)
    fetched_by(arena, web[0], ["python3", "-c", evil], target)
    assert [p.name for p in tmp_path.rglob("*") if p.is_file() and "arena-home" not in p.parts] == ["good"]
    assert not (target / "link").is_symlink()


def test_events_come_as_they_happen(arena: Any) -> None:
    arena.direct.submit("pytorchjob", {"name": "eventful", "image": "i", "command": "sleep 300"})
    seen: list[str] = []
    events = arena.direct.watch_events("eventful")
    for event in events:
        seen.append(f"{event['involvedObject']['kind']} {event['reason']}")
        if "Pod Started" in seen:
            break
    events.close()
    assert any(text.startswith("PyTorchJob ") for text in seen), seen
    assert len(seen) == len(set(seen)) or seen.count("Pod Started") == 1
