"""A result in the own chart keeps its decimals as the laboratory wrote them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from gateway.demo.seed import seed_institutions
from gateway.looks.chart import chart_items
from gateway.records.tables import record

ENDS_IN_ZERO = r'"value":[ ]*[0-9]+\.[0-9]*0[,}]'


def test_a_trailing_zero_survives_from_the_store_to_the_screen(gw: Any, institutions: Any) -> None:
    seed_institutions(gw, gw.ledger.genesis.institutions)
    with gw.db.connect() as conn:
        row = conn.execute(
            select(record.c.institution, record.c.patient_id, record.c.id, record.c.json_text).where(
                record.c.type == "Observation", record.c.json_text.regexp_match(ENDS_IN_ZERO)
            )
        ).first()
        assert row is not None
        items = chart_items(conn, row.institution, row.patient_id)
    shown = next(item for item in items if item["ref"] == f"Observation/{row.id}")
    assert shown["value"]["number"].endswith("0")
    assert f'"value":{shown["value"]["number"]}' in row.json_text.replace(" ", "")
