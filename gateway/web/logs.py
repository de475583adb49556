"""Writes one JSON line a request, with nothing in it that tells who or what was asked.

To standard output, or to the file of YAOSHI_LOG (gateway.web.log_file). Route templates instead of paths, no
query, no body, no address; the request id lets a person name a fault.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, request

from gateway.composition import Gateway
from gateway.web.log_file import LogFile
from gateway.web.metrics import Metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")


def make_log(stream: TextIO | LogFile | None = None) -> Any:
    """A structlog logger of JSON lines, each one write; to standard output when no stream is given."""
    return structlog.wrap_logger(
        structlog.WriteLogger(stream or sys.stdout),  # type: ignore[arg-type]
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


def register_logs(app: Flask, gw: Gateway, metrics: Metrics) -> None:
    """Gives each request an id, and logs and counts it when it is answered."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if REQUEST_ID.fullmatch(given) else gw.entropy(8).hex()
        g.began = metrics.now()

    @app.after_request
    def end(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "unmatched"
        # HTTP lets a caller make up methods: their words neither stand in a log nor make a new counter.
        method = request.method if request.method in METHODS else "OTHER"
        seconds = metrics.now() - g.get("began", metrics.now())
        metrics.observe(route, method, response.status_code, seconds)
        line = {
            "request": g.get("request_id"),
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        for name in ("problem_code", "undocumented_code"):
            if g.get(name):
                line[name] = g.get(name)
        # A phone asks leave before nearly every call (CORS): of those, only what was refused is worth a line.
        granted = method == "OPTIONS" and response.status_code < 400
        if not granted and not route.startswith(("/shared/", "/wallet/", "/console/<", "/livez", "/readyz")):
            gw.log.info("request", **line)
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response
