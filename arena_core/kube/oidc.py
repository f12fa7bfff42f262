"""The ID token of auth-provider ``oidc`` renewed with its refresh token, and written back to the kubeconfig, as kubectl does both."""

from __future__ import annotations

import contextlib
import json
import os
import re
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPSHandler, Request, build_opener

from arena_core import drafts
from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.secrets import header_value
from arena_core.typed import Any

TIMEOUT = 30.0
#: What a token may be made of to be put where another stood, whatever quotes are around it.
_PLAIN = re.compile(r"[A-Za-z0-9._~+/=-]+")
_AGAIN = "log in again; the exec plugin `kubectl oidc-login` (kubelogin) does it by itself"


def renewed(config: Mapping[str, Any], whose: str, files: Sequence[str]) -> dict[str, str]:
    """Return ``id-token`` and ``refresh-token`` as they are from now on, which the kubeconfig then holds."""
    old, issuer = str(config["refresh-token"]), str(config.get("idp-issuer-url") or "")
    if not issuer or not config.get("client-id"):
        raise ClusterUnreachable(f"{whose}: the auth-provider oidc names no idp-issuer-url or no client-id", "correct the file")
    context = _trust(config, whose)
    found = _asked(f"{issuer.rstrip('/')}/.well-known/openid-configuration", None, {}, context, issuer)
    place = found.get("token_endpoint")
    if not isinstance(place, str) or not place.startswith(("https://", "http://")):
        raise ClusterUnreachable(f"the identity provider {issuer} does not say where it gives tokens", _AGAIN)
    answer = _token(place, config, old, context, issuer)
    token, refresh = answer.get("id_token"), answer.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise ClusterUnreachable(f"the identity provider {issuer} gave no id_token: it renews none, or the scope openid is missing", _AGAIN)
    held = str(config.get("id-token") or "")
    changes = {held: token}
    rotated = isinstance(refresh, str) and refresh not in ("", old)
    if rotated:
        changes[old] = str(refresh)
    _store(changes, files, whose, added="" if held else token, rotated=rotated)
    return {"id-token": header_value(token, f"the new id-token of {whose}"), "refresh-token": str(refresh) if rotated else old}


def _trust(config: Mapping[str, Any], whose: str) -> ssl.SSLContext:
    """Return what the provider's certificate is verified with: its own authority, or the machine's."""
    made = ssl.create_default_context()
    data, path = config.get("idp-certificate-authority-data"), config.get("idp-certificate-authority")
    try:
        if data:
            made.load_verify_locations(cadata=b64decode(str(data), validate=True).decode("ascii"))
        elif path:
            made.load_verify_locations(cafile=str(path))
    except (ValueError, OSError):
        raise ClusterUnreachable(f"{whose}: the idp-certificate-authority cannot be used", "correct the file") from None
    return made


def _token(place: str, config: Mapping[str, Any], old: str, context: ssl.SSLContext, issuer: str) -> Mapping[str, Any]:
    """Ask for a token: the client's secret in the head, and where the provider refuses that, in the body."""
    form = {"grant_type": "refresh_token", "refresh_token": old}
    client, secret = str(config["client-id"]), str(config.get("client-secret") or "")
    pair = b64encode(f"{quote(client, '')}:{quote(secret, '')}".encode()).decode()
    try:
        return _asked(place, form, {"Authorization": f"Basic {pair}"}, context, issuer)
    except _Refused:
        form |= {"client_id": client, **({"client_secret": secret} if secret else {})}
    try:
        return _asked(place, form, {}, context, issuer)
    except _Refused as error:
        raise ClusterUnreachable(f"the identity provider {issuer} does not renew the login ({error})", _AGAIN) from None


class _Refused(Exception):
    """The provider answered with an error."""


def _asked(url: str, form: Mapping[str, str] | None, headers: dict[str, str], context: ssl.SSLContext, issuer: str) -> Mapping[str, Any]:
    """Return the JSON object that a URL answers with; no error shows what was sent."""
    body = urlencode(form).encode() if form is not None else None
    request = Request(url, body, {"Accept": "application/json", **headers})  # noqa: S310  # http or https, checked by the caller
    hint = "check the network, and idp-issuer-url in the kubeconfig"
    try:
        with build_opener(HTTPSHandler(context=context)).open(request, timeout=TIMEOUT) as reply:
            found = json.loads(reply.read(1 << 20))
    except HTTPError as error:
        if form is not None and error.code in (400, 401, 403):
            raise _Refused(f"it answered {error.code}") from None
        raise ClusterUnreachable(f"the identity provider {issuer} answered {error.code}", hint) from None
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise ClusterUnreachable(f"the identity provider {issuer} cannot be reached: {reason}", hint) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ClusterUnreachable(f"the identity provider {issuer} answered something that is not JSON", hint)
    return found


def _changed(data: bytes, changes: Mapping[str, str], added: str) -> bytes:
    """Return a file with new tokens where the old ones stood, and an ID token that it lacked before its refresh token."""
    for old, new in changes.items():
        data = data.replace(old.encode(), new.encode())
    pattern = rb"""(?m)(?P<line>^[ \t]*)?(?P<key>(?P<quote>["']?)refresh-token(?P=quote)[ \t]*:[ \t]*)(?P<open>["']?)(?=[^\s"'])"""
    places = list(re.finditer(pattern, data)) if added and _PLAIN.fullmatch(added) else []
    if len(places) != 1:
        return data  # without it the token is only renewed once more
    found = places[0]
    mark = found["open"]
    pair = found["key"].replace(b"refresh-token", b"id-token") + mark + added.encode() + mark
    apart = b", " if found["line"] is None or found["quote"] else b"\n" + found["line"]
    at = found.start("key")
    return data[:at] + pair + apart + data[at:]


def _store(changes: Mapping[str, str], files: Sequence[str], whose: str, *, added: str, rotated: bool) -> None:
    """Put the new tokens where the old ones stood; the rest of the file, and who may read it, stay as they are."""
    fitting = {old: new for old, new in changes.items() if old and _PLAIN.fullmatch(new)}
    for path in files:
        real = os.path.realpath(path)
        with contextlib.suppress(OSError, UnicodeDecodeError), _locked(real):
            with open(real, "rb") as file:
                before = file.read()
            after = _changed(before, fitting, added)
            if after != before:
                drafts.write(real, after, os.stat(real).st_mode & 0o777)
                return
    if rotated:
        what = f"the renewed tokens of {whose} cannot be stored in {' or '.join(files)}"
        raise ClusterUnreachable(what, "make the file writable and log in again: the provider has replaced the refresh token")


@contextlib.contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock that kubectl takes when it writes a kubeconfig."""
    lock, end = f"{path}.lock", time.monotonic() + 2
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
    try:
        yield
    finally:
        os.unlink(lock)
