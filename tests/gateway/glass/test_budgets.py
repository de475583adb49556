"""Guessing at people does not pay: a few misses, a few declarations a day, and nothing more is opened."""

from __future__ import annotations

from sqlalchemy import select

from gateway.glass.tables import emergency
from tests.gateway.glass.scene import SYSTEM, Scene

NOBODY = {"system": SYSTEM, "value": "chart-nobody"}


def person(number: int) -> dict[str, str]:
    return {"id": f"dr-{number}", "name": "合成医生", "role": "physician", "department": ""}


def test_after_three_misses_a_clinician_opens_nothing_for_a_day(scene: Scene) -> None:
    for _ in range(3):
        scene.send(scene.signed(identifier=NOBODY))
    assert scene.send(scene.signed()).status_code == 404
    assert scene.attempts()[-1] == ("dr-9", "budget-used")
    assert scene.send(scene.signed(clinician=person(1))).status_code == 201
    scene.story.clock.advance(days=1)
    assert scene.send(scene.signed()).status_code == 201


def test_two_misses_leave_the_third_try(scene: Scene) -> None:
    for _ in range(2):
        scene.send(scene.signed(identifier=NOBODY))
    assert scene.send(scene.signed()).status_code == 201


def test_a_refusal_because_the_budget_is_used_does_not_use_it_further(scene: Scene) -> None:
    for _ in range(3):
        scene.send(scene.signed(identifier=NOBODY))
    scene.story.clock.advance(hours=23)
    scene.send(scene.signed())
    scene.story.clock.advance(hours=1)
    assert scene.send(scene.signed()).status_code == 201


def test_after_ten_declarations_a_clinician_opens_nothing_for_a_day(scene: Scene) -> None:
    for _ in range(10):
        assert scene.send(scene.signed()).status_code == 201
    assert scene.send(scene.signed()).status_code == 404
    assert scene.attempts()[-1][1] == "budget-used"


def test_after_thirty_declarations_an_institution_opens_nothing_for_a_day(scene: Scene) -> None:
    for number in range(30):
        assert scene.send(scene.signed(clinician=person(number))).status_code == 201
    assert scene.send(scene.signed(clinician=person(99))).status_code == 404
    third = scene.gw.ledger.genesis.institutions[2]["id"]
    assert scene.send(scene.signed(by=third, institution=third)).status_code == 201


def test_what_cannot_be_read_counts_against_the_institution(scene: Scene) -> None:
    for _ in range(30):
        scene.send(scene.signed(reason="curiosity"))
    assert scene.send(scene.signed()).status_code == 404
    assert scene.attempts()[-1][1] == "budget-used"


def test_strangers_use_up_nobodys_budget(scene: Scene) -> None:
    """Forgeries, a captured declaration, one for another custodian: forty times each."""
    captured = scene.signed()
    assert scene.send(captured).status_code == 201
    elsewhere = scene.signed(custodian=scene.gw.ledger.genesis.institutions[2]["id"])
    for number in range(40):
        for forged in (captured, elsewhere, scene.signed(use="desk")):
            assert scene.send(forged, f"10.0.1.{number}").status_code == 404
    assert scene.send(scene.signed()).status_code == 201


def test_one_address_knocks_seldom(scene: Scene) -> None:
    answers = [scene.send("x").json["code"] for _ in range(61)]
    assert answers[59:] == ["glass-not-possible", "rate-limited"]


def test_the_clinician_is_told_about_the_own_institutions_budget_only(scene: Scene) -> None:
    for _ in range(3):
        assert scene.declare(identifier=NOBODY).json["code"] == "glass-not-possible"
    # The custodian's count of misses is used: here it looks like one more miss.
    for _ in range(7):
        assert scene.declare().json["code"] == "glass-not-possible"
    answer = scene.declare()
    assert (answer.status_code, answer.json["code"]) == (429, "glass-budget-used")
    count = len(scene.attempts())
    scene.declare()
    assert len(scene.attempts()) == count
    scene.story.clock.advance(days=1)
    scene.story.doctor = scene.story.sign_in("clinician", scene.story.clinic)
    assert scene.declare().status_code == 201


def test_the_own_budget_of_an_institution_is_thirty(scene: Scene) -> None:
    for _ in range(3):
        doctor = scene.story.sign_in("clinician", scene.story.clinic)
        for _ in range(10):
            assert scene.declare(doctor, identifier=NOBODY).status_code == 404
    doctor = scene.story.sign_in("clinician", scene.story.clinic)
    assert scene.declare(doctor).json["code"] == "glass-budget-used"


def test_what_came_to_nothing_is_forgotten_after_a_day(scene: Scene) -> None:
    scene.declare(identifier=NOBODY, reason="other-emergency", text="查无此人")
    kept = scene.declared()
    scene.story.clock.advance(days=1)
    scene.story.doctor = scene.story.sign_in("clinician", scene.story.clinic)
    scene.declared()
    with scene.gw.db.connect() as conn:
        rows = conn.execute(select(emergency)).all()
    assert kept["emergency"] in {row.id for row in rows}
    assert len(rows) == 2
    assert all(row.glass is not None for row in rows)
    assert [outcome for _, outcome in scene.attempts()] == ["matched"]
