"""Answers a monitor's two questions: does the process live, and can it do its work.

Both are open: they tell states of the machine, nothing about anybody.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, json
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.composition import Gateway, current_gateway
from gateway.store.migrate import is_current
from gateway.web.access import open_route
from gateway.web.disk import disk_state
from gateway.web.hosts import BOTH, on_host
from gateway.web.problems import codes
from ledger.errors import LedgerError

blueprint = Blueprint("health", __name__)
CLOCK_SLACK_MS = 5_000
STOPPING = (
    "database-unavailable",
    "migrations-missing",
    "ledger-unavailable",
    "ledger-rolled-back",
    "ledger-catching-up",
    "disk-full",
    # This member's own trouble. That nothing moves anywhere stops nobody's own work.
    "node-silent",
    "consensus-behind",
)


@dataclass(frozen=True)
class Health:
    """`warnings` are codes of the problem table; `ready` is False when one of them stops the work."""

    ready: bool
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        rows = [
            {
                "code": code,
                "title": {"en": codes()[code].title_en, "zh-CN": codes()[code].title_zh},
                "todo": {"en": codes()[code].todo_en, "zh-CN": codes()[code].todo_zh},
            }
            for code in self.warnings
        ]
        return {"ready": self.ready, "warnings": rows}


def health_of(gw: Gateway) -> Health:
    """Looks at database, migrations, ledger, clock, the ledger's known length, disk, outbox and chain."""
    chain = gw.pulse.code if gw.pulse is not None else None
    found = (_database(gw), _ledger(gw), gw.watermark.code, disk_state(gw.settings), *_outbox(gw), chain)
    warnings = [code for code in found if code]
    return Health(not any(code in STOPPING for code in warnings), tuple(warnings))


@blueprint.get("/livez")
@on_host(BOTH)
@open_route("monitors ask it; it says only that the process answers")
def livez() -> Response:
    return Response('{"live":true}', content_type="application/json")


@blueprint.get("/readyz")
@on_host(BOTH)
@open_route("monitors ask it; it names states of the machine only")
def readyz() -> Response:
    health = health_of(current_gateway())
    return Response(
        json.dumps(health.to_dict()), status=200 if health.ready else 503, content_type="application/json"
    )


def _database(gw: Gateway) -> str | None:
    try:
        with gw.db.connect() as conn:
            conn.execute(text("SELECT 1"))
            return None if is_current(conn) else "migrations-missing"
    except SQLAlchemyError:
        return "database-unavailable"


def _outbox(gw: Gateway) -> tuple[str, ...]:
    try:
        return gw.outbox.codes
    except SQLAlchemyError:
        return ()  # the database's own answer says it


def _ledger(gw: Gateway) -> str | None:
    try:
        with gw.ledger.view() as view:
            behind = view.time - gw.clock()
    except (LedgerError, SQLAlchemyError):
        return "ledger-unavailable"
    return "clock-behind" if behind > CLOCK_SLACK_MS else None
