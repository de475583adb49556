"""Keeps the accounts of an institution's staff: add, list, close and open again, remove, new password.

Not here: locks after wrong passwords (gateway.identity.lockout). What somebody did stays: the details of the
ledger's entries name the person, not the account.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from gateway.composition import Gateway
from gateway.identity.passwords import hash_password
from gateway.identity.roles import ROLES
from gateway.identity.tables import staff_account, staff_session

USER = re.compile(r"[a-z0-9][a-z0-9.-]{1,31}")


class StaffError(ValueError):
    """An account that cannot be made or found; the message says why."""


def add_staff(
    gw: Gateway,
    institution: str,
    user: str,
    password: str,
    *,
    name: str,
    role: str,
    department: str = "",
    role_code: str = "",
) -> str:
    """Makes an account; answers its id (32 hex)."""
    if not USER.fullmatch(user):
        raise StaffError("a user name has 2 to 32 of a-z, 0-9, dot and hyphen")
    if role not in ROLES:
        raise StaffError(f"a role is one of {', '.join(ROLES)}")
    if not 1 <= len(name) <= 100 or len(department) > 100:
        raise StaffError("a name has 1 to 100 characters")
    hashed, staff = hash_password(password), gw.entropy(16).hex()
    with gw.db.begin() as conn:
        if _find(conn, institution, user) is not None:
            raise StaffError("this user name is taken at this institution")
        conn.execute(
            insert(staff_account).values(
                id=staff,
                institution=institution,
                user=user,
                name=name,
                role=role,
                department=department,
                role_code=role_code or role,
                password=hashed,
                disabled=False,
                made_at=gw.clock(),
            )
        )
    return staff


def list_staff(gw: Gateway, institution: str | None = None) -> list[Any]:
    """Accounts by institution and user name."""
    wanted = select(staff_account).order_by(staff_account.c.institution, staff_account.c.user)
    if institution is not None:
        wanted = wanted.where(staff_account.c.institution == institution)
    with gw.db.connect() as conn:
        return list(conn.execute(wanted))


def find_account(conn: Connection, institution: str, user: str) -> Any | None:
    """The account that may sign in, or None."""
    row = _find(conn, institution, user)
    return None if row is None or row.disabled else row


def disable_staff(gw: Gateway, institution: str, user: str) -> None:
    """Closes an account and its open sessions at once."""
    _change(gw, institution, user, disabled=True)


def require_account(gw: Gateway, institution: str, user: str) -> None:
    """Raises StaffError when there is no such account."""
    with gw.db.connect() as conn:
        _known(conn, institution, user)


def enable_staff(gw: Gateway, institution: str, user: str) -> None:
    """Opens a closed account again, with the password that it had."""
    _change(gw, institution, user, disabled=False)


def remove_staff(gw: Gateway, institution: str, user: str) -> None:
    """Takes an account away for good, with its sessions; the name may be given to somebody else."""
    with gw.db.begin() as conn:
        account = _known(conn, institution, user)
        conn.execute(delete(staff_session).where(staff_session.c.staff == account.id))
        conn.execute(delete(staff_account).where(staff_account.c.id == account.id))


def set_password(gw: Gateway, institution: str, user: str, password: str) -> None:
    """A new password; open sessions end. A closed account stays closed."""
    _change(gw, institution, user, password=hash_password(password))


def _change(gw: Gateway, institution: str, user: str, **values: Any) -> None:
    with gw.db.begin() as conn:
        row = _known(conn, institution, user)
        conn.execute(update(staff_account).where(staff_account.c.id == row.id).values(**values))
        conn.execute(
            update(staff_session)
            .where(staff_session.c.staff == row.id, staff_session.c.ended_at.is_(None))
            .values(ended_at=gw.clock())
        )


def _known(conn: Connection, institution: str, user: str) -> Any:
    row = _find(conn, institution, user)
    if row is None:
        raise StaffError("no such account")
    return row


def _find(conn: Connection, institution: str, user: str) -> Any | None:
    return conn.execute(
        select(staff_account).where(staff_account.c.institution == institution, staff_account.c.user == user)
    ).first()
