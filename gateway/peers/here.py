"""A custodian on this node: the same functions as its doors call, below HTTP, with the same signed texts.

Not here: which custodian is on this node (gateway.peers.custodian).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.disclosure.release import Denied, release
from gateway.fhir.receipts_door import proof_of_disclosure
from gateway.fhir.token import Token, TokenRefusal, ask_of, find_token, issue_token
from gateway.glass.afterwards import answer_ask
from gateway.glass.receive import Broken, receive
from gateway.offers.claims import claim_offer
from gateway.peers.assertion import ASSERTION_TYPE
from gateway.peers.protocol import Arrived
from gateway.records.searching.query import Query, parse_query
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.peers.http import Deadline


@dataclass(frozen=True)
class Here:
    """gateway.peers.protocol.Custodian."""

    gw: Gateway
    institution: str
    base: str

    def begin(self, assertion: str) -> HereSession | Refusal:
        """Asks the token endpoint's function as any peer would; every refusal is ``not-granted``."""
        form = [
            ("grant_type", "client_credentials"),
            ("scope", "system/*.rs"),
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", assertion),
        ]
        answer = issue_token(self.gw, self.institution, form)
        if isinstance(answer, TokenRefusal):
            self.gw.log.info("pull-refused", custodian=self.institution, cause=answer.code)
            return Refusal("not-granted", "The custodian gives no token.")
        token = find_token(self.gw, self.institution, answer["access_token"])
        if token is None:
            raise Unavailable("unavailable", "the token was gone before its first use")
        return HereSession(self.gw, token)

    def declare(self, declaration: str) -> Broken | Refusal:
        return receive(self.gw, self.institution, declaration)

    def about_glass(self, glass: str, ask: str, deadline: Deadline) -> dict[str, Any] | Refusal:
        return answer_ask(self.gw, self.institution, glass, ask)

    def hand(self, reference: str, request: str) -> Refusal | None:
        return claim_offer(self.gw, self.institution, reference, request)


@dataclass(frozen=True)
class HereSession:
    """gateway.peers.protocol.Session."""

    gw: Gateway
    token: Token

    @property
    def scopes(self) -> str:
        return self.token.scopes

    @property
    def patient(self) -> str:
        return self.token.patient_id

    def pages(self, resource_type: str, pairs: list[tuple[str, str]]) -> Iterator[Arrived | Refusal]:
        """Each page by the release of the custodian's FHIR door."""
        query = parse_query(resource_type, pairs, "strict")
        if not isinstance(query, Query):
            raise Unavailable("unavailable", "the custodian does not understand the search")
        after, upper_revision, more = None, None, True
        while more:
            answer = release(self.gw, ask_of(self.token, query, after, upper_revision))
            if isinstance(answer, Denied):
                yield Refusal(answer.code, answer.detail)
                return
            yield Arrived(
                answer.entry_id, [(f"{one.type}/{one.id}", one.json_text) for one in answer.page.records]
            )
            after, upper_revision = answer.page.next_after, answer.upper_revision
            more = after is not None

    def proof(self, entry_id: str) -> dict[str, Any] | None:
        return proof_of_disclosure(self.gw, self.token.custodian, self.token.client, entry_id)
