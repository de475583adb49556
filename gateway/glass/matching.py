"""Finds the one chart that a declaration means: the number and the whole birth date, exactly, or nobody.

FHIR R4 token search on Patient.identifier, without its looseness: nothing is folded, nothing is guessed, and
two charts are as good as none.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, select

from gateway.records.tables import chart, record, record_token

_MOST = 50  # charts that the index may bring for one number and birth date


def charts_of(
    conn: Connection, institution: str, system: str | None, value: str, birth_date: str
) -> list[str]:
    """Patient ids of the charts with this number (of this system, None: any) and this birth date."""
    own = (record.c.institution == chart.c.institution) & (record.c.patient_id == chart.c.patient_id)
    query = (
        select(chart.c.patient_id, chart.c.identifiers)
        .distinct()
        .join(record, own & (record.c.type == "Patient"))
        .join(record_token, record_token.c.record == record.c.number)
        .where(chart.c.institution == institution, chart.c.birth_date == birth_date)
        .where(record_token.c.param == "identifier", record_token.c.code == value)
        .limit(_MOST)
    )
    # The index finds the candidates; what the chart itself says decides.
    return [row.patient_id for row in conn.execute(query) if _has(row.identifiers, system, value)]


def _has(identifiers: str, system: str | None, value: str) -> bool:
    return any(
        each["value"] == value and system in (None, each["system"]) for each in json.loads(identifiers)
    )
