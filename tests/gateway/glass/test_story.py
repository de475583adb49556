"""An emergency from its declaration to the reviews, through the doors of institutions and phone."""

from __future__ import annotations

import io
import json

from sqlalchemy import select

from gateway.contracts import CONTRACTS
from gateway.records.tables import record
from ledger.audit import export_log, verify_log
from ledger.commitment import commit
from ledger.encoding import unb64u
from ledger.signing import open_compact
from tests.gateway.glass.scene import ACT_CODE, NUMBER, TTL, Scene, linked


def test_an_emergency_opens_everything_but_what_never_opens(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    assert begun["patient"] == {"name": "合成测试（合成）", "sex": "female", "birth_date": "1970-01-01"}
    assert begun["until"] - begun["from"] == TTL
    assert scene.kinds(phone.link)[-1] == "glass.broken"

    source = scene.source(begun["emergency"])

    assert (source["state"], source["grant"], source["purpose"]) == ("open", begun["glass"], "BTG")
    assert source["verified"]["count"] == len(source["items"]) > 0
    ids = {item["ref"].partition("/")[2] for item in source["items"]}
    stored = stored_labels(scene)
    closed = {name for name, labels in stored.items() if {"V", "HIDDEN"} & set(labels.split())}
    assert len(closed) == 2
    assert not ids & closed
    opened = [labels for name, labels in stored.items() if name in ids]
    assert "HIV" in opened
    assert "R" in opened
    assert ids == stored.keys() - closed


def stored_labels(scene: Scene) -> dict[str, str]:
    """Labels of every clinical record of the patient, by id."""
    query = select(record.c.id, record.c.labels).where(
        record.c.institution == scene.story.hospital,
        record.c.patient_id == scene.story.patient,
        record.c.type != "Patient",
    )
    with scene.gw.db.connect() as conn:
        return {row.id: row.labels for row in conn.execute(query)}


def test_every_look_under_the_glass_is_a_disclosure_of_its_own_visit(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    scene.seen(begun["emergency"])
    made = [one for one in scene.entries(phone.link) if one.kind == "disclosure.made"]
    assert made
    assert {one.payload["under"] for one in made} == {begun["glass"]}
    assert len({one.payload["visit"] for one in made}) == 1
    scene.story.clock.advance(minutes=29)
    assert scene.source(begun["emergency"])["state"] == "open"
    scene.story.clock.advance(minutes=1)
    assert scene.source(begun["emergency"])["state"] == "ended"
    assert scene.refresh(begun["emergency"]).json["sources"][0]["state"] == "open"
    later = [one for one in scene.entries(phone.link) if one.kind == "disclosure.made"]
    assert len({one.payload["visit"] for one in later}) == 2


def test_the_phone_is_told_at_once_and_can_open_all_of_it(scene: Scene) -> None:
    phone = linked(scene)
    before = scene.gw.bus.cursor(f"link:{phone.link}")
    begun = scene.declared(reason="other-emergency", text="路边昏倒\n无家属")
    assert scene.gw.bus.wait([f"link:{phone.link}"], before, 0)
    scene.seen(begun["emergency"])
    scene.review(begun["glass"], "justified")
    scene.review(begun["glass"], "not-justified", "没有核对证件", scene.officer_there)

    served = phone.timeline()

    openings = served["openings"]
    by_kind: dict[str, list[dict[str, object]]] = {}
    for entry in scene.entries(phone.link):
        commitment = entry.payload.get("commitment")
        if commitment is not None:
            opening = openings[commitment]
            assert commit(unb64u(opening["salt"], 32), opening["details"].encode()) == commitment
            by_kind.setdefault(entry.kind, []).append(json.loads(opening["details"]))
    [broken] = by_kind["glass.broken"]
    assert (broken["declaring"], broken["reason"], broken["basis"]) == (
        scene.story.clinic, "other-emergency", "BTG",
    )  # fmt: skip
    declaration = open_compact(
        str(broken["declaration"]),
        "yaoshi-declaration",
        scene.gw.keys.public(scene.story.clinic, "peer"),
    )
    assert declaration["text"] == "路边昏倒 无家属"
    assert declaration["identifier"]["value"] == NUMBER
    assert broken["user"] == {name: declaration["clinician"][name] for name in ("id", "name", "role")}
    assert {one["purpose"] for one in by_kind["disclosure.made"]} == {"BTG"}
    assert {(one["institution"], one["verdict"]) for one in by_kind["glass.reviewed"]} == {
        (scene.story.hospital, "justified"),
        (scene.story.clinic, "not-justified"),
    }


def test_a_person_without_a_phone_is_helped_too(scene: Scene) -> None:
    begun = scene.declared(identifier={"system": None, "value": "chart-second"})
    source = scene.source(begun["emergency"])
    assert source["state"] == "open"
    assert source["verified"]["count"] > 0


def test_the_records_are_compared_with_the_own_chart(scene: Scene) -> None:
    begun = scene.declared(patient=scene.story.chart)
    seen = scene.seen(begun["emergency"])
    assert (seen["patient"], seen["match"]) == (scene.story.chart, "match")
    other = scene.declared(patient=None)
    assert scene.seen(other["emergency"])["match"] == "no-chart"
    assert scene.declare(patient="nobody").json["code"] == "patient-unknown"


def test_the_accounting_names_the_emergency_and_its_reason(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    scene.seen(begun["emergency"])
    phone.submit("glass.closed", glass=begun["glass"])
    scene.review(begun["glass"], "justified", "已核实")
    answer = scene.officer.post(f"/console/api/patients/{scene.story.patient}/accounting", json={})
    rows = {row["kind"]: row for row in answer.json["rows"]}
    assert (rows["glass.broken"]["institution"], rows["glass.broken"]["reason"]) == (
        scene.story.clinic,
        "unconscious",
    )
    assert rows["disclosure.made"]["purpose"] == "BTG"
    assert rows["disclosure.made"]["grant"] == begun["glass"]
    assert rows["glass.closed"]["glass"] == begun["glass"]
    assert (rows["glass.reviewed"]["verdict"], rows["glass.reviewed"]["institution"]) == (
        "justified",
        scene.story.hospital,
    )


def test_the_ledger_replays_with_an_emergency_in_it(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    scene.seen(begun["emergency"])
    phone.submit("glass.closed", glass=begun["glass"])
    scene.review(begun["glass"], "justified")
    file = io.BytesIO()
    with scene.gw.ledger.view() as view:
        export_log(view, file)
    file.seek(0)
    found = verify_log(
        file,
        contracts=CONTRACTS,
        expected_id=scene.gw.ledger.id,
        progress=lambda done, total: None,
    )
    assert found.ok
    assert set(found.claims.values()) == {True}


def test_a_label_of_the_first_persons_records_is_one_that_the_test_means(scene: Scene) -> None:
    # Else the first test would pass because nothing was labelled.
    assert {"HIV", "R", "V", "HIDDEN"} <= {
        label for labels in stored_labels(scene).values() for label in labels.split()
    }
    assert ACT_CODE.endswith("v3-ActCode")
