"""Says for every route who may call it; a test walks all routes and finds none without a mark.

A mark is an attribute of the view function, so it survives functools.wraps of decorators above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Flask

View = TypeVar("View", bound=Callable[..., Any])
MARK = "yaoshi_access"


@dataclass(frozen=True)
class Access:
    """`kind` is staff, wallet, peer or open; `detail` names the roles, or the reason of an open route."""

    kind: str
    detail: tuple[str, ...] = ()


def mark(kind: str, *detail: str) -> Callable[[View], View]:
    """Notes on a view that its guard is of this kind (for a guard that wraps the view itself)."""

    def decorate(view: View) -> View:
        setattr(view, MARK, Access(kind, detail))
        return view

    return decorate


def open_route(reason: str) -> Callable[[View], View]:
    """A route for everybody, and why that is right."""
    if not reason.strip():
        raise ValueError("an open route needs its reason")
    return mark("open", reason)


def guarded(kind: str, check: Callable[..., None], *detail: str) -> Callable[[View], View]:
    """Runs check(**view arguments) before the view; the check ends the request when it refuses."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            check(**kwargs)
            return view(*args, **kwargs)

        setattr(wrapped, MARK, Access(kind, detail))
        return wrapped  # type: ignore[return-value]

    return decorate


def accesses(app: Flask) -> dict[tuple[str, str, str], Access | None]:
    """{(rule, method, endpoint): Access or None} over all routes, HEAD and OPTIONS left out."""
    found: dict[tuple[str, str, str], Access | None] = {}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            target = getattr(getattr(view, "view_class", None), method.lower(), view)
            found[(rule.rule, method, rule.endpoint)] = getattr(target, MARK, getattr(view, MARK, None))
    return found
