"""Lets requests in by signed bearer tokens.

../bearer.cases.md says what a token looks like and what is decided.
"""

from typing import NamedTuple

from componentize_py_types import Err
from token_reader import Claims, read
from wit_world import exports
from wit_world.exports.authorize import (
    Allowed,
    ContextValue_Boolean,
    ContextValue_Integer,
    ContextValue_Text,
    Decision,
    Decision_Allow,
    Decision_Deny,
    Decision_Unauthorized,
)
from wit_world.imports import config
from wit_world.imports.request import Request


class Settings(NamedTuple):
    key: bytes
    scope: str | None


# What `configure` leaves here is where every request starts from.
settings: Settings | None = None


class Configure(exports.Configure):
    def configure(self) -> None:
        global settings
        settings = read_settings()


class Authorize(exports.Authorize):
    def authorize(self, request: Request) -> Decision:
        key, scope = settings or read_settings()
        claims = read(presented(request), key, now_ms(request))
        if claims is None:
            return Decision_Unauthorized()
        if scope and scope not in claims.scope.split(" "):
            return Decision_Deny(f"scope {scope} is missing")
        return Decision_Allow(allowed(claims))


def read_settings() -> Settings:
    key = config.get("key")
    if not key:
        raise Err("config has no `key`, expected the key that tokens are signed with")
    return Settings(key.encode(), config.get("scope"))


def presented(request: Request) -> str:
    """What the client presents.

    The token of a TOKEN authorizer, else the first identity source of a REQUEST authorizer, else the Authorization
    header.
    """
    token = request.authorization_token()
    if token is None:
        token = next(iter(request.identity_sources()), None)
    if token is None:
        token = request.header("authorization")
    return token or ""


def now_ms(request: Request) -> int:
    """When the request arrived, in milliseconds since 1970. A guest has no clock of its own."""
    text = request.context("requestTimeEpoch")
    if text is None:
        raise Err("the request has no requestTimeEpoch")
    if not (text.isascii() and text.isdigit()):
        raise Err(f"found requestTimeEpoch `{text}`, expected milliseconds since 1970")
    return int(text)


def allowed(claims: Claims) -> Allowed:
    context = [("scope", ContextValue_Text(claims.scope))]
    if claims.tier is not None:
        context.append(("tier", ContextValue_Text(claims.tier)))
    if claims.level is not None:
        context.append(("level", ContextValue_Integer(claims.level)))
    if claims.beta is not None:
        context.append(("beta", ContextValue_Boolean(claims.beta)))
    return Allowed(claims.sub, context, None)
