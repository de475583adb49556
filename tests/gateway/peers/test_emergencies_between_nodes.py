"""An emergency is declared at one hospital's node for a patient of another's, over HTTP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.glass.afterwards import ASK_TYP
from tests.gateway.peers.story import Story
from tests.gateway.peers.test_between_nodes import held, kinds_on, wait_until
from tests.gateway.peers.town import Heard, Node

NUMBER, SYSTEM, BIRTH = "chart-first", "urn:test:chart", "1970-01-01"


def declare(among: Story, **changes: Any) -> Any:
    body = {
        "custodian": among.town.a.institution,
        "identifier": {"system": SYSTEM, "value": NUMBER},
        "birth_date": BIRTH,
        "reason": "unconscious",
        "text": None,
        "ttl_ms": None,
        "patient": None,
        **changes,
    }
    return among.doctor.post("/console/api/emergencies", json=body)


def review_by(node: Node, **changes: Any) -> dict[str, str]:
    """The opening of a review by this institution."""
    reviewer = {"id": "1" * 32, "name": "审查（合成）", "role": "privacy"}
    said = {
        "institution": node.institution,
        "verdict": "justified",
        "words": "",
        "reviewer": reviewer,
        **changes,
    }
    return {"salt": "A" * 43, "details": json.dumps(said, ensure_ascii=False)}


def reviews_of_nobody(node: Node) -> list[Any]:
    """What is no opening of a review by this institution."""
    return [
        *(
            None,
            "x",
            {},
            {"salt": "A" * 43},
            {"salt": "A", "details": "{}"},
            {"salt": "A" * 43, "details": "{"},
        ),
        {"salt": "A" * 43, "details": '{"words": "\\ud800"}'},
        {"salt": 1, "details": "{}"},
        review_by(node, institution="0" * 32),
        review_by(node, verdict="explain"),
        review_by(node, verdict=["justified"]),
        review_by(node, words="字" * 1001),
        review_by(node, words=None),
        review_by(node, reviewer="x"),
        review_by(node, reviewer={"id": "x", "name": "x", "role": 1}),
        review_by(node, more="x"),
    ]


def begun(among: Story) -> dict[str, Any]:
    answer = declare(among)
    assert answer.status_code == 201, answer.text
    return dict(answer.json)


def test_staff_can_name_every_institution_of_the_ledger_and_sign_in_only_to_their_own(among: Story) -> None:
    town = among.town
    known = among.doctor.get("/console/api/institutions/all").json["institutions"]
    everybody = {node.institution for node in (town.a, town.b, town.c)}
    assert {one["id"] for one in known} == everybody
    assert not any(one["retired"] for one in known)
    here = among.doctor.get("/console/api/institutions").json["institutions"]
    assert [one["id"] for one in here] == [town.b.institution]


def source(among: Story, emergency: str) -> dict[str, Any]:
    answer = among.doctor.get(f"/console/api/emergencies/{emergency}")
    assert answer.status_code == 200, answer.text
    [found] = answer.json["sources"]
    return {**found, "over": answer.json["state"]}


def case_at(node: Node) -> dict[str, Any]:
    queue = node.staff("privacy").get("/console/api/reviews").json
    [case] = queue["waiting"] + queue["done"]
    return dict(case)


@dataclass
class Noted:
    """Changes nothing and notes what is answered at the glass's door."""

    answers: list[tuple[int, bytes]] = field(default_factory=list)

    def __call__(self, heard: Heard, status: int, _headers: Any, body: bytes) -> tuple[int, bytes]:
        if "/glass" in heard.path:
            self.answers.append((status, body))
        return status, body


def test_an_emergency_at_another_hospital_opens_its_records(among: Story) -> None:
    made = begun(among)

    seen = source(among, made["emergency"])

    assert (seen["state"], seen["over"]) == ("open", "open")
    assert {one["type"] for one in seen["items"]} >= {
        "Observation",
        "AllergyIntolerance",
        "MedicationRequest",
    }
    assert kinds_on(among.town.a) == kinds_on(among.town.b)
    assert kinds_on(among.town.a)[:2] == ["link.open", "glass.broken"]


