"""exec and attach over websockets."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from arena_local.context import Session
from arena_local.http import containers
from arena_local.http.channels import CLOSE, REMOTE, RESIZE, STDIN, Channels, handshake_refusal, no_pods, require_upgrade
from arena_local.http.query import truth
from arena_local.sdk.bundle import ApiError
from arena_local.server.errors import bad_request

if TYPE_CHECKING:
    from arena_local.http.shared import Shared

Obj = dict[str, Any]
_NO_COMMAND = (
    "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "
    '"local": OCI runtime exec failed: exec failed: args must not be empty: unknown'
)
_SPDY = (
    "the local cluster does not speak SPDY: use a client that speaks websockets (kubectl 1.31 or newer; older ones with "
    "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=true)"
)


def _running(pod: Obj, container: str) -> bool:
    status = pod.get("status") or {}
    for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for item in status.get(key) or ():
            if item.get("name") == container:
                return "running" in (item.get("state") or {})
    return False


async def answer(shared: Shared, request: web.Request, pod: Obj, *, attach: bool) -> web.StreamResponse:
    """Answer an exec or attach request."""
    query = request.query
    container = _container(pod, query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    require_upgrade(request, _SPDY)
    wants = {name: truth(query.get(name)) for name in ("stdin", "stdout", "stderr", "tty")}
    if not (wants["stdin"] or wants["stdout"] or wants["stderr"]):
        return web.Response(status=400, text="you must specify at least 1 of stdin, stdout, stderr")
    refused = handshake_refusal(request, REMOTE)
    if refused is not None:
        return refused
    if not _running(pod, container):
        return web.Response(status=500, text=f'container not found ("{container}")')
    backend = shared.context.pods
    if backend is None:
        raise no_pods()
    channels = Channels(request, REMOTE)
    await channels.open()
    try:
        if attach:
            session = await backend.attach(pod, container, stdin=wants["stdin"], tty=wants["tty"])
        else:
            command = query.getall("command", [])
            if not command:
                raise ApiError(500, "InternalError", _NO_COMMAND)
            session = await backend.exec(pod, container, command, stdin=wants["stdin"], tty=wants["tty"])
    except ApiError as error:
        await channels.end(_failed(error))
        return channels.response
    await _Pump(channels, session, wants, attach=attach).run()
    return channels.response


def _container(pod: Obj, given: str) -> str:
    if given:
        return containers.pick_container(pod, given)
    names = [item["name"] for item in pod["spec"].get("containers") or ()]
    chosen = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container")
    return str(chosen) if chosen in names else str(names[0])


def _failed(error: ApiError) -> Obj:
    cause = {"message": error.message}
    message = error.message
    if error.reason == "InternalError":
        message = f"Internal error occurred: {message}"
    details = error.details or {"causes": [cause]}
    return {"metadata": {}, "status": "Failure", "message": message, "reason": error.reason, "details": details, "code": error.code}


def _result(code: int) -> Obj:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    text = f"command terminated with non-zero exit code: command terminated with exit code {code}"
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {"metadata": {}, "status": "Failure", "message": text, "reason": "NonZeroExitCode", "details": {"causes": causes}}


class _Pump:
    """Moves bytes between a websocket and a session until the process ends or the client leaves."""

    def __init__(self, channels: Channels, session: Session, wants: dict[str, bool], *, attach: bool) -> None:
        self.channels = channels
        self.session = session
        self.wants = wants
        self.attach = attach

    async def run(self) -> None:
        reader = asyncio.create_task(self._read())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if writer.done() and not self.channels.closed:
                await self.channels.end(await self._outcome())
            else:
                await self.session.kill()
        except ConnectionError:
            await self.session.kill()
        finally:
            for task in (reader, writer):
                task.cancel()
            await asyncio.gather(reader, writer, return_exceptions=True)

    async def _outcome(self) -> Obj:
        try:
            code = await self.session.wait()
        except ApiError as error:  # the command could not be started
            return _failed(ApiError(error.code, error.reason, error.message))
        return _result(0 if self.attach else code)

    async def _write(self) -> None:
        async for channel, data in self.session.output():
            wanted = self.wants["stdout"] if channel == 1 else self.wants["stderr"]
            if wanted and data:
                for at in range(0, len(data), 32768):
                    await self.channels.send(channel, data[at : at + 32768])

    async def _read(self) -> None:
        async for channel, rest in self.channels.messages():
            if channel == STDIN and self.wants["stdin"]:
                if rest:
                    await self.session.write(rest)
            elif channel == RESIZE:
                self._resize(rest)
            elif channel == CLOSE and rest[:1] == bytes([STDIN]):
                await self.session.close_stdin()

    def _resize(self, data: bytes) -> None:
        try:
            size = json.loads(data)
            self.session.resize(int(size["Width"]), int(size["Height"]))
        except (ValueError, KeyError, TypeError):
            return
