"""A fresh key pair of ssh: ECDSA on P-521, in PEM (SEC 1) and in OpenSSH's one-line form.

The standard library has no elliptic curves, and a dependency for a Secret that few types need would be a large one.
"""

from __future__ import annotations

import base64
import secrets

_P = 2**521 - 1
_N = int(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
    16,
)
_G = tuple(
    int("".join(halves), 16)
    for halves in (
        (
            "00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3d",
            "baa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66",
        ),
        (
            "011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e66",
            "2c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650",
        ),
    )
)
_SIZE = 66
#: The object identifier of the curve: 1.3.132.0.35.
_CURVE = bytes.fromhex("06052b81040023")
_Point = tuple[int, int, int]


def make_pair() -> tuple[str, str]:
    """Return (private key, public key) as text; takes about a hundredth of a second."""
    secret = secrets.randbelow(_N - 1) + 1
    x, y = _times(secret)
    point = b"\x04" + x.to_bytes(_SIZE, "big") + y.to_bytes(_SIZE, "big")
    body = _der(0x02, b"\x01") + _der(0x04, secret.to_bytes(_SIZE, "big")) + _der(0xA0, _CURVE) + _der(0xA1, _der(0x03, b"\x00" + point))
    text = base64.b64encode(_der(0x30, body)).decode()
    lines = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
    private = f"-----BEGIN EC PRIVATE KEY-----\n{lines}\n-----END EC PRIVATE KEY-----\n"
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ecdsa-sha2-nistp521", b"nistp521", point))
    return private, f"ecdsa-sha2-nistp521 {base64.b64encode(blob).decode()}\n"


def _der(tag: int, data: bytes) -> bytes:
    size = len(data)
    length = bytes([size]) if size < 128 else b"\x81" + bytes([size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + data


def _times(factor: int) -> tuple[int, int]:
    """Return the point that is ``factor`` times the generator."""
    found: _Point = (1, 1, 0)
    for bit in bin(factor)[2:]:
        found = _double(found)
        if bit == "1":
            found = _add(found)
    x, y, z = found
    inverse = pow(z, -1, _P)
    return x * inverse**2 % _P, y * inverse**3 % _P


def _double(point: _Point) -> _Point:
    x, y, z = point
    delta, gamma = z * z % _P, y * y % _P
    beta = x * gamma % _P
    alpha = 3 * (x - delta) * (x + delta) % _P
    new_x = (alpha * alpha - 8 * beta) % _P
    return new_x, (alpha * (4 * beta - new_x) - 8 * gamma * gamma) % _P, ((y + z) ** 2 - gamma - delta) % _P


def _add(point: _Point) -> _Point:
    """Return the point plus the generator; the two are equal only for the factors 1 and -1, whose steps do not occur."""
    x, y, z = point
    if z == 0:
        return _G[0], _G[1], 1
    square = z * z % _P
    h = (_G[0] * square - x) % _P
    r = 2 * (_G[1] * z * square - y) % _P
    i = 4 * h * h % _P
    j, v = h * i % _P, x * i % _P
    new_x = (r * r - j - 2 * v) % _P
    return new_x, (r * (v - new_x) - 2 * y * j) % _P, 2 * z * h % _P
