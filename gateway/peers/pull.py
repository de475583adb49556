"""Pulls what a patient granted, or an emergency opened, from a custodian; shows nothing that does not verify.

docs/formats/pull.md: a client assertion, a token, one search for each resource type with its pages, and for
every answer the receipt and opening of its disclosure. Where the custodian's node is makes no difference
here (gateway.peers.custodian). Not here: how long what was pulled may be shown (the visit's view decides, in
memory). Invariant: one page that is denied or does not verify, and nothing of the whole pull is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from consent.vocabulary import BREAK_GLASS
from gateway.fhir.search_types import SERVED
from gateway.fhir.token_scopes import types_of_token
from gateway.peers.assertion import build_assertion, build_glass_assertion
from gateway.peers.custodian import custodian_of
from gateway.peers.protocol import PAGE, Arrived
from gateway.peers.verification import Expected, Verified, verify_disclosure
from gateway.records.elements.facts import values_at
from gateway.records.elements.json_text import parse
from gateway.records.items import item_of
from ledger.errors import Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff
    from gateway.peers.protocol import Session

# Says who wrote what; nobody reads it for itself, and a search for it would be one more look in the account.
_NOT_PULLED = frozenset({"Provenance"})


class Received(NamedTuple):
    """One record as it arrived: its exact JSON text, the disclosure.made entry that gave it, its receipt.

    ``receipt`` is None while the entry waits for the ledger.
    """

    json_text: str
    disclosure: str
    receipt: dict[str, Any] | None


@dataclass(frozen=True)
class Pulled:
    """What one pull brought: records as items and as they arrived, the patient, the verified disclosures.

    ``received``: by "Type/id", what a filed copy would be made of. ``disclosures``: [{"entry_id",
    "recorded", "count", "verified": True}], one for each page of each resource type.
    """

    visit: str
    received: dict[str, Received]
    items: list[dict[str, Any]]
    patient: dict[str, Any]
    disclosures: list[dict[str, Any]]


@dataclass(frozen=True)
class _Wanted:
    """Who pulls from whom, under which grant or glass, and why; ``user`` is {id, name, role}."""

    grantee: str
    custodian: str
    under: str
    purpose: str
    user: dict[str, str]


@dataclass
class _Gathered:
    """What has verified so far, by "Type/id"."""

    visit: str | None = None
    received: dict[str, Received] = field(default_factory=dict)
    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    disclosures: list[dict[str, Any]] = field(default_factory=list)


def pull_grant(
    gw: Gateway, *, grantee: str, custodian: str, grant: str, staff: Staff, purpose: str
) -> Pulled | Refusal:
    """Pull everything that the grant's scope covers, for one member of the grantee's staff.

    Refuses ``not-granted``, ``institution-unknown``, ``disclosure-unproven``. Raises
    ledger.errors.Unavailable when the custodian did not answer (``custodian-unreachable``) or could not
    record a disclosure, or our own ledger lags behind it: nothing is shown, and nothing was refused.
    """
    wanted = _Wanted(grantee, custodian, grant, purpose, _user(staff))

    def proves(base: str) -> str:
        return build_assertion(
            gw, client=grantee, custodian_base=base, grant=grant, user=wanted.user, purpose=purpose
        )

    return _pull(gw, wanted, proves)


def pull_glass(gw: Gateway, *, grantee: str, custodian: str, glass: str, staff: Staff) -> Pulled | Refusal:
    """The same for whoever declared an emergency, under the broken glass; refuses and raises alike."""
    wanted = _Wanted(grantee, custodian, glass, BREAK_GLASS, _user(staff))

    def proves(base: str) -> str:
        return build_glass_assertion(gw, client=grantee, custodian_base=base, glass=glass, user=wanted.user)

    return _pull(gw, wanted, proves)


def _pull(gw: Gateway, wanted: _Wanted, proves: Callable[[str], str]) -> Pulled | Refusal:
    """``proves`` gives the client assertion for the custodian's address."""
    custodian = custodian_of(gw, wanted.custodian)
    if isinstance(custodian, Refusal):
        return custodian
    assertion = proves(custodian.base)
    session = custodian.begin(assertion)
    if isinstance(session, Refusal):
        return session
    gathered = _Gathered()
    for resource_type in types_of_token(session.scopes):
        if resource_type in _NOT_PULLED or resource_type not in SERVED:
            continue
        refused = _search(gw, wanted, assertion, session, resource_type, gathered)
        if refused is not None:
            gw.log.info("pull-refused", custodian=wanted.custodian, cause=refused.detail)
            return refused
    return _shown(wanted.custodian, gathered)


def _search(
    gw: Gateway, wanted: _Wanted, assertion: str, session: Session, resource_type: str, gathered: _Gathered
) -> Refusal | None:
    """Every page of what is granted of one type; gathers what verifies, ends at the first that does not."""
    parameter = "_id" if resource_type == "Patient" else "patient"
    pairs = [(parameter, session.patient), ("_count", str(PAGE)), ("_total", "none")]
    for page in session.pages(resource_type, pairs):
        if isinstance(page, Refusal):
            return page
        expected = Expected(
            entry_id=page.entry_id,
            custodian=wanted.custodian,
            grantee=wanted.grantee,
            under=wanted.under,
            visit=gathered.visit,
            purpose=wanted.purpose,
            assertion=assertion,
            user=wanted.user,
            query=(resource_type, pairs),
        )
        proof = session.proof(page.entry_id)
        if proof is None:
            return Refusal("disclosure-unproven", "The custodian gives no receipt.")
        verified = verify_disclosure(gw, proof, expected, page.records)
        if isinstance(verified, Refusal):
            return verified
        refused = _keep(gathered, page, verified, session.patient)
        if refused is not None:
            return refused
    return None


def _keep(gathered: _Gathered, page: Arrived, verified: Verified, patient: str) -> Refusal | None:
    for reference, text in page.records:
        if reference in gathered.received:
            return Refusal("disclosure-unproven", "A record came twice.")
        resource = gathered.resources[reference] = parse(text)
        if not _is_about(resource, patient):
            return Refusal("disclosure-unproven", "A record is about somebody else.")
        gathered.received[reference] = Received(text, page.entry_id, verified.receipt)
    gathered.visit = verified.visit
    summary = {"entry_id": page.entry_id, "recorded": verified.receipt is not None}
    gathered.disclosures.append({**summary, "count": len(page.records), "verified": True})
    return None


def _is_about(resource: dict[str, Any], patient: str) -> bool:
    """Whether nothing in it says that it is about another patient than the token's."""
    if resource["resourceType"] == "Patient":
        return bool(resource["id"] == patient)
    named = [*values_at(resource, "subject.reference"), *values_at(resource, "patient.reference")]
    people = [each for each in named if type(each) is str and each.startswith("Patient/")]
    return all(each == f"Patient/{patient}" for each in people)


def _user(staff: Staff) -> dict[str, str]:
    return {"id": staff.id, "name": staff.name, "role": staff.role_code}


def _shown(custodian: str, gathered: _Gathered) -> Pulled:
    people = {ref: each for ref, each in gathered.resources.items() if each["resourceType"] == "Patient"}
    items = [
        {**item_of(each), "source": custodian}
        for ref, each in gathered.resources.items()
        if ref not in people
    ]
    received = {ref: one for ref, one in gathered.received.items() if ref not in people}
    patient = next(iter(people.values()), {})
    return Pulled(gathered.visit or "", received, items, patient, gathered.disclosures)
