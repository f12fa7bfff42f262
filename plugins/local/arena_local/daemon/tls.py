"""A certificate of the local cluster's own, for clients that insist on TLS: those inside a pod do."""

from __future__ import annotations

import contextlib
import logging
import os
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)
_NAMES = ("localhost", *(f"kubernetes{tail}" for tail in ("", ".default", ".default.svc", ".default.svc.cluster.local")))


def server_context(folder: Path) -> tuple[ssl.SSLContext, str] | None:
    """Return what a server needs and the certificate to trust, made on first use; None where this machine has no openssl."""
    certificate, key = folder / "tls.crt", folder / "tls.key"
    try:
        if not (certificate.exists() and key.exists()):
            _make(certificate, key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context, certificate.read_text()
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        log.warning("no TLS, so in-cluster clients do not work: %s", error)
        return None


def _make(certificate: Path, key: Path) -> None:
    for file in (key, certificate):
        file.touch(0o600)
    names = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in _NAMES)])
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    command += ["-keyout", str(key), "-out", str(certificate), "-subj", "/CN=arena-local", "-addext", f"subjectAltName={names}"]
    command += ["-addext", "keyUsage=critical,digitalSignature,keyCertSign"]
    subprocess.run(command, capture_output=True, check=True, timeout=20, stdin=subprocess.DEVNULL)
    for file in (key, certificate):
        file.chmod(0o600)


@contextlib.contextmanager
def no_certificates() -> Iterator[None]:
    """Trust no authority while aiohttp is imported: its client, which is not used here, reads those of the machine (a tenth of a start)."""
    kept = {name: os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR")}
    os.environ.update(dict.fromkeys(kept, os.devnull))
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
