"""Signing in and out of the console, and which institutions one can sign in to.

An unknown user, a wrong password and a disabled account get the same answer in the same time.
"""

from __future__ import annotations

from typing import Any

from flask import Response, json, request
from flask_smorest import Blueprint

from gateway.composition import Gateway, current_gateway
from gateway.identity.lockout import count_guess, forget_failures, guess_at
from gateway.identity.passwords import password_matches
from gateway.identity.roles import Staff, current_staff, staff_required
from gateway.identity.sessions import (
    end_session,
    open_session,
    refresh_session,
    require_own_origin,
    session_end,
)
from gateway.identity.staff import find_account
from gateway.web.access import open_route
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import asker, limit
from gateway.web.schemas import ID, StrictSchema, Text

blueprint = Blueprint("session", __name__, url_prefix="/console/api", description="Staff sign-in")
MINUTE = 60_000


class SignIn(StrictSchema):
    institution = ID(required=True)
    user = Text(100, required=True)
    password = Text(1000, required=True)


class Password(StrictSchema):
    password = Text(1000, required=True)


@blueprint.get("/institutions")
@open_route("the list of institutions is public; it is needed to sign in")
def institutions() -> dict[str, Any]:
    """The institutions that this node acts for."""
    gw = current_gateway()
    with gw.ledger.view() as view:
        hosted = [one for one in view.institutions() if gw.keys.hosts(one.id) and not one.retired]
    return {"ledger": gw.ledger.id, "institutions": [_institution(one) for one in hosted]}


@blueprint.get("/institutions/all")
@staff_required()
def all_institutions() -> dict[str, Any]:
    """Every institution of the ledger, other members' and former ones too: what they did has a name here."""
    with current_gateway().ledger.view() as view:
        known = view.institutions()
    return {"institutions": [{**_institution(one), "retired": one.retired} for one in known]}


@blueprint.post("/session")
@open_route("signing in is how one becomes known; limited per address and per account")
@blueprint.arguments(SignIn())
def sign_in(given: dict[str, str]) -> Response:
    """Signs in to one institution."""
    gw = current_gateway()
    require_own_origin(gw.settings)
    limit(gw, f"sign-in:{asker()}", gw.settings.signin_per_minute)
    account = _check(gw, given["institution"], given["user"], given["password"])
    response = Response(status=200, content_type="application/json")
    open_session(gw, account.id, response)
    end = gw.clock() + gw.settings.session_idle_ms
    response.set_data(json.dumps(_session(gw, account, end), ensure_ascii=False))
    return response


@blueprint.get("/session")
@staff_required()
def session() -> dict[str, Any]:
    """Who is signed in."""
    gw, staff = current_gateway(), current_staff()
    return _session(gw, staff, session_end(gw, staff.session))


@blueprint.delete("/session")
@staff_required()
def sign_out() -> Response:
    """Ends the session on the server."""
    response = Response(status=204)
    end_session(current_gateway(), current_staff().session, response)
    return response


@blueprint.post("/session/fresh")
@staff_required()
@blueprint.arguments(Password())
def freshen(given: dict[str, str]) -> dict[str, Any]:
    """Gives the password again, for the steps that ask for it."""
    gw, staff = current_gateway(), current_staff()
    limit(gw, f"sign-in:{asker()}", gw.settings.signin_per_minute)
    _check(gw, staff.institution, staff.user, given["password"])
    refresh_session(gw, staff.session)
    return {"fresh_until": gw.clock() + gw.settings.fresh_ms}


def _check(gw: Gateway, institution: str, user: str, password: str) -> Any:
    guess = guess_at(institution, user, request.remote_addr)
    locked = count_guess(gw, guess)
    if locked:
        raise_problem(
            "signin-locked", headers={"Retry-After": str(-(-locked // 1000))}, minutes=-(-locked // MINUTE)
        )
    with gw.db.connect() as conn:
        account = find_account(conn, institution, user)
    if not password_matches(account.password if account else None, password):
        raise_problem("signin-refused")
    forget_failures(gw, guess)
    return account


def _session(gw: Gateway, staff: Staff | Any, expires: int) -> dict[str, Any]:
    with gw.ledger.view() as view:
        institution = view.institution(staff.institution)
    person = {name: getattr(staff, name) for name in ("id", "user", "name", "role", "department")}
    return {
        "staff": person,
        "institution": _institution(institution),
        "expires": expires,
        "fresh": getattr(staff, "fresh", True),
    }


def _institution(one: Any) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "type": one.type, "code": one.code}
