"""Takes tokens apart and believes those that are signed and not expired."""

import base64
import json
from typing import NamedTuple

from wit_world.imports import crypto

# A whole number that every language reads the same.
LARGEST = 2**53 - 1


class Claims(NamedTuple):
    sub: str
    scope: str
    tier: str | None
    level: int | None
    beta: bool | None
    # Seconds since 1970 from which on the token is worth nothing.
    exp: int


def read(header: str, key: bytes, now_ms: int) -> Claims | None:
    """What the Authorization header carries, or None when it is nothing to rely on."""
    scheme, _, token = header.partition(" ")
    # RFC 9110 section 11.1: the case of a scheme does not matter.
    parts = token.lstrip(" ").split(".")
    if scheme.lower() != "bearer" or len(parts) != 2:
        return None
    try:
        payload, tag = base64url(parts[0]), base64url(parts[1])
        if not crypto.verify_hmac(crypto.Hash.SHA256, key, parts[0].encode(), tag):
            return None
        claims = parse(payload)
    except (ValueError, RecursionError):  # wrong letters, no UTF-8, no JSON, a value that does not fit
        return None
    return claims if claims.exp * 1000 > now_ms else None


def base64url(text: str) -> bytes:
    decoded = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    # The decoder skips foreign letters and drops odd bits. One value has one spelling here.
    if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() != text:
        raise ValueError("not BASE64URL without padding")
    return decoded


def parse(payload: bytes) -> Claims:
    claims = DECODER.decode(payload.decode())
    if not isinstance(claims, dict):
        raise ValueError("not an object")
    return Claims(
        sub=text(claims.get("sub")) or refuse("sub"),
        scope=text(claims.get("scope")),
        tier=optional(text, claims.get("tier")),
        level=optional(integer, claims.get("level")),
        beta=optional(flag, claims.get("beta")),
        exp=integer(claims.get("exp")),
    )


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not text")
    value.encode()  # refuses half a surrogate pair
    return value


def integer(value: object) -> int:
    """A whole number up to LARGEST; 3.0 is one, and True, an int in Python, is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > LARGEST or value % 1 != 0:
        raise ValueError("not a whole number")
    return int(value)


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("neither true nor false")
    return value


def optional(kind, value):
    return None if value is None else kind(value)


def refuse(what: str):
    raise ValueError(f"unexpected {what}")


# `json.loads` with options would make a decoder for every token.
DECODER = json.JSONDecoder(parse_constant=refuse)
