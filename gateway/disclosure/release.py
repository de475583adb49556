"""Releases records under a grant or a broken glass: decide, write the disclosure, read again, release.

Logged, then released: ARCHITECTURE.md, "The life of a pull".
Not here: how the asker proved who it is (gateway.peers.assertion), HTTP and FHIR bundles (gateway.fhir).
Invariants:
(1) nothing is returned before ``disclosure.made`` is committed; in the first hour of a glass, while nothing
can be committed, before it waits durably (gateway.outbox);
(2) after the commit the state is read again: what ended meanwhile releases nothing;
(3) what is returned was asked for at most RELEASE_WITHIN_MS ago, else it is an outage and nothing is
returned;
(4) outward there are three answers only: Released, Denied (one code for every cause) and Unavailable.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consent.decision import Deny, Permit, decide, decide_glass
from consent.declaration import GlassTerms, parse_glass_terms
from consent.skew import LATE_GLASS_MS
from consent.terms import GrantTerms, parse_terms
from consent.under import Under, under_state, under_status
from gateway.disclosure.openings import commit_details, opening_of
from gateway.disclosure.visits import begin_visit, running_visit_of
from gateway.identity.signing import submit_entry, submit_or_keep
from gateway.links.links import patient_of_link
from gateway.outbox.foresight import foresee
from gateway.records.searching.query import Query
from gateway.records.searching.search import Page, search
from gateway.records.stamps import revision
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway

RELEASE_WITHIN_MS = 5_000


@dataclass(frozen=True)
class Ask:
    """Who asks a custodian for what, ``under`` which grant or glass (its entry id).

    ``user`` is {id, name, role}; ``visit`` None joins the running visit or begins one; ``after`` and
    ``upper_revision`` continue a paged search.
    """

    custodian: str
    under: str
    grantee: str
    user: dict[str, str]
    purpose: str
    assertion: str
    query: Query
    visit: str | None = None
    after: Any = None
    upper_revision: int | None = None


@dataclass(frozen=True)
class Standing:
    """A permitted ask: link and patient, the custodian's public address, the scope (in permit), the visit.

    ``emergency``: it is under a glass.
    """

    emergency: bool
    link: str
    patient_id: str
    base: str
    permit: Permit
    visit: str


@dataclass(frozen=True)
class Released:
    """Records that may leave now, with the disclosure that says so; ``base`` is the custodian's."""

    entry_id: str
    visit: str
    page: Page
    commitment: str
    link: str
    patient_id: str
    base: str
    upper_revision: int | None


@dataclass(frozen=True)
class Denied:
    """The one answer to everybody who may not have the records, whatever the cause and whether they exist."""

    code: str = "not-granted"
    detail: str = "Nothing is granted here."


def release(gw: Gateway, ask: Ask) -> Released | Denied:
    """Release one page of one search, or deny. Raises Unavailable: nothing was released."""
    asked_at = gw.clock()
    standing = stand(
        gw,
        custodian=ask.custodian,
        under=ask.under,
        grantee=ask.grantee,
        user=ask.user,
        purpose=ask.purpose,
        visit=ask.visit,
    )
    if isinstance(standing, Denied):
        return standing
    scope, upper = standing.permit.scope, ask.upper_revision
    with gw.db.connect() as conn:
        page = search(conn, ask.custodian, standing.patient_id, ask.query, scope, ask.after, upper)
        if upper is None and page.next_after is not None:
            # Read in the same snapshot: what arrives later is on none of the following pages.
            upper = revision(conn)
    # Durable before the entry is submitted: a crash leaves no entry that cannot be opened.
    commitment = commit_details(gw, ask.custodian, standing.link, _details(ask, page), ask.grantee)
    write = submit_or_keep if standing.emergency else submit_entry
    made = write(
        gw,
        ask.custodian,
        "release",
        "disclosure.made",
        standing.link,
        under=ask.under,
        visit=standing.visit,
        commitment=commitment,
    )
    if isinstance(made, Refusal):
        return _denied(gw, ask.custodian, ask.under, made.code)
    ended = _ended_meanwhile(gw, ask.under)
    if ended is not None:
        return _denied(gw, ask.custodian, ask.under, ended)
    if not 0 <= gw.clock() - asked_at <= RELEASE_WITHIN_MS:
        gw.log.warning("disclosure-too-late", custodian=ask.custodian, entry=made.entry_id)
        raise Unavailable("disclosure-late", "the disclosure took too long; nothing was released")
    return Released(
        made.entry_id,
        standing.visit,
        page,
        commitment,
        standing.link,
        standing.patient_id,
        standing.base,
        upper,
    )


