"""exec and attach over websockets (``v4`` and ``v5.channel.k8s.io``)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from arena_local.api.errors import Refusal, bad_request
from arena_local.bundle import ApiError
from arena_local.context import Session
from arena_local.http import pods
from arena_local.http.query import truth

if TYPE_CHECKING:
    from arena_local.http.app import Face

Obj = dict[str, Any]
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_NO_COMMAND = (
    "Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "
    '"local": OCI runtime exec failed: exec failed: args must not be empty: unknown'
)
_STDIN, _STATUS, _RESIZE, _CLOSE = 0, 3, 4, 255
_SPDY = (
    "the local cluster does not speak SPDY: use a client that speaks websockets (kubectl 1.31 or newer; older ones with "
    "KUBECTL_REMOTE_COMMAND_WEBSOCKETS=true)"
)


def require_upgrade(request: web.Request) -> None:
    """Refuse a request that is no websocket upgrade."""
    upgrade = request.headers.get("Upgrade", "").lower()
    if upgrade.startswith("spdy"):
        raise bad_request(_SPDY)
    if upgrade != "websocket" or request.method != "GET":
        raise bad_request("Upgrade request required")


def offered(request: web.Request) -> list[str]:
    """Return the subprotocols that the client offers."""
    return [part.strip() for part in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if part.strip()]


def _running(pod: Obj, container: str) -> bool:
    status = pod.get("status") or {}
    for key in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for item in status.get(key) or ():
            if item.get("name") == container:
                return "running" in (item.get("state") or {})
    return False


async def answer(face: Face, request: web.Request, pod: Obj, *, attach: bool) -> web.StreamResponse:
    """Answer an exec or attach request."""
    query = request.query
    container = _container(pod, query.get("container", ""))
    if not pod["spec"].get("nodeName"):
        raise bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
    require_upgrade(request)
    wants = {name: truth(query.get(name)) for name in ("stdin", "stdout", "stderr", "tty")}
    if not (wants["stdin"] or wants["stdout"] or wants["stderr"]):
        return web.Response(status=400, text="you must specify at least 1 of stdin, stdout, stderr")
    protocols = [name for name in PROTOCOLS if name in offered(request)]
    if not protocols:
        return web.Response(status=403)
    if not _running(pod, container):
        return web.Response(status=500, text=f'container not found ("{container}")')
    backend = face.context.pods
    if backend is None:
        raise Refusal(503, "ServiceUnavailable", "this server runs no pods")
    socket = web.WebSocketResponse(protocols=protocols, heartbeat=30, max_msg_size=4 * 1024 * 1024, compress=False)
    await socket.prepare(request)
    try:
        if attach:
            session = await backend.attach(pod, container, stdin=wants["stdin"], tty=wants["tty"])
        else:
            command = query.getall("command", [])
            if not command:
                raise ApiError(500, "InternalError", _NO_COMMAND)
            session = await backend.exec(pod, container, command, stdin=wants["stdin"], tty=wants["tty"])
    except ApiError as error:
        await _end(socket, _failed(error))
        return socket
    await _Pump(socket, session, wants, attach=attach).run()
    return socket


def _container(pod: Obj, given: str) -> str:
    if given:
        return pods.pick_container(pod, given)
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


async def _end(socket: web.WebSocketResponse, status: Obj) -> None:
    if not socket.closed:
        await socket.send_bytes(bytes([_STATUS]) + json.dumps(status).encode())
        await socket.close(code=1000)


class _Pump:
    """Moves bytes between a websocket and a session until the process ends or the client leaves."""

    def __init__(self, socket: web.WebSocketResponse, session: Session, wants: dict[str, bool], *, attach: bool) -> None:
        self.socket = socket
        self.session = session
        self.wants = wants
        self.attach = attach

    async def run(self) -> None:
        reader = asyncio.create_task(self._read())
        writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if writer.done() and not self.socket.closed:
                await _end(self.socket, await self._outcome())
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
                    await self.socket.send_bytes(bytes([channel]) + data[at : at + 32768])

    async def _read(self) -> None:
        async for message in self.socket:
            if message.type not in (WSMsgType.BINARY, WSMsgType.TEXT):
                break
            data = message.data if isinstance(message.data, bytes) else message.data.encode()
            if not data:
                continue
            channel, rest = data[0], data[1:]
            if channel == _STDIN and self.wants["stdin"]:
                if rest:
                    await self.session.write(rest)
            elif channel == _RESIZE:
                self._resize(rest)
            elif channel == _CLOSE and rest[:1] == bytes([_STDIN]):
                await self.session.close_stdin()

    def _resize(self, data: bytes) -> None:
        try:
            size = json.loads(data)
            self.session.resize(int(size["Width"]), int(size["Height"]))
        except (ValueError, KeyError, TypeError):
            return
