"""Keeps two origins apart by the Host header: the wallet's host serves files only, the console's the rest.

RFC 9110 7.4 (421 Misdirected Request) for any other name, so a rebound DNS name reaches nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, g, request

from gateway.settings import Settings
from gateway.web.problems import problem

View = TypeVar("View", bound=Callable[..., Any])
SIDE = "yaoshi_side"
CONSOLE, WALLET, BOTH = "console", "wallet", "both"


def on_host(side: str) -> Callable[[View], View]:
    """Marks a view as served on the wallet's host, or on both; without a mark it is the console's."""

    def decorate(view: View) -> View:
        setattr(view, SIDE, side)
        return view

    return decorate


def register_hosts(app: Flask, settings: Settings) -> None:
    """Answers 421 to strange hosts and 404 to a route of the other host."""
    names = {settings.console_host: CONSOLE, settings.wallet_host: WALLET}

    @app.before_request
    def separate() -> Response | None:
        g.side = names.get(request.host.lower())
        if g.side is None:
            return problem("host-unknown")
        view = app.view_functions.get(request.endpoint or "")
        wanted = getattr(view, SIDE, CONSOLE)
        if view is not None and wanted not in (BOTH, g.side):
            return problem("not-found")
        return None
