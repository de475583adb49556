"""Lets in a peer institution that shows a live token of this custodian, and nobody else.

RFC 6750. Cookies are never read here. The token says who asks and under which grant; whether the grant still
stands is decided again at every use (gateway.disclosure).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g, request

from gateway.composition import current_gateway
from gateway.fhir.token import Token, find_token
from gateway.web.access import guarded
from gateway.web.problems import raise_problem

View = TypeVar("View", bound=Callable[..., Any])


def peer_required(view: View) -> View:
    """Guard for routes with ``<institution>``: a live Bearer token of that custodian."""
    return guarded("peer", _check)(view)


def current_token() -> Token:
    """Who is asking; only below @peer_required."""
    token: Token = g.peer_token
    return token


def _check(institution: str, **_arguments: Any) -> None:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = find_token(current_gateway(), institution, bearer.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise_problem("token-invalid", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
    g.peer_token = token
