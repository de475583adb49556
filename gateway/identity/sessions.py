"""Opens, finds and ends a staff session: a signed cookie, and a row that can be ended at any time.

The cookie is a JWT (RFC 7519) by flask-jwt-extended, which enters here: HttpOnly, SameSite=Strict, and on
https __Host- with Secure. It names a session; everything else is read from the row. One session is bound to
one institution. Writes need our own Origin (RFC 6454); an Authorization header is never looked at.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Flask, Response, request
from flask_jwt_extended import (
    JWTManager,
    create_access_token,
    get_jwt_identity,
    set_access_cookies,
    unset_jwt_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError
from sqlalchemy import Connection, delete, insert, select, update

from gateway.composition import Gateway, current_gateway
from gateway.identity.roles import Staff
from gateway.identity.tables import staff_account, staff_session
from gateway.settings import Settings
from gateway.web.problems import raise_problem

SEEN_STEP_MS = 60_000
DAY_MS = 86_400_000
# What an unattended page asks by itself keeps no session alive.
PASSIVE = ("/console/api/events", "/console/api/changes", "/console/api/status")


def register_sessions(app: Flask, settings: Settings, secret: str) -> None:
    """Sets the cookie's form and the signing secret."""
    app.config.update(
        JWT_SECRET_KEY=secret,
        JWT_ALGORITHM="HS256",
        JWT_TOKEN_LOCATION=["cookies"],
        JWT_ACCESS_COOKIE_NAME="__Host-yaoshi" if settings.secure else "yaoshi",
        JWT_COOKIE_SECURE=settings.secure,
        JWT_COOKIE_SAMESITE="Strict",
        JWT_SESSION_COOKIE=True,
        JWT_COOKIE_CSRF_PROTECT=False,  # the Origin check below and SameSite=Strict stand in its place
        JWT_ACCESS_COOKIE_PATH="/",
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(milliseconds=settings.session_max_ms),
    )
    JWTManager(app)


def open_session(gw: Gateway, staff: str, response: Response) -> None:
    """Starts a session for an account and puts its cookie on the answer."""
    token, now = gw.entropy(32).hex(), gw.clock()
    with gw.db.begin() as conn:
        conn.execute(delete(staff_session).where(staff_session.c.seen_at < now - DAY_MS))
        conn.execute(
            insert(staff_session).values(
                id=_row_id(token), staff=staff, opened_at=now, seen_at=now, fresh_at=now, ended_at=None
            )
        )
    set_access_cookies(response, create_access_token(identity=token))


def end_session(gw: Gateway, session: str, response: Response) -> None:
    """Ends the session on the server; the cookie goes too."""
    with gw.db.begin() as conn:
        conn.execute(update(staff_session).where(staff_session.c.id == session).values(ended_at=gw.clock()))
    gw.bus.publish(f"session:{session}")
    unset_jwt_cookies(response)


def refresh_session(gw: Gateway, session: str) -> None:
    """Notes that the password was given just now."""
    with gw.db.begin() as conn:
        conn.execute(
            update(staff_session)
            .where(staff_session.c.id == session)
            .values(fresh_at=gw.clock(), seen_at=gw.clock())
        )


def staff_of_request() -> Staff:
    """The signed-in member of staff; ends the request when there is none or the Origin is not ours."""
    gw = current_gateway()
    require_own_origin(gw.settings)
    try:
        verify_jwt_in_request()
    except (JWTExtendedException, PyJWTError):
        raise_problem("signin-required")
    with gw.db.connect() as conn:
        row = _live(gw, conn, _row_id(str(get_jwt_identity())))
    if row is None:
        raise_problem("signin-required")
    now = gw.clock()
    if now - row.seen_at > SEEN_STEP_MS and request.path not in PASSIVE:
        with gw.db.begin() as conn:
            conn.execute(update(staff_session).where(staff_session.c.id == row.session).values(seen_at=now))
    return Staff(
        id=row.id,
        institution=row.institution,
        user=row.user,
        name=row.name,
        role=row.role,
        department=row.department,
        role_code=row.role_code,
        session=row.session,
        fresh=now - row.fresh_at < gw.settings.fresh_ms,
    )


def require_own_origin(settings: Settings) -> None:
    """A write must come from our own page: browsers always say so on writes."""
    origin = request.headers.get("Origin")
    if origin is None and request.method in ("GET", "HEAD"):
        return
    if origin != settings.console_origin:
        raise_problem("origin-refused")


def session_end(gw: Gateway, session: str) -> int:
    """When an unused session ends (ms)."""
    with gw.db.connect() as conn:
        row = conn.execute(select(staff_session).where(staff_session.c.id == session)).one()
    return int(min(row.seen_at + gw.settings.session_idle_ms, row.opened_at + gw.settings.session_max_ms))


def session_lives(gw: Gateway, session: str) -> bool:
    """Whether a session has neither been ended nor run out."""
    with gw.db.connect() as conn:
        return _live(gw, conn, session) is not None


def _live(gw: Gateway, conn: Connection, session: str) -> Any | None:
    now = gw.clock()
    return conn.execute(
        select(
            staff_account,
            staff_session.c.id.label("session"),
            staff_session.c.seen_at,
            staff_session.c.fresh_at,
        )
        .join(staff_session, staff_session.c.staff == staff_account.c.id)
        .where(
            staff_session.c.id == session,
            staff_session.c.ended_at.is_(None),
            staff_account.c.disabled.is_(False),
            staff_session.c.seen_at > now - gw.settings.session_idle_ms,
            staff_session.c.opened_at > now - gw.settings.session_max_ms,
        )
    ).first()


def _row_id(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
