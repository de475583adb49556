"""Checks one grant that a phone brings as its answer to a doctor's question, before anybody relies on it.

docs/formats/wallet-api.md: {custodian, grant, receipt, opening}. The receipt shows that the grant stands on
the ledger, the opening what it says; both together must answer exactly this request and nothing beyond it.
Not here: whether the custodian releases anything (it decides for itself at every pull).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from consent.terms import GrantTerms, parse_terms
from gateway.asks.ask import question_of, request_hash
from gateway.peers.replica import checkpoint_key, fork_of
from ledger.commitment import commit
from ledger.encoding import unb64u
from ledger.errors import Malformed, Refusal
from ledger.receipt import open_receipt

if TYPE_CHECKING:
    from gateway.composition import Gateway


@dataclass(frozen=True)
class Granted:
    """A verified grant: ids in hex, times in ms; ``scope`` as its JSON object."""

    grant: str
    link: str
    custodian: str
    scope: dict[str, Any]
    purpose: str
    role: str | None
    not_before: int | None
    not_after: int
    max_visits: int | None


def verify_grant(gw: Gateway, row: Any, offered: dict[str, Any]) -> Granted | Refusal:
    """The grant if receipt, opening, terms and scope all hold for the request in ``row``.

    Raises ledger.errors.Unavailable: our own replica has not come as far as the receipt.
    """
    entry = _entry_of(gw, offered)
    if isinstance(entry, Refusal):
        return entry
    payload = entry.payload
    terms = _terms_of(payload["commitment"], offered["opening"])
    if isinstance(terms, Refusal):
        return terms
    wrong = _wrong_answer(row, terms, payload)
    if wrong is not None:
        return wrong
    return Granted(
        grant=entry.id,
        link=payload["subject"],
        custodian=offered["custodian"],
        scope=terms.scope.to_dict(),
        purpose=terms.purpose,
        role=terms.role,
        not_before=payload.get("not_before"),
        not_after=payload["not_after"],
        max_visits=payload.get("max_visits"),
    )


def _entry_of(gw: Gateway, offered: dict[str, Any]) -> Any:
    with gw.ledger.view() as view:
        custodian = view.institution(offered["custodian"])
    if custodian is None:
        return Refusal("custodian-differs", "the custodian named is not registered")
    try:
        key = checkpoint_key(gw, custodian.operator)
        proven = open_receipt(offered["receipt"], gw.ledger.genesis.origin, key)
    except (Malformed, LookupError) as wrong:
        return Refusal("grant-receipt-wrong", getattr(wrong, "code", "no such operator"))
    forked = fork_of(gw, proven)
    if forked is not None:
        return Refusal("grant-receipt-wrong", forked)
    entry = proven.entry
    if (entry.id, entry.ledger, entry.kind) != (offered["grant"], gw.ledger.id, "grant.give"):
        return Refusal("grant-receipt-wrong", "the receipt is for another entry")
    with gw.ledger.view() as view:
        link = view.get(f"link/{entry.subject}")
        signer = view.get(f"key/{entry.kid}")
    if link is None or link["institution"] != offered["custodian"]:
        return Refusal("custodian-differs", "the grant is not on a link of the custodian named")
    if signer is None or not entry.signed_by(unb64u(signer["key"], 32)):
        return Refusal("grant-receipt-wrong", "the grant's signature does not verify")
    return entry


def _terms_of(commitment: str, opening: dict[str, str]) -> GrantTerms | Refusal:
    try:
        opened = commit(unb64u(opening["salt"], 32), opening["details"].encode("utf-8"))
    except (Malformed, UnicodeEncodeError):
        opened = ""
    if opened != commitment:
        return Refusal("grant-opening-wrong", "the opening does not open the grant's commitment")
    terms = parse_terms(opening["details"])
    return terms if isinstance(terms, GrantTerms) else Refusal(terms.code, terms.detail)


def _wrong_answer(row: Any, terms: GrantTerms, payload: dict[str, Any]) -> Refusal | None:
    asked = question_of(row)
    if terms.grantee != row.institution:
        return Refusal("grantee-differs", "the grant is for another institution")
    if terms.request != request_hash(row):
        return Refusal("grant-request-differs", "the grant answers another request")
    if terms.purpose != asked["purpose"]:
        return Refusal("purpose-differs", "the grant is for another purpose")
    if terms.clinician is not None and terms.clinician.id != asked["clinician"]["id"]:
        return Refusal("clinician-differs", "the grant is for another clinician")
    if terms.role is not None and terms.role != asked["clinician"]["role"]:
        return Refusal("role-differs", "the grant is for another role")
    if _wider(asked, terms, payload):
        return Refusal("grant-wider-than-asked", "the grant opens more than the request asked for")
    return None


def _wider(asked: dict[str, Any], terms: GrantTerms, payload: dict[str, Any]) -> bool:
    scope = terms.scope
    if payload["not_after"] > asked["not_after"] or not scope.kinds <= frozenset(asked["kinds"]):
        return True
    if asked["from"] is None or not scope.kinds:
        return False  # single records that the patient picked need no date of their own
    return scope.start is None or scope.start < date.fromisoformat(asked["from"])
