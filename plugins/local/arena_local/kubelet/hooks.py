"""Handlers of probes and lifecycle hooks: exec, httpGet, tcpSocket, grpc, sleep."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from arena_local.kubelet.model import Run
from arena_local.kubelet.runtime import Runtime
from arena_local.sdk.bundle import Obj

#: How much of a probe's output is told.
MAX_OUTPUT = 10 * 1024


@dataclass(frozen=True)
class Outcome:
    """What a handler returned: ok, the text, and whether it could be run at all."""

    ok: bool
    text: str = ""
    ran: bool = True


async def run_command(runtime: Runtime, run: Run, command: Sequence[str], limit: float) -> tuple[int | None, str]:
    """Run a command beside a container; returns exit code (None: timed out) and its output."""
    out_read, out_write = os.pipe()
    result_read, result_write = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    spec = {"argv": list(command), "env": run.spec["env"], "cwd": run.spec["cwd"], "makeCwd": False}
    try:
        request = {"op": "exec", "pid": run.pid, "namespaces": run.spec.get("namespaces"), "spec": spec}
        runtime.send(request, [null, out_write, out_write, result_write])
    finally:
        for fd in (null, out_write, result_write):
            os.close(fd)
    out, result = _Reader(out_read), _Reader(result_read)
    try:
        async with asyncio.timeout(limit):
            while b"exit " not in bytes(result.data) and not result.ended.done():
                await result.more()
    except TimeoutError:
        return None, ""
    finally:
        for line in bytes(result.data).splitlines():
            if line.startswith(b"pid ") and b"exit " not in bytes(result.data):
                with contextlib.suppress(OSError, ValueError):
                    os.killpg(int(line.split()[1]), 9)
        out.close()
        result.close()
    words = bytes(result.data).decode(errors="replace").partition("exit ")[2]
    code, _, error = words.partition(" ")
    text = bytes(out.data)[:MAX_OUTPUT].decode(errors="replace")
    return (int(code) if code.strip().isdigit() else None), text or error.strip()


class _Reader:
    """Collects what a pipe brings."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self.data = bytearray()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._news = asyncio.Event()
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._readable)

    def _readable(self) -> None:
        try:
            part = os.read(self._fd, 65536)
        except BlockingIOError:
            return
        self.data += part[: 4 * MAX_OUTPUT]
        self._news.set()
        if not part:
            self._loop.remove_reader(self._fd)
            if not self.ended.done():
                self.ended.set_result(None)

    async def more(self) -> None:
        """Wait until something has come."""
        self._news.clear()
        await self._news.wait()

    def close(self) -> None:
        """Take what is there, then let the pipe go."""
        with contextlib.suppress(OSError):
            while part := os.read(self._fd, 65536):
                self.data += part[: 4 * MAX_OUTPUT]
        self._loop.remove_reader(self._fd)
        os.close(self._fd)


async def handle(runtime: Runtime, run: Run, container: Obj, handler: Obj, address: str, limit: float) -> Outcome:
    """Run one handler."""
    if "exec" in handler:
        code, text = await run_command(runtime, run, handler["exec"].get("command") or (), limit)
        if code is None:
            words = " ".join(handler["exec"].get("command") or ())
            return Outcome(False, f'command timed out: "{words}" timed out after {limit:g}s', ran=False)
        return Outcome(code == 0, text)
    if "sleep" in handler:
        await runtime.clock.sleep(float(handler["sleep"].get("seconds", 0)))
        return Outcome(True)
    kind = next((one for one in ("httpGet", "tcpSocket", "grpc") if one in handler), "")
    if not kind:
        return Outcome(True)
    action = handler[kind]
    host = action.get("host") or address
    port = port_of(container, action.get("port"))
    try:
        async with asyncio.timeout(limit):
            if kind == "httpGet":
                return await _http(action, host, port)
            return await (_grpc(action, host, port) if kind == "grpc" else _tcp(host, port))
    except TimeoutError:
        if kind != "httpGet":
            return Outcome(False, f"dial tcp {host}:{port}: i/o timeout")
        url = f"{action.get('scheme', 'HTTP').lower()}://{host}:{port}{action.get('path', '/')}"
        return Outcome(False, f'Get "{url}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)')


def port_of(container: Obj, port: int | str | None) -> int:
    """Return the number of a port that may be named."""
    for known in container.get("ports") or ():
        if known.get("name") == port:
            return int(known["containerPort"])
    return int(port or 0)


async def _tcp(host: str, port: int) -> Outcome:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return Outcome(False, f"dial tcp {host}:{port}: connect: connection refused")
    writer.close()
    return Outcome(True)


async def _grpc(action: Obj, host: str, port: int) -> Outcome:
    from arena_local.kubelet import grpchealth

    try:
        status = await grpchealth.check(host, port, action.get("service") or "")
    except OSError:
        return Outcome(False, f"dial tcp {host}:{port}: connect: connection refused")
    except grpchealth.NoAnswer as error:
        return Outcome(False, f"error: health rpc failed: {error}")
    good = status == grpchealth.SERVING
    return Outcome(good, "" if good else f'service unhealthy (responded with "{grpchealth.name_of(status)}")')


async def _http(action: Obj, host: str, port: int) -> Outcome:
    import ssl

    scheme, path = action.get("scheme", "HTTP").lower(), action.get("path") or "/"
    context = ssl._create_unverified_context() if scheme == "https" else None
    try:
        reader, writer = await asyncio.open_connection(host, port, ssl=context)
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}:{port}", "User-Agent: kube-probe/1.36", "Accept: */*", "Connection: close"]
        lines += [f"{h['name']}: {h['value']}" for h in action.get("httpHeaders") or ()]
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        status = (await reader.readline()).decode(errors="replace").split()
        writer.close()
    except OSError:
        return Outcome(False, f'Get "{scheme}://{host}:{port}{path}": dial tcp {host}:{port}: connect: connection refused')
    code = int(status[1]) if len(status) > 1 and status[1].isdigit() else 0
    return Outcome(200 <= code < 400, "" if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}")