def test_both_institutions_review_it_and_know_that_the_patient_was_told(among: Story) -> None:
    a, b = among.town.a, among.town.b
    phone = among.linked(a)
    made = begun(among)
    assert case_at(b)["told"] == {"at": None}
    phone.timeline()
    said = phone.post("objections", {"glass": made["glass"], "text": "没有人问过我"}, **phone.bearer())
    assert said.status_code in (200, 201), said.text

    for node, side in ((a, "custodian"), (b, "declarer")):
        case = case_at(node)
        assert (case["side"], case["told"]) == (side, {"at": among.town.clock()})
        assert case["objection"]["text"] == "没有人问过我"
        reviewed = review(node, made["glass"], "justified", "抢救需要")
        assert reviewed.status_code == 200, reviewed.text
    assert kinds_on(a).count("glass.reviewed") == kinds_on(b).count("glass.reviewed") == 2
    for node in (a, b):
        assert [case_at(node)[of]["words"] for of in ("own_review", "other_review")] == ["抢救需要"] * 2

    a.stop()
    assert (case_at(b)["told"], case_at(b)["objection"]) == ({"at": None}, None)
    assert case_at(b)["other_review"]["verdict"] is None, "that it was reviewed is on the ledger, no more"


def test_the_phone_opens_what_either_institution_found(among: Story) -> None:
    a, b = among.town.a, among.town.b
    phone = among.linked(a)
    made = begun(among)
    for node, words in ((b, "病人当时清醒"), (a, "抢救需要")):
        assert review(node, made["glass"], "not-justified", words).status_code == 200
        wait_until(a, f"link:{phone.link}", lambda: kinds_on(a) == kinds_on(b))
    opened = [json.loads(one["details"]) for one in phone.timeline()["openings"].values()]
    said = {one["institution"]: one["words"] for one in opened if "verdict" in one}
    assert said == {a.institution: "抢救需要", b.institution: "病人当时清醒"}


def test_a_review_that_the_custodian_cannot_keep_is_not_recorded(among: Story) -> None:
    a, b = among.town.a, among.town.b
    made = begun(among)
    a.stop()
    answer = review(b, made["glass"], "justified", "")
    assert (answer.status_code, answer.json["code"]) == (503, "custodian-unreachable")
    assert "glass.reviewed" not in kinds_on(b)


def test_a_custodian_that_tells_another_review_is_not_believed(among: Story) -> None:
    a, b = among.town.a, among.town.b
    made = begun(among)
    assert review(a, made["glass"], "justified", "抢救需要").status_code == 200
    told = case_at(b)["other_review"]
    assert (told["verdict"], told["words"]) == ("justified", "抢救需要")

    def lie(heard: Heard, status: int, _headers: Any, body: bytes) -> tuple[int, bytes]:
        return status, body.replace(b'\\"justified', b'\\"not-justified')

    a.change = lie
    assert case_at(b)["other_review"]["verdict"] is None


def review(node: Node, glass: str, verdict: str, words: str) -> Any:
    body = {"verdict": verdict, "words": words}
    return node.staff("privacy").post(f"/console/api/reviews/{glass}", json=body)


MISSES: dict[str, dict[str, Any]] = {
    "nobody has this number": {"identifier": {"system": SYSTEM, "value": "chart-nobody"}},
    "the birth date is another": {"birth_date": "1970-01-02"},
}


def test_every_miss_is_one_answer_to_the_byte(among: Story) -> None:
    among.town.a.change = noted = Noted()
    for changes in MISSES.values():
        answer = declare(among, **changes)
        assert (answer.status_code, answer.json["code"]) == (404, "glass-not-possible")
    client = among.town.a.client()
    client.post(f"/i/{among.town.a.institution}/glass", json={"declaration": "x"})
    assert len(noted.answers) == 3
    assert len(set(noted.answers)) == 1
    assert kinds_on(among.town.a) == []


