"""The store's counter of changes, and a moment written as a FHIR instant."""

from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from gateway.records.tables import record


def revision(conn: Connection) -> int:
    """The newest change that this snapshot sees; 0 for an empty store."""
    return conn.execute(select(func.max(record.c.revision))).scalar() or 0


def next_revision(conn: Connection) -> int:
    """The number for one more change, inside a writing transaction."""
    return revision(conn) + 1


def instant(ms: int) -> str:
    """FHIR R4 instant, UTC, to the millisecond."""
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1000:03d}Z"
