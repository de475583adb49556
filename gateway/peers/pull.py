"""Pulls what a patient granted, or an emergency opened, from a custodian; shows nothing that does not verify.

docs/formats/pull.md: a client assertion, a token, one search for each resource type with its pages, and for
every answer the receipt and opening of its disclosure. A custodian on this node is called below HTTP
through the same functions as its doors, the signed assertion included; an institution on another node is
not reached in this release. Not here: how long what was pulled may be shown (the visit's view decides, in
memory). Invariant: one page that is denied or does not verify, and nothing of the whole pull is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gateway.disclosure.release import Ask, Denied, Released, release
from gateway.fhir.receipts_door import proof_of_disclosure
from gateway.fhir.token import Token, TokenRefusal, find_token, issue_token
from gateway.fhir.token_scopes import types_of_token
from gateway.peers.assertion import ASSERTION_TYPE, build_assertion, build_glass_assertion
from gateway.peers.verification import Expected, verify_disclosure
from gateway.records.elements.json_text import parse
from gateway.records.items import item_of
from gateway.records.searching.query import Query, parse_query
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff

PAGE = "200"
# Says who wrote what; nobody reads it for itself, and a search for it would be one more look in the account.
_NOT_PULLED = frozenset({"Provenance"})


class Received(NamedTuple):
    """One record as it arrived: its exact JSON text, the disclosure.made entry that gave it, its receipt."""

    json_text: str
    disclosure: str
    receipt: dict[str, Any]


@dataclass(frozen=True)
class Pulled:
    """What one pull brought: records as items and as they arrived, the patient, the verified disclosures.

    ``received``: by "Type/id", what a filed copy would be made of. ``disclosures``: [{"entry_id", "index",
    "count", "verified": True}], one for each page of each resource type.
    """

    visit: str
    received: dict[str, Received]
    items: list[dict[str, Any]]
    patient: dict[str, Any]
    disclosures: list[dict[str, Any]]


def pull_grant(
    gw: Gateway, *, grantee: str, custodian: str, grant: str, staff: Staff, purpose: str
) -> Pulled | Refusal:
    """Pull everything that the grant's scope covers, for one member of the grantee's staff.

    Refuses ``not-granted``, ``custodian-elsewhere``, ``disclosure-unproven``.
    Raises ledger.errors.Unavailable when the custodian could not record a disclosure (nothing was released).
    """

    def proves(base: str, user: dict[str, str]) -> str:
        return build_assertion(
            gw, client=grantee, custodian_base=base, grant=grant, user=user, purpose=purpose
        )

    return _pull(gw, custodian, staff, proves)


def pull_glass(gw: Gateway, *, grantee: str, custodian: str, glass: str, staff: Staff) -> Pulled | Refusal:
    """The same for whoever declared an emergency, under the broken glass; refuses and raises alike."""

    def proves(base: str, user: dict[str, str]) -> str:
        return build_glass_assertion(gw, client=grantee, custodian_base=base, glass=glass, user=user)

    return _pull(gw, custodian, staff, proves)


def _pull(
    gw: Gateway, custodian: str, staff: Staff, proves: Callable[[str, dict[str, str]], str]
) -> Pulled | Refusal:
    """``proves`` gives the client assertion for the custodian's address and the person who asks."""
    if not gw.keys.hosts(custodian):
        return Refusal("custodian-elsewhere", "The custodian is not on this node.")
    user = {"id": staff.id, "name": staff.name, "role": staff.role_code}
    with gw.ledger.view() as view:
        base = view.institution(custodian).base
    token = _token(gw, custodian, proves(base, user))
    if isinstance(token, Refusal):
        return token
    received: dict[str, Received] = {}
    disclosures: list[dict[str, Any]] = []
    for resource_type in types_of_token(token.scopes):
        if resource_type in _NOT_PULLED:
            continue
        for released in _pages(gw, token, resource_type):
            if isinstance(released, Denied):
                return Refusal(released.code, released.detail)
            receipt = _proven(gw, token, released)
            if isinstance(receipt, Refusal):
                return receipt
            for one in released.page.records:
                received[f"{one.type}/{one.id}"] = Received(one.json_text, released.entry_id, receipt)
            disclosures.append(_summary(released))
    return _shown(token.visit, custodian, received, disclosures)


def _token(gw: Gateway, custodian: str, assertion: str) -> Token | Refusal:
    """Ask the custodian's token endpoint as any peer would; every refusal is ``not-granted``."""
    form = [
        ("grant_type", "client_credentials"),
        ("scope", "system/*.rs"),
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ]
    answer = issue_token(gw, custodian, form)
    if isinstance(answer, TokenRefusal):
        gw.log.info("pull-refused", custodian=custodian, cause=answer.code)
        return Refusal("not-granted", "The custodian gives no token.")
    token = find_token(gw, custodian, answer["access_token"])
    if token is None:
        raise Unavailable("unavailable", "the token was gone before its first use")
    return token


def _pages(gw: Gateway, token: Token, resource_type: str) -> Iterator[Released | Denied]:
    """Every page of a search for all that is granted of one type; each decides and is recorded on its own."""
    parameter = "_id" if resource_type == "Patient" else "patient"
    query = parse_query(
        resource_type, [(parameter, token.patient_id), ("_count", PAGE), ("_total", "none")], "strict"
    )
    if not isinstance(query, Query):
        raise Unavailable("unavailable", "the custodian does not understand the search")
    after, upper_revision = None, None
    while True:
        answer = release(
            gw,
            Ask(
                custodian=token.custodian,
                under=token.under,
                grantee=token.client,
                user=token.user,
                purpose=token.purpose,
                assertion=token.assertion,
                query=query,
                visit=token.visit,
                after=after,
                upper_revision=upper_revision,
            ),
        )
        yield answer
        if isinstance(answer, Denied) or answer.page.next_after is None:
            return
        after, upper_revision = answer.page.next_after, answer.upper_revision


def _proven(gw: Gateway, token: Token, released: Released) -> dict[str, Any] | Refusal:
    """The receipt of the disclosure, once it verifies for what was received."""
    proof = proof_of_disclosure(gw, token.custodian, token.client, released.entry_id)
    if proof is None:
        return Refusal("disclosure-unproven", "The custodian gives no receipt.")
    expected = Expected(
        entry_id=released.entry_id,
        custodian=token.custodian,
        grantee=token.client,
        under=token.under,
        visit=token.visit,
        purpose=token.purpose,
        assertion=token.assertion,
    )
    received = [(f"{record.type}/{record.id}", record.json_text) for record in released.page.records]
    fault = verify_disclosure(gw.ledger, proof, expected, received)
    if fault is not None:
        return fault
    receipt: dict[str, Any] = proof["receipt"]
    return receipt


def _summary(released: Released) -> dict[str, Any]:
    return {
        "entry_id": released.entry_id,
        "index": released.index,
        "count": len(released.page.records),
        "verified": True,
    }


def _shown(
    visit: str, custodian: str, received: dict[str, Received], disclosures: list[dict[str, Any]]
) -> Pulled:
    resources = {ref: parse(one.json_text) for ref, one in received.items()}
    patient = next((each for each in resources.values() if each["resourceType"] == "Patient"), {})
    clinical = {ref: each for ref, each in resources.items() if each["resourceType"] != "Patient"}
    items = [{**item_of(each), "source": custodian} for each in clinical.values()]
    return Pulled(visit, {ref: received[ref] for ref in clinical}, items, patient, disclosures)
