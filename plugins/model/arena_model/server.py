"""Requests to an MLflow server, and what goes wrong with them in one sentence that never holds a secret."""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from abc import ABC, abstractmethod
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


class Server(ABC):
    """An MLflow server, however it is reached."""

    #: How it is called in sentences, without anything secret.
    shown: str = ""
    #: What to look at where it does not answer as MLflow does.
    advice: str = ""

    @abstractmethod
    def ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[int, bytes]:
        """Return status and body of an answer; raises ``ClusterUnreachable`` where there is none."""

    def call(self, method: str, path: str, **values: Any) -> dict[str, Any]:
        """Return what ``api/2.0/mlflow/PATH`` answers."""
        query = {key: value for key, value in values.items() if value not in ("", None)} if method == "GET" else {}
        code, answer = self.ask(method, f"api/2.0/mlflow/{path}", query, None if method == "GET" else values)
        if code >= 300:
            raise self._refusal(code, answer)
        try:
            found = json.loads(answer or b"{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ArenaError(f"{self.shown} does not answer as MLflow does: something else listens there", self.advice)
        return found

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
            return ArenaError(f"MLflow at {self.shown} answered {code}", self.advice)
        return kind(f"MLflow: {message}")


@dataclass(frozen=True)
class NamedServer(Server):
    """One that somebody has named by its address; what authenticates there is in no representation."""

    shown: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    context: ssl.SSLContext | None = field(default=None, repr=False)
    advice: str = f"is {URI} the address of an MLflow server?"

    def ask(self, method: str, path: str, query: Mapping[str, Any], body: Any) -> tuple[int, bytes]:
        """Ask it over HTTP."""
        url = f"{self.shown}/{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "Accept": "application/json", **({"Content-Type": "application/json"} if data else {})}
        # A redirection elsewhere would take what authenticates along.
        opener = urllib.request.build_opener(_Straight, urllib.request.HTTPSHandler(context=self.context))
        try:
            with opener.open(urllib.request.Request(url, data, headers, method=method), timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ClusterUnreachable(f"MLflow at {self.shown} cannot be reached: {reason}", f"{URI} says where it is") from None


class _Straight(urllib.request.HTTPRedirectHandler):
    """No redirections."""

    def redirect_request(self, *arguments: Any) -> None:
        """Return None: the answer itself is the error."""
        return


def server_of(address: str, environ: Mapping[str, str] | None = None) -> Server | None:
    """Return the server that a flag or the environment names, with what authenticates there; None where neither names one."""
    env = os.environ if environ is None else environ
    given = address or env.get(REGISTRY_URI, "") or env.get(URI, "")
    if not given:
        return None
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
    return NamedServer(plain, _credentials(parts, env), _tls(env) if parts.scheme == "https" else None)


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
