"""What stands between a command and its server: 20 ms on every request, or TLS with client certificates, for both programs alike."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit


class Way:
    """A proxy in a thread of its own; ``server`` is its address with the path of the server behind it."""

    def __init__(self, server: str, delay: float = 0.0, tls: ssl.SSLContext | None = None) -> None:
        url = urlsplit(server)
        self._far = (url.hostname or "", url.port or 80)
        self._delay = delay
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(10)
        self.server = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}{url.path}"

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._one, "127.0.0.1", 0, ssl=self._tls) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            self._ready.set()
            await self._over.wait()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._far)
        try:
            await asyncio.gather(
                self._pass(reader, far_writer, self._delay, upwards=True), self._pass(far_reader, writer, 0), return_exceptions=True
            )
        except asyncio.CancelledError:
            pass  # the end of the proxy

    def seen(self, data: bytes) -> None:
        """Hear of what passes to the server."""

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float, *, upwards: bool = False) -> None:
        try:
            while data := await reader.read(1 << 18):
                if upwards:
                    self.seen(data)
                if delay:
                    await asyncio.sleep(delay)
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def close(self) -> None:
        """End it, with the connections that are open."""
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certificates(folder: Path) -> tuple[ssl.SSLContext, dict[str, str], dict[str, str]]:
    """Make an authority, a server's and a client's certificate; return the server's context, and cluster and user of a kubeconfig."""
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=benchmark authority")
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        _openssl(folder, "req", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san")
        _openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signed)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    user = {"client-certificate": str(folder / "client.crt"), "client-key": str(folder / "client.key")}
    return context, {"certificate-authority": str(folder / "ca.crt")}, user


@contextmanager
def through(server: str, folder: Path, *, delay: float = 0.0, tls: bool = False) -> Iterator[Path]:
    """Give a kubeconfig, in YAML as real clusters have it, that goes to the server on this way."""
    context, cluster, user = certificates(folder) if tls else (None, {}, {})
    way = Way(server, delay, context)
    lines = ["apiVersion: v1", "kind: Config", "current-context: bench", "contexts:", "- context:", "    cluster: bench", "    user: bench"]
    lines += ["  name: bench", "clusters:", "- cluster:", f"    server: {way.server}", *_rows(cluster), "  name: bench"]
    lines += ["users:", "- name: bench", "  user:" if user else "  user: {}", *_rows(user)]
    file = folder / "kubeconfig"
    file.write_text("\n".join(lines) + "\n")
    try:
        yield file
    finally:
        way.close()


def _rows(entries: dict[str, str]) -> list[str]:
    return [f"    {key}: {value}" for key, value in entries.items()]
