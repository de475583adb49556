"""Emergencies under attack: what the answers tell of somebody when nothing was, or can be, opened."""

from __future__ import annotations

import pytest

from gateway.glass.reading import DECLARATION_TYP
from gateway.glass.receive import MISSED, receive
from ledger.errors import Unavailable
from tests.gateway.glass.conftest import scene
from tests.gateway.glass.scene import SYSTEM, Scene, linked
from tests.gateway.glass.test_misses import worked
from tests.gateway.operation.conftest import Life, Older, life, older

__all__ = ["life", "older", "scene"]
NOBODY = {"system": SYSTEM, "value": "chart-nobody"}


def test_somebody_who_closed_the_link_is_nobody(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can be opened on a closed link: then no work tells that the number is somebody's."""
    phone = linked(scene)
    assert phone.submit("link.close").status_code == 201
    real, unknown, size = scene.signed(), scene.signed(identifier=NOBODY), scene.size()
    with worked(scene, monkeypatch) as usual:
        assert receive(scene.gw, scene.story.hospital, unknown) == MISSED
    with worked(scene, monkeypatch) as done:
        assert receive(scene.gw, scene.story.hospital, real) == MISSED
    assert done == usual
    assert [cause for _, cause in scene.attempts()] == ["no-match", "link-closed"]
    assert scene.size() == size


@pytest.mark.parametrize("number", ["chart-first", "chart-nobody"])
def test_an_older_ledger_judges_nobody(number: str, life: Life, older: Older) -> None:
    """A node that may write nothing must not tell a match (an outage) from a miss (a no)."""
    node = older(life)
    world = life.world
    payload = {
        "ledger": node.ledger.id,
        "institution": world.grantee,
        "custodian": world.custodian,
        "identifier": {"system": None, "value": number},
        "birth_date": "1970-01-01",
        "clinician": {"id": "dr-1", "name": "合成医生", "role": "physician", "department": ""},
        "reason": "unconscious",
        "text": None,
        "ttl_ms": 3_600_000,
        "at": node.clock(),
        "nonce": node.entropy(16).hex(),
    }
    signed = node.keys.sign(world.grantee, "peer", DECLARATION_TYP, payload)
    with pytest.raises(Unavailable, match="ledger-rolled-back"):
        receive(node, world.custodian, signed)
    node.close()
