"""Both institutions review each emergency; nobody takes a case away, and nobody reviews their own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update

from gateway.disclosure.tables import opening
from gateway.glass.tables import emergency, glass_case
from gateway.identity.tables import staff_account
from tests.gateway.glass.scene import BIRTH, NUMBER, Scene, linked

DAY = 86_400_000


def test_a_case_waits_at_both_institutions_with_its_story(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared(reason="allergy-check", text="青霉素？")
    scene.seen(begun["emergency"])
    here, there = scene.case(), scene.case(scene.officer_there)
    for case in (here, there):
        assert (case["id"], case["reason"], case["text"]) == (begun["glass"], "allergy-check", "青霉素？")
        assert case["custodian"]["id"] == scene.story.hospital
        assert case["declaring"]["id"] == scene.story.clinic
        assert case["user"] == {
            "id": scene.doctor.staff_id,  # type: ignore[attr-defined]
            "name": "测试员（合成）",
            "role": "clinician",
            "department": "内科",
        }
        assert (case["from"], case["until"], case["open"]) == (begun["from"], begun["until"], True)
        assert [one["counts"]["Patient"] for one in case["looked"]] == [1]
        assert case["looked"][0]["counts"]["Observation"] > 1
        assert case["identifier_last4"] == NUMBER[-4:]
        assert (case["own_review"], case["other_review"], case["objection"]) == (None, None, None)
        assert case["budget"] == {"used": 1, "of": 10}
        assert (case["told"], case["overdue"], case["may_review"]) == ({"at": None}, False, True)
    assert (here["side"], here["patient"]["birth_date"]) == ("custodian", BIRTH)
    assert (there["side"], there["patient"]) == ("declarer", None)
    scene.story.clock.advance(minutes=1)
    phone.timeline()
    told = scene.gw.clock()
    scene.story.clock.advance(minutes=1)
    phone.timeline()
    assert scene.case()["told"] == scene.case(scene.officer_there)["told"] == {"at": told}


def test_the_declarer_learns_no_more_of_the_patient_than_was_typed(scene: Scene) -> None:
    scene.declared()
    text = scene.officer_there.get("/console/api/reviews").text
    for word in (NUMBER, BIRTH, "合成测试"):
        assert word not in text


def test_a_case_becomes_overdue_after_three_days(scene: Scene) -> None:
    scene.declared()
    scene.story.clock.advance(days=3)
    officer = scene.story.sign_in("privacy", scene.story.hospital)
    assert scene.case(officer)["overdue"] is False
    scene.story.clock.advance(1)
    assert scene.case(officer)["overdue"] is True


def test_a_verdict_stands_at_both_sides_and_takes_the_case_from_the_own_queue_only(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    answer = scene.review(begun["glass"], "not-justified", "  患者清醒  ")
    assert answer.status_code == 200, answer.text
    mine = answer.json["own_review"]
    assert (mine["verdict"], mine["words"]) == ("not-justified", "患者清醒")
    assert mine["reviewer"]["id"] == scene.officer.staff_id  # type: ignore[attr-defined]
    here, there = scene.queue(), scene.queue(scene.officer_there)
    assert (len(here["waiting"]), len(here["done"])) == (0, 1)
    assert (len(there["waiting"]), len(there["done"])) == (1, 0)
    assert there["waiting"][0]["other_review"] == mine
    assert scene.kinds(phone.link)[-1] == "glass.reviewed"
    # A verdict changes nothing about the release: ending it is another button.
    assert scene.source(begun["emergency"])["state"] == "open"


def test_the_oldest_case_comes_first_and_the_newest_done(scene: Scene) -> None:
    first, second, third = (scene.declared()["glass"] for _ in range(3))
    assert [case["id"] for case in scene.queue()["waiting"]] == [first, second, third]
    for glass in (third, first):
        scene.review(glass, "justified")
    queue = scene.queue()
    assert [case["id"] for case in queue["waiting"]] == [second]
    assert [case["id"] for case in queue["done"]] == [third, first]


def test_a_question_goes_to_the_other_side_and_onto_no_ledger(scene: Scene) -> None:
    begun = scene.declared()
    size = scene.size()
    assert scene.review(begun["glass"], "explain", "为什么没有请患者授权？").status_code == 200
    assert scene.review(begun["glass"], "explain", "患者当时昏迷", scene.officer_there).status_code == 200
    assert scene.size() == size
    asked = [(one["own"], one["words"]) for one in scene.case()["questions"]]
    assert asked == [(True, "为什么没有请患者授权？"), (False, "患者当时昏迷")]
    heard = [(one["own"], one["words"]) for one in scene.case(scene.officer_there)["questions"]]
    assert heard == [(False, "为什么没有请患者授权？"), (True, "患者当时昏迷")]
    assert len(scene.queue()["waiting"]) == 1


def test_a_row_of_questions_has_an_end(scene: Scene) -> None:
    begun = scene.declared()
    for _ in range(20):
        assert scene.review(begun["glass"], "explain", "？").status_code == 200
    assert scene.review(begun["glass"], "explain", "？").json["code"] == "review-questions-full"
    assert scene.review(begun["glass"], "explain", "？", scene.officer_there).status_code == 200


REFUSED: dict[str, tuple[Any, str]] = {
    "the verdict is against and says no words": (
        lambda s, g: s.review(g, "not-justified"),
        "review-words-missing",
    ),
    "the question has no words": (lambda s, g: s.review(g, "explain", "   "), "review-words-missing"),
    "the institution reviewed it before": (
        lambda s, g: (s.review(g, "justified"), s.review(g, "not-justified", "再看"))[1],
        "glass-reviewed",
    ),
    "the institution reviewed it and now asks": (
        lambda s, g: (s.review(g, "justified"), s.review(g, "explain", "再问"))[1],
        "glass-reviewed",
    ),
    "it is a third institution": (
        lambda s, g: s.review(
            g, "justified", "", s.story.sign_in("privacy", s.gw.ledger.genesis.institutions[2]["id"])
        ),
        "review-unknown",
    ),
    "there is no such case": (lambda s, g: s.review("0" * 64, "justified"), "review-unknown"),
    "the case's name is none": (lambda s, g: s.review("nothing", "justified"), "review-unknown"),
    "the verdict is none": (lambda s, g: s.review(g, "maybe"), "request-invalid"),
    "a doctor gives it": (lambda s, g: s.review(g, "justified", "", s.doctor), "role-not-allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_review_is_refused_when(case: str, scene: Scene) -> None:
    act, code = REFUSED[case]
    begun = scene.declared()
    assert act(scene, begun["glass"]).json["code"] == code


def test_a_review_asks_for_the_password_again_and_a_stop_does_not(scene: Scene) -> None:
    begun = scene.declared()
    scene.story.clock.advance(scene.gw.settings.fresh_ms)
    assert scene.review(begun["glass"], "justified").json["code"] == "signin-fresh-required"
    assert scene.stop(begun["glass"]).status_code == 200


def test_a_declaration_asks_for_the_password_again(scene: Scene) -> None:
    scene.story.clock.advance(scene.gw.settings.fresh_ms)
    assert scene.declare().json["code"] == "signin-fresh-required"
    assert scene.attempts() == []


def test_nobody_reviews_what_they_declared(scene: Scene) -> None:
    """The account of the doctor who declared becomes the privacy officer's."""
    begun = scene.declared()
    with scene.gw.db.begin() as conn:
        mine = staff_account.c.id == scene.doctor.staff_id  # type: ignore[attr-defined]
        conn.execute(update(staff_account).where(mine).values(role="privacy"))
    answer = scene.review(begun["glass"], "justified", "", scene.doctor)
    assert answer.json["code"] == "review-own-emergency"
    assert scene.case(scene.doctor)["may_review"] is False
    assert scene.review(begun["glass"], "explain", "？", scene.doctor).status_code == 403


