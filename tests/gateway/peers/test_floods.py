"""A member that asks without end costs another one little, and leaves nothing behind there."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from gateway.fhir.peer_rate import PeerRate
from gateway.fhir.tables import seen_jti
from gateway.fhir.token import INVALID_CLIENT, issue_token
from gateway.peers.assertion import ASSERTION_TYPE, build_assertion
from ledger.errors import Unavailable
from tests.gateway.peers.story import Story
from tests.gateway.peers.town import Node


def asked(a: Node, b: Node) -> list[tuple[str, str]]:
    """What the second hospital sends for a token of the first, under a grant that nobody gave."""
    user = {"id": "0" * 32, "name": "x", "role": "x"}
    assertion = build_assertion(
        b.gw, client=b.institution, custodian_base=a.base, grant="0" * 64, user=user, purpose="TREAT"
    )
    return [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]


def kept(a: Node) -> int:
    with a.gw.db.connect() as conn:
        return int(conn.execute(select(func.count()).select_from(seen_jti)).scalar_one())


def test_so_many_tokens_are_asked_for_in_a_minute_and_no_more(among: Story) -> None:
    a, b, c = among.town.nodes
    object.__setattr__(a.gw, "peer_rate", PeerRate(a.gw.clock, per_minute=5))
    for _ in range(5):
        issue_token(a.gw, a.institution, asked(a, b))
    for _ in range(3):
        with pytest.raises(Unavailable) as busy:
            issue_token(a.gw, a.institution, asked(a, b))
        assert busy.value.code == "custodian-busy"
    assert kept(a) == 5
    assert issue_token(a.gw, a.institution, asked(a, c)) != INVALID_CLIENT, "another one is not held up"
    forged = [*asked(a, c)[:3], ("client_assertion", asked(a, c)[3][1][:-4] + "AAAA")]
    for _ in range(20):
        assert issue_token(a.gw, a.institution, forged) == INVALID_CLIENT
    assert issue_token(a.gw, a.institution, asked(a, c)) != INVALID_CLIENT, "nobody spends what is another's"
    answer = a.client().post(f"/i/{a.institution}/token", data=dict(asked(a, b)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
