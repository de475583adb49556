"""The FHIR door: what a token opens, in what form, and that nothing else can be told from its answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.gateway.disclosure.world import World, bundle, disclosures_of, give, import_into, revoke, stored_id
from tests.gateway.fhir.conftest import Peer

JSON_TYPE = "application/fhir+json; charset=utf-8"


def ids(answer: Any) -> set[str]:
    return {entry["resource"]["id"] for entry in answer.json.get("entry", [])}


def test_a_search_gives_a_searchset_of_what_the_grant_covers(peer: Peer, world: World) -> None:
    token = peer.token(give(world))

    answer = peer.get("Observation?patient={p}", token)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, JSON_TYPE)
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json
    assert (body["resourceType"], body["type"], body["total"]) == ("Bundle", "searchset", 3)
    assert [link["relation"] for link in body["link"]] == ["self"]
    assert body["link"][0]["url"].startswith(f"{world.base}/fhir/Observation?")
    for entry in body["entry"]:
        assert entry["fullUrl"] == f"{world.base}/fhir/Observation/{entry['resource']['id']}"
        assert entry["search"] == {"mode": "match"}
        assert entry["resource"]["category"][0]["coding"][0]["code"] == "laboratory"


def test_numbers_leave_as_they_came(peer: Peer, world: World) -> None:
    text = peer.get("Observation?patient={p}", peer.token(give(world))).text
    assert '"value":4.0' in text.replace(" ", "")


def test_a_sensitive_record_is_out_until_its_code_is_named(peer: Peer, world: World) -> None:
    named = give(world, terms={"scope": {"kinds": ["laboratory"], "sensitive": ["HIV"]}})
    assert peer.get("Observation?patient={p}", peer.token(named)).json["total"] == 4


def test_the_patient_is_part_of_every_grant(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    assert ids(peer.get("Patient?_id={p}", token)) == {world.patient_id}
    assert peer.get(f"Patient/{world.patient_id}", token).json["birthDate"] == "1970-01-01"


def code_of(answer: TestResponse) -> str:
    """The code in an OperationOutcome."""
    return str(answer.json["issue"][0]["details"]["coding"][0]["code"])


@pytest.mark.parametrize(
    "path",
    [
        "Observation?patient={p}",
        "Observation?patient={p}&_summary=count",
        "Observation?patient={p}&_count=0",
        "Patient?_id={p}",
    ],
)
def test_every_answer_is_a_disclosure_on_the_ledger(path: str, peer: Peer, world: World) -> None:
    answer = peer.get(path, peer.token(give(world)))
    newest = disclosures_of(world)[-1]
    assert answer.status_code == 200
    assert answer.headers["Yaoshi-Disclosure"] == newest.entry_id


def test_counting_tells_only_what_may_be_seen(peer: Peer, world: World) -> None:
    body = peer.get("Observation?patient={p}&_summary=count", peer.token(give(world))).json
    assert (body["total"], body.get("entry")) == (3, None)


def test_a_search_by_post_joins_body_and_address(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    answer = peer.http.post(
        f"/i/{world.custodian}/fhir/Observation/_search?_count=2",
        data={"code": "http://loinc.org|4548-4", "patient": f"{world.base}/fhir/Patient/{world.patient_id}"},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, len(answer.json["entry"]), answer.json["total"]) == (200, 2, 3)


def test_a_search_by_post_that_is_no_form_is_415(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    path = f"/i/{world.custodian}/fhir/Observation/_search"
    answer = peer.http.post(path, json={}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, code_of(answer)) == (415, "form-expected")


def test_a_read_gives_the_stored_text_with_its_version(peer: Peer, world: World) -> None:
    token, record = peer.token(give(world)), stored_id(world, "Observation", "laboratory")
    answer = peer.get(f"Observation/{record}", token)
    assert (answer.status_code, answer.json["id"]) == (200, record)
    assert (answer.headers["ETag"], answer.headers["Content-Type"]) == ('W/"1"', JSON_TYPE)
    assert answer.headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize("stated", ['W/"1"', '"1"', "1", '"7", W/"1"'])
def test_an_unchanged_version_is_304_and_still_a_disclosure(stated: str, peer: Peer, world: World) -> None:
    token, record = peer.token(give(world)), stored_id(world, "Observation", "laboratory")
    answer = peer.get(f"Observation/{record}", token, **{"If-None-Match": stated})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["Yaoshi-Disclosure"] == disclosures_of(world)[-1].entry_id


HIDDEN: dict[str, Callable[[World], str]] = {
    "a record that does not exist": lambda world: "Observation/0000",
    "a sensitive record": lambda world: f"Observation/{stored_id(world, 'Observation', 'laboratory', 'HIV')}",
    "a record of another kind": lambda world: f"Observation/{stored_id(world, 'Observation', 'vital-signs')}",
    "another patient's record": lambda world: (
        f"Observation/{stored_id(world, 'Observation', 'laboratory', other=True)}"
    ),
    "another patient": lambda world: f"Patient/{stored_id(world, 'Patient', other=True)}",
    "a patient that does not exist": lambda world: "Patient/0000",
    "an id that is none": lambda world: "Observation/a_b",
    "an id that would be two": lambda world: "Observation/a%2Cb",
    "an id with half a character": lambda world: "Observation/%ED%A0%80",
}


@pytest.mark.parametrize("validator", [{}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"1"'}])
@pytest.mark.parametrize("case", HIDDEN)
def test_unknown_and_hidden_are_the_same_bytes(
    case: str, validator: dict[str, str], peer: Peer, world: World
) -> None:
    token = peer.token(give(world))
    unknown = peer.get("Observation/absent", token)

    answer = peer.get(HIDDEN[case](world), token, **validator)

    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data) == (404, unknown.data)
    assert same_headers(answer) == same_headers(unknown)


def test_after_a_revocation_the_answer_is_that_of_an_unknown_record(peer: Peer, world: World) -> None:
    grant = give(world)
    token = peer.token(grant)
    unknown = peer.get("Observation/absent", token)
    record = stored_id(world, "Observation", "laboratory")
    revoke(world, grant)

    for path in (f"Observation/{record}", "Observation?patient={p}", f"Patient/{world.patient_id}"):
        answer = peer.get(path, token, **{"If-None-Match": 'W/"1"'})
        assert (answer.status_code, answer.data, same_headers(answer)) == (
            404,
            unknown.data,
            same_headers(unknown),
        )


def same_headers(answer: Any) -> set[tuple[str, str]]:
    return {(name, value) for name, value in answer.headers if name not in ("Date", "X-Request-Id")}


@pytest.mark.parametrize("other", ["unknown", "stranger"])
def test_a_search_for_another_patient_is_empty_whether_that_one_exists_or_not(
    other: str, peer: Peer, world: World
) -> None:
    patient = "00000" if other == "unknown" else stored_id(world, "Patient", other=True)
    answer = peer.get(f"Observation?patient={patient}", peer.token(give(world)))
    body = answer.json
    assert (answer.status_code, body["total"], "entry" in body) == (200, 0, False)
    assert [link["relation"] for link in body["link"]] == ["self"]


def test_pages_follow_each_other_and_are_disclosures_of_one_visit(peer: Peer, world: World) -> None:
    token = peer.token(give(world, max_visits=1))
    before = len(disclosures_of(world))
    seen: list[str] = []
    answer = peer.get("Observation?patient={p}&_count=1", token)
    for _page in range(3):
        seen += ids(answer)
        assert answer.json["total"] == 3
        following = [link["url"] for link in answer.json["link"] if link["relation"] == "next"]
        if following:
            assert following[0].startswith(f"{world.base}/fhir/Observation?_cursor=")
            answer = peer.get(following[0], token)
    assert (len(seen), len(set(seen)), following) == (3, 3, [])
    made = disclosures_of(world)[before:]
    assert (len(made), len({each.payload["visit"] for each in made})) == (3, 1)


def test_a_grant_revoked_before_page_two_gives_no_page_two(peer: Peer, world: World) -> None:
    grant = give(world)
    token = peer.token(grant)
    link = next_link(peer.get("Observation?patient={p}&_count=1", token))
    revoke(world, grant)
    assert peer.get(link, token).status_code == 404


def next_link(answer: Any) -> str:
    return str(next(link["url"] for link in answer.json["link"] if link["relation"] == "next"))


FOREIGN: dict[str, Callable[[Peer, World, str], Any]] = {
    "it was changed": lambda peer, world, link: peer.get(link[:-1] + "~", peer.token(give(world))),
    "it is of another grant": lambda peer, world, link: peer.get(link, peer.token(give(world))),
    "it is of another type": lambda peer, world, link: peer.get(
        link.replace("/Observation?", "/Patient?"), peer.token(give(world))
    ),
    "it is of another client": lambda peer, world, link: peer.get(
        link, peer.token(give(world, terms={"grantee": world.third}), client=world.third)
    ),
    "it is half a character": lambda peer, world, link: peer.get(
        "Observation?_cursor=%ED%A0%80", peer.token(give(world))
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_cursor_does_not_exist_when(case: str, peer: Peer, world: World, clock: Any) -> None:
    link = next_link(peer.get("Observation?patient={p}&_count=1", peer.token(give(world))))
    clock.advance(minutes=16)

    answer = FOREIGN[case](peer, world, link)

    unknown = peer.get("Observation/absent", peer.token(give(world)))
    assert (answer.status_code, answer.data) == (404, unknown.data)


def test_an_expired_cursor_is_410_for_its_own_client(peer: Peer, world: World, clock: Any) -> None:
    grant = give(world)
    link = next_link(peer.get("Observation?patient={p}&_count=1", peer.token(grant)))
    clock.advance(minutes=15)
    answer = peer.get(link, peer.token(grant))
    assert (answer.status_code, answer.json["issue"][0]["code"]) == (410, "expired")
    assert code_of(answer) == "cursor-expired"


def test_a_page_shows_the_store_as_it_was_at_the_first_page(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    link = next_link(peer.get("Observation?patient={p}&_count=2", token))
    import_into(world.gw, world.custodian, bundle("first", 6))
    answer = peer.get(link, token)
    assert (answer.json["total"], len(answer.json["entry"])) == (3, 1)


ASKED_WRONGLY: dict[str, tuple[str, dict[str, str], int, str]] = {
    "XML is wanted by _format": ("Observation?patient={p}&_format=xml", {}, 406, "format-not-offered"),
    "XML alone is accepted": (
        "Observation?patient={p}", {"Accept": "application/fhir+xml"}, 406, "format-not-offered",
    ),
    "_count is empty": ("Observation?patient={p}&_count=", {}, 400, "invalid-value"),
    "_count is no number": ("Observation?patient={p}&_count=many", {}, 400, "invalid-value"),
    "no patient is named": ("Observation", {}, 400, "patient-required"),
    "a parameter is unknown": ("Observation?patient={p}&colour=red", {}, 400, "not-supported"),
    "a date is none": ("Observation?patient={p}&date=2026-13-45", {}, 400, "invalid-value"),
}  # fmt: skip


@pytest.mark.parametrize("case", ASKED_WRONGLY)
def test_a_search_is_refused_with_an_outcome_when(case: str, peer: Peer, world: World) -> None:
    path, headers, status, code = ASKED_WRONGLY[case]
    before = len(disclosures_of(world))
    answer = peer.get(path, peer.token(give(world)), **headers)
    assert (answer.status_code, answer.json["resourceType"]) == (status, "OperationOutcome")
    assert code_of(answer) == code
    assert len(disclosures_of(world)) == before


@pytest.mark.parametrize(
    "stated", ["*/*", "application/json", "application/fhir+json", "text/html, */*;q=0.1"]
)
def test_json_is_given_to_whoever_accepts(stated: str, peer: Peer, world: World) -> None:
    assert peer.get("Patient?_id={p}", peer.token(give(world)), Accept=stated).status_code == 200


@pytest.mark.parametrize(
    "stated", ["json", "application/json", "application/fhir+json", "application/fhir%2Bjson"]
)
def test_format_beats_accept(stated: str, peer: Peer, world: World) -> None:
    answer = peer.get(
        f"Patient?_id={{p}}&_format={stated}", peer.token(give(world)), Accept="application/xml"
    )
    assert answer.status_code == 200


def test_a_token_opens_only_the_types_of_its_scope(peer: Peer, world: World) -> None:
    token = peer.token(give(world), scope="system/Patient.r")
    for path in ("Observation?patient={p}", "Patient?_id={p}", "Observation/x"):
        answer = peer.get(path, token)
        assert (answer.status_code, answer.json["issue"][0]["code"]) == (403, "forbidden")
    assert peer.get(f"Patient/{world.patient_id}", token).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "x" * 5000])
def test_nobody_comes_in_without_a_live_token(header: str, peer: Peer, world: World) -> None:
    path = f"/i/{world.custodian}/fhir/Patient/{world.patient_id}"
    answer = peer.http.get(path, headers={"Authorization": header})
    assert (answer.status_code, answer.json["resourceType"]) == (401, "OperationOutcome")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_proof_of_a_disclosure_goes_to_its_grantee_only(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    entry = peer.get("Observation?patient={p}", token).headers["Yaoshi-Disclosure"]
    stranger = peer.token(give(world, terms={"grantee": world.third}), client=world.third)

    def ask(bearer: str, entry_id: str) -> Any:
        path = f"/i/{world.custodian}/disclosures/{entry_id}"
        return peer.http.get(path, headers={"Authorization": f"Bearer {bearer}"})

    own, foreign, unknown = ask(token, entry), ask(stranger, entry), ask(token, "0" * 64)
    assert set(own.json) == {"receipt", "opening"}
    details = json.loads(own.json["opening"]["details"])
    assert (details["counts"], len(details["records"]), details["grantee"]) == (
        {"Observation": 3}, 3, world.grantee,
    )  # fmt: skip
    assert (foreign.status_code, foreign.data) == (unknown.status_code, unknown.data) == (404, unknown.data)
    assert ask(token, "../" + "0" * 61).status_code == 404