def test_a_declarer_who_takes_an_officers_id_bars_nobody(scene: Scene) -> None:
    officer = scene.officer.staff_id  # type: ignore[attr-defined]
    person = {"id": officer, "name": "冒名（合成）", "role": "physician", "department": ""}
    answer = scene.send(scene.signed(clinician=person))
    assert scene.case()["may_review"] is True
    assert scene.review(answer.json["glass"], "justified").status_code == 200


def test_a_case_whose_answer_was_lost_in_a_crash_is_found_again(scene: Scene) -> None:
    begun = scene.declared()
    with scene.gw.db.begin() as conn:
        conn.execute(update(emergency).values(glass=None))
    assert scene.case(scene.officer_there)["id"] == begun["glass"]
    assert scene.seen(begun["emergency"])["glass"] == begun["glass"]


def test_what_the_ledger_never_took_is_nobodys_case(scene: Scene) -> None:
    begun = scene.declared()
    with scene.gw.db.begin() as conn:
        conn.execute(update(glass_case).values(glass="0" * 64))
        conn.execute(update(emergency).values(glass=None))
    assert scene.queue() == {"waiting": [], "done": []}
    assert scene.queue(scene.officer_there) == {"waiting": [], "done": []}
    assert scene.look(begun["emergency"]).json["code"] == "emergency-unknown"


def test_a_case_stays_when_its_details_are_erased(scene: Scene) -> None:
    begun = scene.declared()
    with scene.gw.db.begin() as conn:
        conn.execute(delete(opening))
    case = scene.case()
    assert (case["id"], case["user"], case["reason"]) == (begun["glass"], None, None)
    assert scene.review(begun["glass"], "justified").status_code == 200


def test_a_case_moves_on_the_screens_of_both_officers(scene: Scene) -> None:
    channels = [f"staff:{scene.story.hospital}", f"staff:{scene.story.clinic}"]

    def changed(act: Any) -> set[str]:
        before = scene.gw.bus.cursor(*channels)
        act()
        return set(scene.gw.bus.wait(channels, before, 0))

    glass = changed_glass(scene)
    assert changed(lambda: scene.declared()) == set(channels)
    assert changed(lambda: scene.review(glass, "explain", "？")) == set(channels)
    assert changed(lambda: scene.review(glass, "justified")) == set(channels)
    assert changed(lambda: scene.stop(glass)) == set(channels)


def changed_glass(scene: Scene) -> str:
    return str(scene.declared()["glass"])
