"""TLS by the kubeconfig: certificate authority, client certificate, and failures in words."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from arena_core.contract.errors import ClusterUnreachable
from arena_core.kube.endpoint import Credentials, Endpoint
from arena_core.typed import Any

# OpenSSL's X509_V_ERR_* numbers.
_EXPIRED, _NOT_YET = 10, 9
_WRONG_NAME = (62, 64)
_UNTRUSTED = (2, 18, 19, 20, 21)


def context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return the TLS context of an endpoint."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.set_alpn_protocols(["http/1.1"])
    # As Go does: any certificate of the file may be what is trusted, also an intermediate or the server's own; names are in the SAN only.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.hostname_checks_common_name = False
    if endpoint.verify:
        _trust(made, endpoint)
    else:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    credentials = endpoint.credentials
    if credentials.cert:
        _load_client_certificate(made, credentials)
    return made


def _load_client_certificate(made: ssl.SSLContext, credentials: Credentials) -> None:
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
        except (ssl.SSLError, OSError) as error:
            raise ClusterUnreachable(
                f"the client certificate and key of {whose} cannot be used: {_short(error)}", "renew them, or log in again"
            ) from None
        _refuse_expired(cert, whose)


class _Encrypted(Exception):
    """A key asks for a password."""


def _no_password() -> bytes:
    raise _Encrypted


def _trust(made: ssl.SSLContext, endpoint: Endpoint) -> None:
    try:
        if isinstance(endpoint.ca, bytes) and endpoint.ca:
            made.load_verify_locations(cadata=endpoint.ca.decode("ascii", "ignore"))
        elif endpoint.ca:
            made.load_verify_locations(cafile=str(endpoint.ca))
        else:
            made.load_default_certs()
    except (ssl.SSLError, OSError) as error:
        raise ClusterUnreachable(
            f"the certificate authority of the kubeconfig cannot be used: {_short(error)}",
            "certificate-authority must be a file of certificates in PEM form",
        ) from None


def _refuse_expired(path: str, whose: str) -> None:
    """Name an expired client certificate: the server would only say 401. The decoder is not public, so do without it if need be."""
    decode: Any = getattr(getattr(ssl, "_ssl", None), "_test_decode_cert", None)
    if decode is None:
        return
    try:
        end = str(decode(path)["notAfter"])
    except (ssl.SSLError, OSError, KeyError, ValueError):
        return
    if _seconds(end) < time.time():
        raise ClusterUnreachable(f"the client certificate of {whose} expired on {end}", "renew it, or log in again")


@contextmanager
def _as_file(pem: bytes | str) -> Iterator[str]:
    """Give a path: OpenSSL loads certificates from files only. The content is gone from the disk when the block ends."""
    if isinstance(pem, str):
        yield pem
        return
    if (held := _in_memory(pem)) is not None:
        try:
            yield f"/proc/self/fd/{held}"
        finally:
            os.close(held)
        return
    import tempfile

    handle, path = tempfile.mkstemp(prefix="arena-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
        yield path
    finally:
        os.unlink(path)  # noqa: PTH108


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
        return ssl.cert_time_to_seconds(text)


def explain(error: ssl.SSLError, endpoint: Endpoint) -> ClusterUnreachable:
    """Say what is wrong with the TLS connection, and what to do."""
    where = endpoint.display
    if isinstance(error, ssl.SSLCertVerificationError):
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
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)