def test_a_custodian_that_is_down_is_an_outage_and_uses_the_budget(among: Story) -> None:
    among.town.a.stop()
    codes = [declare(among).json["code"] for _ in range(11)]
    assert codes == ["custodian-unreachable"] * 10 + ["glass-budget-used"]
    assert held(among) == []


LIES = {
    "it lasts longer": (b'"until":', b'"until":1'),
    "it is another glass": (b'"glass":"', b'"glass":"0'),
    "the opening is another": (b'"salt":"', b'"salt":"A'),
}


@pytest.mark.parametrize("case", LIES)
def test_nothing_is_shown_of_an_answer_that_does_not_verify_because(case: str, among: Story) -> None:
    def lie(heard: Heard, status: int, _headers: Any, body: bytes) -> tuple[int, bytes]:
        body = body.replace(b'": ', b'":')
        return status, body.replace(*LIES[case]) if heard.path.endswith("/glass") else body

    among.town.a.change = lie
    answer = declare(among)
    assert (answer.status_code, answer.json["code"]) == (502, "disclosure-unproven")
    assert "合成测试" not in answer.text


def test_a_question_to_an_officer_of_another_node_is_not_swallowed(among: Story) -> None:
    made = begun(among)
    asked = {"verdict": "explain", "words": "为什么？"}
    officer = among.town.b.staff("privacy")
    answer = officer.post(f"/console/api/reviews/{made['glass']}", json=asked)
    assert (answer.status_code, answer.json["code"]) == (409, "review-question-elsewhere")


def test_whoever_declared_it_ends_it_over_http(among: Story) -> None:
    b, made = among.town.b, begun(among)
    assert source(among, made["emergency"])["state"] == "open"
    path = f"/console/api/emergencies/{made['emergency']}/close"

    ended = among.doctor.post(path, json={})

    assert (ended.status_code, ended.json["state"]) == (200, "closed"), ended.text
    wait_until(b, f"staff:{b.institution}", lambda: not held(among))
    among.town.clock.advance(1)
    again = among.doctor.post(path, json={})
    assert (again.status_code, again.json["code"]) == (409, "glass-closed")
    among.town.a.stop()
    down = among.doctor.post(path, json={})
    assert (down.status_code, down.json["code"]) == (503, "custodian-unreachable")


def test_nobody_but_the_declarer_asks_about_it(among: Story) -> None:
    a, b, c = among.town.nodes
    made = begun(among)

    def ask(signer: Node, use: str = "peer", **changes: Any) -> Any:
        said = {
            "ledger": a.gw.ledger.id,
            "institution": signer.institution,
            "custodian": a.institution,
            "glass": made["glass"],
            "want": "end",
            "at": among.town.clock(),
            **changes,
        }
        text = signer.gw.keys.sign(signer.institution, use, ASK_TYP, said)
        answer = a.client().post(f"/i/{a.institution}/glass/{said['glass']}", json={"ask": text})
        return answer.status_code, answer.data

    unknown = ask(b, glass="0" * 64)
    assert unknown[0] == 404
    wrong = [
        ask(c),
        ask(c, institution=b.institution),
        ask(b, use="desk"),
        ask(b, want="reopen"),
        ask(b, at=among.town.clock() - 3_600_000),
        ask(b, at="now"),
        ask(b, ledger="0" * 64),
        ask(b, custodian=c.institution),
        ask(b, more="x"),
        ask(b, review=review_by(b)),
        ask(b, want="review"),
        *(ask(b, want="review", review=review) for review in reviews_of_nobody(b)),
    ]
    assert set(wrong) == {unknown}
    assert "glass.closed" not in kinds_on(a)
    assert ask(b, want="read")[0] == 200
    assert ask(b, want="review", review=review_by(b))[0] == 200
