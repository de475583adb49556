"""A broken glass in the small world of the release's tests, and a peer that asks under it."""

from __future__ import annotations

from typing import Any

from gateway.glass.reading import DECLARATION_TYP
from gateway.glass.receive import Broken, receive
from gateway.peers.assertion import build_glass_assertion
from tests.gateway.disclosure.world import World

DOCTOR = {"id": "dr-1", "name": "合成医生", "role": "physician"}


def break_glass(world: World, ttl_ms: int = 3_600_000) -> str:
    """The id of a glass that the custodian broke because the grantee's doctor declared an emergency."""
    payload = {
        "ledger": world.gw.ledger.id,
        "institution": world.grantee,
        "custodian": world.custodian,
        "identifier": {"system": None, "value": "chart-first"},
        "birth_date": "1970-01-01",
        "clinician": {**DOCTOR, "department": ""},
        "reason": "unconscious",
        "text": None,
        "ttl_ms": ttl_ms,
        "at": world.gw.clock(),
        "nonce": world.gw.entropy(16).hex(),
    }
    signed = world.gw.keys.sign(world.grantee, "peer", DECLARATION_TYP, payload)
    answer = receive(world.gw, world.custodian, signed)
    assert isinstance(answer, Broken)
    return answer.glass


def glass_assertion(world: World, glass: str, **changes: Any) -> str:
    asked = {"client": world.grantee, "custodian_base": world.base, "glass": glass, "user": DOCTOR}
    return build_glass_assertion(world.gw, **{**asked, **changes})
