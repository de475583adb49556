"""What was filed from elsewhere goes no further: neither grants nor emergencies of others open it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consent.vocabulary import KINDS, SENSITIVITY
from gateway.identity.signing import submit_signed
from gateway.links.links import links_of_patient
from gateway.peers.pull import Pulled, pull_grant
from ledger.encoding import b64u
from ledger.signing import public_key, sign_compact
from tests.gateway.disclosure.world import World, doctor, give
from tests.gateway.fhir.conftest import Peer
from tests.gateway.glass.scene import BIRTH, NUMBER, SYSTEM
from tests.gateway.reuse.ward import HBA1C, Form, add_records, filed, result

CANARY = "6.81"


@pytest.fixture
def onward(form: Form, institutions: list[str]) -> World:
    """The clinic as a custodian: its chart with one own result and one filed copy, claimed by a phone."""
    gw, story = form.story.gw, form.story
    add_records(story, story.clinic, result("own", HBA1C, "5.55", story.clock() - 30 * 86_400_000))
    assert form.use(form.check()).status_code == 200
    with gw.db.connect() as conn:
        [link] = links_of_patient(conn, story.clinic, story.chart)
    phone = gw.entropy(32)
    proven = {"ledger": gw.ledger.id, "subject": link, "institution": story.clinic}
    claim = {
        "ledger": gw.ledger.id,
        "subject": link,
        "kind": "link.keys",
        "at": gw.clock(),
        "key": b64u(public_key(phone)),
        "rights": ["give", "manage", "revoke"],
        "proof": sign_compact(phone, "yaoshi-proof", proven),
    }
    assert submit_signed(gw, gw.keys.sign(story.clinic, "desk", "yaoshi-entry", claim)).kind == "link.keys"
    return World(gw, story.clinic, institutions[2], story.hospital, story.chart, link, phone)


def everything(world: World, refs: list[str]) -> dict[str, Any]:
    """The widest terms that a patient can sign, the copies named one by one."""
    scope = {"kinds": sorted(KINDS), "records": refs, "sensitive": sorted(SENSITIVITY | {"R"})}
    return {"grantee": world.grantee, "scope": scope}


def refs_of(form: Form) -> list[str]:
    kinds = ("Observation", "Provenance")
    return sorted(f"{kind}/{each['id']}" for kind in kinds for each in filed(form.story, kind))


def test_the_widest_grant_leaves_filed_copies_out(onward: World, form: Form) -> None:
    refs = refs_of(form)
    assert len(refs) == 2
    grant = give(onward, terms=everything(onward, refs))
    pulled = pull_grant(
        onward.gw,
        grantee=onward.grantee,
        custodian=onward.custodian,
        grant=grant,
        staff=doctor(onward),
        purpose="TREAT",
    )
    assert isinstance(pulled, Pulled)
    assert set(pulled.received).isdisjoint(refs)
    given = "".join(one.json_text for one in pulled.received.values())
    assert "5.55" in given
    assert CANARY not in given
    assert form.story.hospital not in given


@pytest.mark.parametrize("how", ["read", "searched", "searched by id", "included"])
def test_a_copy_is_not_there_when(how: str, onward: World, form: Form, flask_app: Any) -> None:
    refs = refs_of(form)
    peer = Peer(flask_app.test_client(), onward)
    token = peer.token(give(onward, terms=everything(onward, refs)))
    for ref in refs:
        kind, id_ = ref.split("/")
        if how == "read":
            answer, unknown = peer.get(ref, token), peer.get(f"{kind}/{'0' * 32}", token)
            assert answer.status_code == unknown.status_code == 404
            assert answer.json == unknown.json
        else:
            query = {
                "searched": f"{kind}?patient={{p}}",
                "searched by id": f"{kind}?_id={id_}&patient={{p}}",
                "included": "Observation?patient={p}&_revinclude=Provenance:target",
            }[how]
            answer = peer.get(query, token)
            assert answer.status_code == 200, answer.text
            assert id_ not in {each["resource"]["id"] for each in answer.json.get("entry", [])}
            assert CANARY not in answer.text


def test_an_emergency_elsewhere_leaves_filed_copies_out(onward: World, form: Form) -> None:
    third = form.story.sign_in("clinician", onward.grantee)
    body = {
        "custodian": onward.custodian,
        "identifier": {"system": SYSTEM, "value": NUMBER},
        "birth_date": BIRTH,
        "reason": "unconscious",
        "text": None,
        "ttl_ms": None,
        "patient": None,
    }
    declared = third.post("/console/api/emergencies", json=body)
    assert declared.status_code == 201, declared.text
    seen = third.get(f"/console/api/emergencies/{declared.json['emergency']}")
    text = json.dumps(seen.json)
    assert "5.55" in text
    assert CANARY not in text


def test_the_own_staff_and_the_patient_read_the_copy(onward: World, form: Form) -> None:
    opened = form.doctor.post(f"/console/api/patients/{form.story.chart}/open", json={})
    assert CANARY in json.dumps(opened.json["items"])
