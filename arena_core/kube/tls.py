"""TLS by the kubeconfig: certificate authority, client certificate, and failures in words."""

from __future__ import annotations

import os
import time

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.kube.tlssocket import Context, SSLError, VerificationError, decode_certificate, new_context, trust_all, trust_machine

# OpenSSL's X509_V_ERR_* numbers.
_EXPIRED, _NOT_YET = 10, 9
_WRONG_NAME = (62, 64)
_UNTRUSTED = (2, 18, 19, 20, 21)


def context(endpoint: Endpoint) -> Context:
    """Return the TLS context of an endpoint."""
    made = new_context()
    if endpoint.verify:
        _trust(made, endpoint)
    else:
        trust_all(made)
    credentials = endpoint.credentials
    if credentials.cert:
        _load_client_certificate(made, credentials)
    return made


def _load_client_certificate(made: Context, credentials: Credentials) -> None:
    whose = credentials.whose
    with _as_file(credentials.cert) as cert, _as_file(credentials.key or credentials.cert) as key:
        try:
            # Without a password of its own OpenSSL would ask the terminal for one.
            made.load_cert_chain(cert, key, password=_no_password)
        except _Encrypted:
            raise ClusterUnreachable(
                f"the client key of {whose} is encrypted, which clients of Kubernetes cannot use",
                "take the password off it: `openssl pkey -in KEY -out NEW_KEY`, or log in again",
            ) from None
        except (SSLError, OSError) as error:
            raise ClusterUnreachable(
                f"the client certificate and key of {whose} cannot be used: {_short(error)}", "renew them, or log in again"
            ) from None
        _refuse_expired(cert, whose)


class _Encrypted(Exception):
    """A key asks for a password."""


def _no_password() -> bytes:
    raise _Encrypted


def _trust(made: Context, endpoint: Endpoint) -> None:
    try:
        if isinstance(endpoint.ca, bytes) and endpoint.ca:
            made.load_verify_locations(cadata=endpoint.ca.decode("ascii", "ignore"))
        elif endpoint.ca:
            made.load_verify_locations(cafile=str(endpoint.ca))
        else:
            trust_machine(made)
    except (SSLError, OSError) as error:
        raise ClusterUnreachable(
            f"the certificate authority of the kubeconfig cannot be used: {_short(error)}",
            "certificate-authority must be a file of certificates in PEM form",
        ) from None


def _refuse_expired(path: str, whose: str) -> None:
    """Name an expired client certificate: the server would only say 401."""
    try:
        end = str(decode_certificate(path)["notAfter"])
    except (SSLError, OSError, KeyError, ValueError):
        return
    if _seconds(end) < time.time():
        raise ClusterUnreachable(f"the client certificate of {whose} expired on {end}", "renew it, or log in again")


class _as_file:  # noqa: N801 - used as a function
    """Give a path: OpenSSL loads certificates from files only. The content is gone from the disk when the block ends."""

    def __init__(self, pem: bytes | str) -> None:
        self._pem = pem
        self._held: int | None = None
        self._written = ""

    def __enter__(self) -> str:
        if isinstance(self._pem, str):
            return self._pem
        self._held = _in_memory(self._pem)
        if self._held is not None:
            return f"/proc/self/fd/{self._held}"
        import tempfile

        handle, self._written = tempfile.mkstemp(prefix="arena-")
        with os.fdopen(handle, "wb") as file:
            file.write(self._pem)
        return self._written

    def __exit__(self, *failure: object) -> None:
        if self._held is not None:
            os.close(self._held)
        if self._written:
            os.unlink(self._written)  # noqa: PTH108


def _in_memory(pem: bytes) -> int | None:
    """Return a file that is on no disk, or None where the system has no such."""
    try:
        held = os.memfd_create("arena", os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        return None
    try:
        if os.write(held, pem) == len(pem) and os.access(f"/proc/self/fd/{held}", os.R_OK):
            return held
    except OSError:
        pass
    os.close(held)
    return None


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _seconds(text: str) -> float:
    """Return the time of a certificate (``Jun 26 21:41:46 2031 GMT``) in seconds since 1970, as ``ssl`` does without its imports."""
    from datetime import UTC, datetime

    try:
        month, day, clock, year, _ = text.split()
        hours, minutes, seconds = map(int, clock.split(":"))
        return datetime(int(year), _MONTHS.index(month) + 1, int(day), hours, minutes, seconds, tzinfo=UTC).timestamp()
    except ValueError:
        import ssl

        return ssl.cert_time_to_seconds(text)


def explain(error: SSLError, endpoint: Endpoint) -> ClusterUnreachable:
    """Say what is wrong with the TLS connection, and what to do."""
    where = endpoint.display
    if isinstance(error, VerificationError):
        code = error.verify_code
        if code == _EXPIRED:
            return ClusterUnreachable(
                f"the certificate of {where} has expired", "renew the server's certificate; check this machine's clock"
            )
        if code == _NOT_YET:
            return ClusterUnreachable(f"the certificate of {where} is not valid yet", "check this machine's clock")
        if code in _WRONG_NAME:
            return ClusterUnreachable(
                f"the certificate of {where} is for another name: {error.verify_message}",
                "correct `server`, or set `tls-server-name` in the kubeconfig",
            )
        if code in _UNTRUSTED:
            return ClusterUnreachable(
                f"the certificate of {where} is signed by an authority that the kubeconfig does not name: {error.verify_message}",
                "correct `certificate-authority` in the kubeconfig",
            )
        return ClusterUnreachable(f"the certificate of {where} is not acceptable: {error.verify_message}")
    reason = (error.reason or "").upper()
    if "WRONG_VERSION_NUMBER" in reason or "HTTP_REQUEST" in reason or "RECORD_LAYER" in reason:
        return ClusterUnreachable(f"{where} does not speak TLS", "is `server` in the kubeconfig meant to be http://?")
    if "CERTIFICATE_EXPIRED" in reason:
        return ClusterUnreachable(f"{where} says that the client certificate has expired", "renew it, or log in again")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        return ClusterUnreachable(f"{where} does not accept the client certificate ({reason.lower()})", "log in again, or check the user")
    return ClusterUnreachable(f"no TLS connection to {where}: {_short(error)}")


def _short(error: Exception) -> str:
    if isinstance(error, SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
