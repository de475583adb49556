"""Searches that no honest program writes: an answer or a documented no, never a record beyond the grant."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest

from tests.gateway.hostile.grantee import Grantee
from tests.gateway.hostile.knocks import NAUGHTY, code_of
from tests.gateway.wallet.story import Story


@pytest.fixture
def grantee(story: Story) -> Grantee:
    return Grantee(story)


PARAMETERS = (
    "_id", "_count", "_sort", "_lastUpdated", "_total", "_summary", "_format", "_cursor",
    "_include", "_revinclude",
    "_has", "_filter", "_elements", "_security", "_tag", "_profile", "_source", "_text",
    "patient", "subject", "code", "category", "date", "status", "patient.name",
    "encounter", "encounter:Encounter", "based-on", "has-member", "value-quantity", "combo-code",
    "value-quantity:missing", "code:in", "code:not", "date:missing", "patient:Patient", "_id:exact",
    "' OR 1=1 --", "\x00", "\ufffe",
)  # fmt: skip
VALUES = [
    *NAUGHTY, "a" * 10_000, ",".join("a" * 60), ",".join(["x"] * 49), "|" * 100, "\\" * 1001,
    "http://loinc.org|" + "9" * 9999,
    "9999-12-31", "0000-00-00", "0001-01-01", "9999", "10000-01-01", "2026-02-30",
    "ge9999-12-31T23:59:60+14:00", "sa", "eb9",
    "2026-01-01T00:00:00.000000000000001Z", "2026-01-01T24:00:00Z", "ap0001", "２０２６",
    "-2026-01-01", "2026-13", "ne2026-01-01",
    "99999999999999999999", "+1", "-1", "0", "1_000", "１", "date,-date", "-" * 500,
    "Patient/Patient/x", "Patient/", "Group/1", "Encounter/Encounter/", "#x", "urn:uuid:", "//", "http://",
    "1e999999999", "1e999", "-0", "0.0000000000000000000000000000001", "1|2", "1|2|3|4", "NaN", "Infinity",
    "1" * 500, "gt", "lt-", "5.4|http://unitsofmeasure.org|", "||", "true", "text", "data", "count", "false",
    "Observation:has-member", "Observation:encounter:Patient", "Provenance:target", "*", ":", "a:b:c:d",
]  # fmt: skip


def test_absurd_searches_are_answered_without_a_fault(grantee: Grantee) -> None:
    story = grantee.story
    bearer, made = grantee.token(), 0
    own = f"patient={story.patient}"
    granted = ids_of(grantee.get(f"Observation?{own}&_count=200", bearer).data)
    assert granted
    chance = random.Random(5)  # noqa: S311 - which values the less hostile names meet
    for name in PARAMETERS:
        for value in VALUES if name in ("date", "code", "_id", "_count") else chance.sample(VALUES, 16):
            query = "=".join(quote(part.encode("utf-8", "surrogatepass")) for part in (name, value))
            made += 1
            for prefer in ({}, {"Prefer": "handling=lenient"}) if made % 5 == 0 else ({},):
                answer = grantee.get(f"Observation?{own}&{query}", bearer, **prefer)
                assert answer.status_code in (200, 400, 404, 406, 410), (name, value[:40], answer.data[:200])
                if answer.status_code == 200:
                    assert ids_of(answer.data) <= granted, (name, value)


def ids_of(body: bytes) -> set[str]:
    """The ids of the records in a searchset."""
    return {each["resource"]["id"] for each in json.loads(body).get("entry", ())}


def test_a_search_of_very_many_parameters_is_refused(grantee: Grantee) -> None:
    bearer, own = grantee.token(), f"patient={grantee.story.patient}"
    for query in ("&code=a" * 30, "&_id=" + ",".join(["a"] * 60), "&date=" + ",".join(["2026"] * 2000)):
        answer = grantee.get(f"Observation?{own}{query}", bearer)
        assert code_of(answer) in ("not-supported", "invalid-value")
    most = "".join(f"&code={','.join(['http://loinc.org|a'] * 50)}" for _ in range(19))
    assert json.loads(grantee.get(f"Observation?{own}{most}", bearer).data)["total"] == 0
