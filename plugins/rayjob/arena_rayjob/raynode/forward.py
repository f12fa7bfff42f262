"""Passes connections to Ray's usual ports at the pod's own address on to the ports that its Ray has got."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence

#: How soon it is tried again to listen at an address that another pod has.
AGAIN = 1.0


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hosts: Sequence[str], port: int) -> None:
    """Connect to the first of the hosts that answers, and copy both ways."""
    try:
        for host in hosts:
            try:
                theirs = await asyncio.open_connection(host, port)
            except OSError:
                continue
            await asyncio.gather(_pump(reader, theirs[1]), _pump(theirs[0], writer))
            theirs[1].close()
            return
    finally:
        writer.close()


async def _listen(address: str, port: int, hosts: Sequence[str], target: int) -> None:
    """Listen for good; an address that another pod has is taken over when it is free."""
    while True:
        try:
            server = await asyncio.start_server(lambda r, w: _pass_on(r, w, hosts, target), address, port)
        except OSError:
            await asyncio.sleep(AGAIN)
            continue
        async with server:
            await server.serve_forever()


def _pass_signal(child: asyncio.subprocess.Process, number: int) -> None:
    if child.returncode is None:
        child.send_signal(number)


async def _run(command: Sequence[str], environ: Mapping[str, str], places: Mapping[tuple[str, int], int], hosts: Sequence[str]) -> int:
    tasks = [asyncio.create_task(_listen(address, port, hosts, target)) for (address, port), target in places.items()]
    child = await asyncio.create_subprocess_exec(*command, env=dict(environ))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _pass_signal, child, number)
    code = await child.wait()
    for task in tasks:
        task.cancel()
    return code if code >= 0 else 128 - code


def run(command: Sequence[str], environ: Mapping[str, str], places: Mapping[tuple[str, int], int], hosts: Sequence[str]) -> int:
    """Run a command, and pass on what comes to ``places`` ((address, port) → port) as long as it runs; returns its exit code."""
    return asyncio.run(_run(command, environ, places, hosts))
