"""When the ledger does not answer, nothing of a chart leaves, and it is not called a refusal."""

from __future__ import annotations

import pytest

from tests.gateway.wallet.story import Story


@pytest.mark.parametrize("who", ["the clinician", "the desk", "the patient", "the doctor elsewhere"])
def test_nothing_is_shown_without_a_ledger_to(story: Story, who: str) -> None:
    phone = story.linked()
    reference, _ = story.granted(phone)
    bearer = phone.bearer()
    story.gw.ledger.close()
    chart = f"/console/api/patients/{story.patient}/open"
    answer = {
        "the clinician": lambda: story.clinician.post(chart, json={}),
        "the desk": lambda: story.desk.post(chart, json={}),
        "the patient": lambda: phone.post("records", {}, **bearer),
        "the doctor elsewhere": lambda: story.doctor.get(f"/console/api/visits/{reference}"),
    }[who]()
    assert answer.status_code == 503
    assert "4548-4" not in answer.text
    assert "合成" not in answer.text
