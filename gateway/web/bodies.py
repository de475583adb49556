"""Judges a request's body before any view reads it: size, content type, and one meaning of its JSON.

Parsed by the ledger's strict reader: no name twice, no NaN, no fractions, whole numbers within ±2^53-1, at
most 8 levels, no lone surrogates (RFC 8259 leaves these open, so two readers could differ).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, request

from gateway.web.problems import problem
from ledger.encoding import parse_json
from ledger.errors import Malformed

View = TypeVar("View", bound=Callable[..., Any])
BODY = "yaoshi_body"
FORM = "application/x-www-form-urlencoded"
ANY = "*/*"
FORM_PATH = re.compile(r"^/i/[^/]+/(token|fhir/[A-Za-z]+/_search)$")


def body_type(content_type: str, limit: int | None = None) -> Callable[[View], View]:
    """Marks a view whose body is not JSON; `limit` in bytes when it differs from the common one."""

    def decorate(view: View) -> View:
        setattr(view, BODY, (content_type, limit))
        return view

    return decorate


def register_bodies(app: Flask, limit: int) -> None:
    """Refuses bodies that are too large, of another type, or ambiguous JSON."""
    app.config["MAX_CONTENT_LENGTH"] = limit
    app.config["MAX_FORM_MEMORY_SIZE"] = limit

    @app.before_request
    def judge() -> Response | None:
        if request.method in ("GET", "HEAD", "OPTIONS") or request.endpoint is None:
            return None
        wanted, own_limit = _expected(app)
        if wanted == FORM:  # the token endpoint and FHIR searches answer in their own standard's words
            return None
        if own_limit is not None:
            request.max_content_length = own_limit
            request.max_form_memory_size = own_limit
        if (request.content_length or 0) > (own_limit or limit):
            return problem("body-too-large")
        if wanted == "application/json":
            return _judge_json(limit)
        if wanted != ANY and request.mimetype != wanted:
            return problem("content-type-unsupported")
        return None


def _expected(app: Flask) -> tuple[str, int | None]:
    found = getattr(app.view_functions.get(request.endpoint or ""), BODY, None)
    if found is not None:
        return found  # type: ignore[no-any-return]
    return (FORM if FORM_PATH.match(request.path) else "application/json"), None


def _judge_json(limit: int) -> Response | None:
    data = request.get_data(cache=True)
    if not data and request.mimetype in ("", "application/json"):
        return None
    if request.mimetype != "application/json":
        return problem("content-type-unsupported")
    try:
        parse_json(data, max_bytes=limit)
    except Malformed as error:
        return problem("json-malformed", reason=error.code)
    return None
