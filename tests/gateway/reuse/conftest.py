"""The exchange's small town, with a doctor before the order form."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete

from gateway.records.tables import record
from tests.gateway.reuse.ward import DAY, HBA1C, Form, add_records, adopt, result
from tests.gateway.wallet.story import Story, story

__all__ = ["story"]


@pytest.fixture
def ward(story: Story) -> Story:
    """Two months later, with approved rules at the clinic and charts without results."""
    with story.gw.db.begin() as conn:
        conn.execute(delete(record).where(record.c.type == "Observation"))
    story.days_later(60)
    adopt(story)
    return story


@pytest.fixture
def form(ward: Story) -> Form:
    """The hospital did an HbA1c twelve days ago, and the clinic's doctor has it in an open view."""
    story, at = ward, ward.clock() - 12 * DAY
    more: dict[str, Any] = {"method": {"text": "HPLC"}, "specimen": {"display": "静脉血"}}
    add_records(story, story.hospital, result("fresh", HBA1C, "6.81", at, **more))
    story.desk = story.sign_in("desk", story.hospital)
    phone = story.linked()
    reference, offer = story.granted(phone)
    story.visit(reference)
    return Form(story, [reference], phone, offer["grant"])


@pytest.fixture
def alone(ward: Story) -> Form:
    """The same doctor without any view from elsewhere."""
    return Form(ward, [])