def stand(
    gw: Gateway,
    *,
    custodian: str,
    under: str,
    grantee: str,
    user: dict[str, str],
    purpose: str,
    visit: str | None = None,
) -> Standing | Denied:
    """Decide on the newest state of the ledger whether an ask is permitted; writes only a visit's id.

    Raises Unavailable when that state is too old to decide on.
    """
    now = gw.clock()
    # What a patient took back counts from the moment at which it is here, recorded or not.
    waiting = gw.outbox.about(under)
    with gw.ledger.view() as view:
        state = _ReadOnce(foresee(view, waiting))
        found = under_state(state, under)
        if gw.freshness is not None:
            gw.freshness.demand(still=_in_first_hour(found, now))
        # What is unknown takes the same steps as what is known, so that time tells a stranger nothing.
        link = found.document["link"] if found else ""
        with gw.db.connect() as conn:
            opening = opening_of(conn, found.document["commitment"] if found else "")
            patient_id = patient_of_link(conn, custodian, link)
        joined = visit or running_visit_of(gw, state, under, user["id"], now)
        asked = {"grantee": grantee, "clinician_id": user["id"], "purpose": purpose, "visit": joined}
        moment = {"custodian": custodian, "now": now, "time": view.time}
        details = opening["details"] if opening else ""
        decision = _decide(state, under, found, details, user["role"], {**asked, **moment})
        if isinstance(decision, Deny) or patient_id is None:
            cause = decision.code if isinstance(decision, Deny) else "link-without-patient"
            return _denied(gw, custodian, under, cause)
        if found is not None and found.document["index"] < gw.watermark.distrusted:
            # Records were lost since, perhaps the one that took it back.
            return _denied(gw, custodian, under, "before-a-loss")
        begun = joined or begin_visit(gw, state, under, user["id"], now)
        emergency = found is not None and found.glass is not None
        return Standing(emergency, link, patient_id, view.institution(custodian).base, decision, begun)


def _in_first_hour(found: Under | None, now: int) -> bool:
    """Whether releases may be recorded late: then they do not wait for the ledger to move."""
    return found is not None and found.glass is not None and now < found.glass["from"] + LATE_GLASS_MS


def _decide(
    state: _ReadOnce, under: str, found: Under | None, details: str, role: str, asked: dict[str, Any]
) -> Permit | Deny:
    """By the patient's terms under a grant, by the declaration under a broken glass."""
    if found is not None and found.glass is not None:
        declared = parse_glass_terms(details)
        terms = declared if isinstance(declared, GlassTerms) else None
        return decide_glass(state, glass_id=under, terms=terms, **asked)
    agreed = parse_terms(details)
    given = agreed if isinstance(agreed, GrantTerms) else None
    return decide(state, grant_id=under, terms=given, role=role, **asked)


class _ReadOnce:
    """The state of one snapshot; the rules ask for the same documents again and again."""

    def __init__(self, view: Any) -> None:
        self._view = view
        self._documents: dict[str, dict[str, Any] | None] = {}
        self.time: int = view.time

    def get(self, key: str) -> dict[str, Any] | None:
        if key not in self._documents:
            self._documents[key] = self._view.get(key)
        return self._documents[key]


def _ended_meanwhile(gw: Gateway, under: str) -> str | None:
    """The code why the grant or glass no longer stands at the head of the ledger, or None while it does."""
    waiting = gw.outbox.about(under)
    with gw.ledger.view() as view:
        status = under_status(foresee(view, waiting), under, gw.clock(), view.time)
    return None if status == "active" else status.code


def _details(ask: Ask, page: Page) -> dict[str, Any]:
    """The details that the commitment stands for; hashes are of the exact JSON texts that leave."""
    return {
        "assertion": ask.assertion,
        "query": ask.query.text,
        "user": ask.user,
        "grantee": ask.grantee,
        "purpose": ask.purpose,
        "counts": dict(Counter(record.type for record in page.records)),
        "records": [[f"{record.type}/{record.id}", record.json_hash] for record in page.records],
    }


def _denied(gw: Gateway, custodian: str, under: str, cause: str) -> Denied:
    # The cause stays here: outward a refusal for any reason is one text. Ids on the ledger are pseudonyms.
    gw.log.info("disclosure-denied", custodian=custodian, under=under, cause=cause)
    return Denied()
