"""Says which role may use a route, and who the present member of staff is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import g

from gateway.web.access import guarded
from gateway.web.problems import raise_problem

View = TypeVar("View", bound=Callable[..., Any])
ROLES = ("desk", "clinician", "privacy", "auditor", "administrator")


@dataclass(frozen=True)
class Staff:
    """A signed-in member of staff of one institution; `fresh` means the password was given just now."""

    id: str
    institution: str
    user: str
    name: str
    role: str
    department: str
    role_code: str
    fresh: bool
    session: str = ""


def staff_required(*roles: str) -> Callable[[View], View]:
    """Lets staff with one of these roles in (any role when none is named)."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {sorted(unknown)}")
    allowed = roles or ROLES

    def check(**_arguments: Any) -> None:
        from gateway.identity.sessions import staff_of_request

        staff = staff_of_request()
        if staff.role not in allowed:
            raise_problem("role-not-allowed")
        g.staff = staff

    return guarded("staff", check, *allowed)


def fresh_required(view: View) -> View:
    """Stands below @staff_required: asks for the password again when it was given too long ago."""
    from functools import wraps

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        require_fresh()
        return view(*args, **kwargs)

    return wrapped  # type: ignore[return-value]


def require_fresh() -> None:
    """Ends the request unless the password was given within the last minutes (settings.fresh_ms)."""
    if not current_staff().fresh:
        raise_problem("signin-fresh-required")


def current_staff() -> Staff:
    """Who is acting; only below @staff_required."""
    staff: Staff = g.staff
    return staff
