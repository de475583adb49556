"""Reading only what is new, reading a version, and HEAD: each decided, recorded and only then compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.gateway.disclosure.world import World, bundle, disclosures_of, give, import_into, revoke, stored_id
from tests.gateway.fhir.conftest import Peer

NOW, EARLIER, LATER = (
    "Thu, 01 Jan 2026 00:00:00 GMT",
    "Wed, 31 Dec 2025 23:59:59 GMT",
    "Fri, 02 Jan 2026 00:00:00 GMT",
)


@pytest.fixture
def record(world: World) -> str:
    return stored_id(world, "Observation", "laboratory")


UNCHANGED = {
    "the date of the change": {"If-Modified-Since": NOW},
    "a later date": {"If-Modified-Since": LATER},
    "the version beside an earlier date": {"If-None-Match": 'W/"1"', "If-Modified-Since": EARLIER},
    "one of several versions": {"If-None-Match": '"7" , W/"1"'},
    "any version": {"If-None-Match": "*"},
}


@pytest.mark.parametrize("case", UNCHANGED)
def test_an_unchanged_record_is_304_without_a_body(case: str, peer: Peer, world: World, record: str) -> None:
    answer = peer.get(f"Observation/{record}", peer.token(give(world)), **UNCHANGED[case])
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Yaoshi-Disclosure"] == disclosures_of(world)[-1].entry_id


CHANGED = {
    "an earlier date": {"If-Modified-Since": EARLIER},
    "another version": {"If-None-Match": 'W/"2"'},
    "another version beside a later date": {"If-None-Match": 'W/"2"', "If-Modified-Since": LATER},
    "no version": {"If-None-Match": ""},
    "a date that is none": {"If-Modified-Since": "yesterday"},
    "an empty date": {"If-Modified-Since": ""},
    "a date of half a character": {
        "If-Modified-Since": "\udced".encode("utf-8", "surrogatepass").decode("latin-1")
    },
    "an absurd date": {"If-Modified-Since": "Thu, 99 Jan 99999 00:00:00 GMT"},
}


@pytest.mark.parametrize("case", CHANGED)
def test_the_record_is_given_after(case: str, peer: Peer, world: World, record: str) -> None:
    answer = peer.get(f"Observation/{record}", peer.token(give(world)), **CHANGED[case])
    assert (answer.status_code, answer.json["id"]) == (200, record)


def test_a_changed_record_has_another_version_and_date(
    peer: Peer, world: World, record: str, clock: Any
) -> None:
    token = peer.token(give(world))
    clock.advance(seconds=60)
    changed = bundle("first", 3)
    for entry in changed["entry"]:
        if entry["resource"]["resourceType"] == "Observation":
            entry["resource"]["status"] = "amended"
    import_into(world.gw, world.custodian, changed)
    for stated in ({"If-None-Match": 'W/"1"'}, {"If-Modified-Since": NOW}):
        answer = peer.get(f"Observation/{record}", token, **stated)
        assert (answer.status_code, answer.headers["ETag"]) == (200, 'W/"2"')
        assert answer.json["meta"]["versionId"] == "2"
        assert answer.headers["Last-Modified"] == "Thu, 01 Jan 2026 00:01:00 GMT"
    assert peer.get(f"Observation/{record}/_history/1", token).status_code == 404
    assert peer.get(f"Observation/{record}/_history/2", token).json["status"] == "amended"


def test_the_newest_version_is_read_by_its_number(peer: Peer, world: World, record: str) -> None:
    token = peer.token(give(world))
    newest = peer.get(f"Observation/{record}/_history/1", token)
    assert newest.data == peer.get(f"Observation/{record}", token).data
    assert newest.headers["Yaoshi-Disclosure"] in {each.entry_id for each in disclosures_of(world)}
    assert peer.get(f"Observation/{record}/_history/1", token, **{"If-None-Match": "1"}).status_code == 304


ABSENT: dict[str, Callable[[World, str], str]] = {
    "a version that was never": lambda world, record: f"{record}/_history/2",
    "a version zero": lambda world, record: f"{record}/_history/0",
    "a version with zeros before it": lambda world, record: f"{record}/_history/01",
    "a version that is no number": lambda world, record: f"{record}/_history/x",
    "a version in other digits": lambda world, record: f"{record}/_history/１",
    "an endless version": lambda world, record: f"{record}/_history/{'9' * 400}",
    "a hidden record's version": lambda world, record: (
        f"{stored_id(world, 'Observation', 'laboratory', 'HIV')}/_history/1"
    ),
    "a hidden record's version that was never": lambda world, record: (
        f"{stored_id(world, 'Observation', 'laboratory', 'HIV')}/_history/2"
    ),
    "another patient's version": lambda world, record: (
        f"{stored_id(world, 'Observation', 'laboratory', other=True)}/_history/1"
    ),
}


@pytest.mark.parametrize("validator", [{}, {"If-None-Match": "*"}, {"If-Modified-Since": LATER}])
@pytest.mark.parametrize("case", ABSENT)
def test_what_is_not_there_and_what_is_hidden_are_the_same_bytes(
    case: str, validator: dict[str, str], peer: Peer, world: World, record: str
) -> None:
    token = peer.token(give(world))
    unknown = peer.get("Observation/absent/_history/1", token)
    answer = peer.get(f"Observation/{ABSENT[case](world, record)}", token, **validator)
    assert (answer.status_code, answer.data) == (404, unknown.data)
    assert _headers(answer) == _headers(unknown)


def _headers(answer: Any) -> set[tuple[str, str]]:
    return {(name, value) for name, value in answer.headers if name not in ("Date", "X-Request-Id")}


def test_an_unchanged_record_is_told_to_nobody_whose_grant_ended(
    peer: Peer, world: World, record: str
) -> None:
    grant = give(world)
    token = peer.token(grant)
    unknown = peer.get("Observation/absent", token)
    revoke(world, grant)
    for validator in UNCHANGED.values():
        answer = peer.get(f"Observation/{record}", token, **validator)
        assert (answer.status_code, answer.data) == (404, unknown.data)


@pytest.mark.parametrize(
    "path", ["Observation?patient={p}", "Observation/{record}", "Patient/{p}", "metadata"]
)
def test_a_head_answers_as_a_get_without_its_body(path: str, peer: Peer, world: World, record: str) -> None:
    token = peer.token(give(world))
    path = f"/i/{world.custodian}/fhir/{path.replace('{record}', record).replace('{p}', world.patient_id)}"
    bearer = {"Authorization": f"Bearer {token}"}
    got, before = peer.http.get(path, headers=bearer), len(disclosures_of(world))
    head = peer.http.head(path, headers=bearer)
    assert (head.status_code, head.data) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "Cache-Control"):
        assert head.headers.get(name) == got.headers.get(name)
    recorded = path.endswith("metadata") or len(disclosures_of(world)) == before + 1
    assert recorded  # whether it is there was told, so it was disclosed


def test_a_head_of_what_is_hidden_is_a_head_of_what_is_not_there(peer: Peer, world: World) -> None:
    token = peer.token(give(world))
    hidden = stored_id(world, "Observation", "laboratory", "HIV")
    answers = [
        peer.http.head(
            f"/i/{world.custodian}/fhir/Observation/{id_}", headers={"Authorization": f"Bearer {token}"}
        )
        for id_ in (hidden, "absent")
    ]
    assert [each.status_code for each in answers] == [404, 404]
    assert _headers(answers[0]) == _headers(answers[1])


SHAPED: dict[str, tuple[str, int]] = {
    "the summary": ("_summary=true", 200),
    "elements": ("_elements=code", 200),
    "everything": ("_summary=false", 200),
    "what a read does not know": ("_count=0&code=x", 200),
    "a count": ("_summary=count", 400),
    "a summary that is none": ("_summary=yes", 400),
    "an element that is none": ("_elements=a.b", 400),
}


@pytest.mark.parametrize("case", SHAPED)
def test_a_read_may_ask_for_a_part(case: str, peer: Peer, world: World, record: str) -> None:
    query, status = SHAPED[case]
    token = peer.token(give(world))
    answer = peer.get(f"Observation/{record}?{query}", token)
    assert answer.status_code == status
    hidden = stored_id(world, "Observation", "laboratory", "HIV")
    assert peer.get(f"Observation/{hidden}?{query}", token).status_code == (404 if status == 200 else 400)
    if query in ("_summary=true", "_elements=code"):
        assert answer.json["meta"]["tag"][-1]["code"] == "SUBSETTED"
