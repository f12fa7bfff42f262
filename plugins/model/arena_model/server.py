"""Requests to an MLflow server, and what goes wrong with them in one sentence that never holds a secret."""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arena_core.contract.errors import AlreadyExists, ArenaError, ClusterUnreachable, NotFound, PermissionDenied, UsageError

URI = "MLFLOW_TRACKING_URI"
#: Where the registry is another one than the tracking server.
REGISTRY_URI = "MLFLOW_REGISTRY_URI"
USER, PASSWORD, TOKEN = "MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"
INSECURE, CA = "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH"
TIMEOUT = 30.0
#: What MLflow's words for an error mean here.
ERRORS: Mapping[str, type[ArenaError]] = {
    "RESOURCE_DOES_NOT_EXIST": NotFound,
    "RESOURCE_ALREADY_EXISTS": AlreadyExists,
    "PERMISSION_DENIED": PermissionDenied,
    "UNAUTHENTICATED": PermissionDenied,
    "INVALID_PARAMETER_VALUE": UsageError,
}


@dataclass(frozen=True)
class Server:
    """An MLflow server; ``shown`` is its address without a password. What authenticates is in no representation."""

    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address, for sentences."""
        return self.address

    def call(self, method: str, path: str, **values: Any) -> dict[str, Any]:
        """Return what ``api/2.0/mlflow/PATH`` answers."""
        url = f"{self.address}/api/2.0/mlflow/{path}"
        data = None
        if method == "GET":
            url += "?" + urllib.parse.urlencode({key: value for key, value in values.items() if value not in ("", None)})
        else:
            data = json.dumps(values).encode()
        headers = {**self.headers, "Accept": "application/json", **({"Content-Type": "application/json"} if data else {})}
        answer = self._open(urllib.request.Request(url, data, headers, method=method))
        try:
            found = json.loads(answer or b"{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ArenaError(f"{self.shown} does not answer as MLflow does: something else listens there", f"is {URI} right?")
        return found

    def _open(self, request: urllib.request.Request) -> bytes:
        # A redirection elsewhere would take what authenticates along.
        opener = urllib.request.build_opener(_Straight, urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(request, timeout=TIMEOUT) as answer:
                data: bytes = answer.read()
                return data
        except urllib.error.HTTPError as error:
            raise self._refusal(error.code, error.read()) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ClusterUnreachable(f"MLflow at {self.shown} cannot be reached: {reason}", f"{URI} says where it is") from None

    def _refusal(self, code: int, body: bytes) -> ArenaError:
        try:
            said = json.loads(body)
            word, message = str(said.get("error_code", "")), " ".join(str(said.get("message", "")).split())
        except (ValueError, AttributeError):
            word, message = "", ""
        if code in (401, 403) or word in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
            hint = f"{TOKEN}, or {USER} and {PASSWORD}, say who you are"
            return PermissionDenied(f"MLflow at {self.shown} refuses this: {message or f'it answered {code}'}", hint)
        kind = ERRORS.get(word, ArenaError)
        if not message:
            return ArenaError(f"MLflow at {self.shown} answered {code}", f"is {URI} the address of an MLflow server?")
        return kind(f"MLflow: {message}")


class _Straight(urllib.request.HTTPRedirectHandler):
    """No redirections."""

    def redirect_request(self, *arguments: Any) -> None:
        """Return None: the answer itself is the error."""
        return


def server_of(address: str, environ: Mapping[str, str] | None = None) -> Server:
    """Return the server that a flag or the environment names, with what authenticates there."""
    env = os.environ if environ is None else environ
    given = address or env.get(REGISTRY_URI, "") or env.get(URI, "")
    if not given:
        raise UsageError(
            "where is MLflow? nothing names its server",
            f"--tracking-uri URI, or the variable {URI}, or mlflow_tracking_uri=URI in ~/.arena/config",
        )
    try:
        parts = urllib.parse.urlsplit(given.strip())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(
            f"the address of MLflow cannot be read: {error}", "expected something like http://mlflow.example.com:5000"
        ) from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise UsageError("the address of MLflow is not one of an HTTP server", "expected something like http://mlflow.example.com:5000")
    where = f"[{host}]" if ":" in host else host
    plain = f"{parts.scheme}://{where}{f':{port}' if port else ''}{parts.path.rstrip('/')}"
    return Server(plain, _credentials(parts, env), _tls(env) if parts.scheme == "https" else None)


def _credentials(parts: urllib.parse.SplitResult, env: Mapping[str, str]) -> dict[str, str]:
    user = urllib.parse.unquote(parts.username or "") or env.get(USER, "")
    password = urllib.parse.unquote(parts.password or "") or env.get(PASSWORD, "")
    token = env.get(TOKEN, "")
    for name, value in ((USER, user), (PASSWORD, password), (TOKEN, token)):
        if any(ord(letter) < 32 for letter in value):
            raise UsageError(f"{name} has a line break or another control character")
    if user or password:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token and token.isascii() else {}


def _tls(env: Mapping[str, str]) -> ssl.SSLContext:
    if env.get(INSECURE, "").lower() == "true":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    file = env.get(CA, "")
    try:
        return ssl.create_default_context(cafile=file or None)
    except OSError as error:
        raise UsageError(f"{CA}: {file} cannot be read: {error.strerror or error}") from None
