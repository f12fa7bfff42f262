"""RSA key pairs for the ssh plugin, made in the background so that the one event loop never waits for a prime.

The standard library has no RSA; 2048-bit keys in the PEM form of PKCS#1 and the one-line form of OpenSSH are a few lines.
"""

from __future__ import annotations

import base64
import math
import secrets
import threading
from dataclasses import dataclass

BITS = 2048
EXPONENT = 65537
_SMALL = [p for p in range(3, 2000, 2) if all(p % q for q in range(3, math.isqrt(p) + 1, 2))]


@dataclass(frozen=True)
class KeyPair:
    """A private key in PEM and its public half as ``authorized_keys`` has it."""

    private: str
    public: str


class KeyMaker:
    """Keeps one key pair ready once the first was asked for."""

    def __init__(self, bits: int = BITS) -> None:
        self._bits = bits
        self._lock = threading.Lock()
        self._ready: KeyPair | None = None
        self._thread: threading.Thread | None = None

    def take(self) -> KeyPair | None:
        """Return a fresh key pair, or None while one is still being made."""
        with self._lock:
            if self._ready is not None:
                pair, self._ready = self._ready, None
                return pair
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._make, name="rsa-key", daemon=True)
                self._thread.start()
            return None

    def _make(self) -> None:
        pair = make_pair(self._bits)
        with self._lock:
            self._ready = pair


def make_pair(bits: int = BITS) -> KeyPair:
    """Make a key pair; takes about a second of CPU for 2048 bits."""
    while True:
        p, q = _prime(bits // 2), _prime(bits // 2)
        phi = (p - 1) * (q - 1)
        if p != q and math.gcd(EXPONENT, phi) == 1:
            break
    d = pow(EXPONENT, -1, phi)
    numbers = (0, p * q, EXPONENT, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    body = b"".join(_integer(value) for value in numbers)
    text = base64.b64encode(b"\x30" + _length(len(body)) + body).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    private = f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----\n"
    blob = b"".join(_field(part) for part in (b"ssh-rsa", _unsigned(EXPONENT), _unsigned(p * q)))
    return KeyPair(private, f"ssh-rsa {base64.b64encode(blob).decode()}\n")


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | (0b11 << (bits - 2)) | 1
        if all(candidate % small for small in _SMALL) and _probably_prime(candidate):
            return candidate


def _probably_prime(n: int, rounds: int = 8) -> bool:
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(rounds):
        x = pow(secrets.randbelow(n - 3) + 2, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def _unsigned(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _integer(value: int) -> bytes:
    data = _unsigned(value)
    return b"\x02" + _length(len(data)) + data


def _length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    data = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data


def _field(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data
