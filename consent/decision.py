"""Whether a custodian may release records to the one who asks now: permit with a scope, or deny with reasons.

Under a grant, or in an emergency under a broken glass. Three rules of thumb stand behind both: no default
purpose, exact match of purpose (v3-ActReason's tree would let a grant for treatment cover breaking the
glass), and no answer from an outage: what cannot be read raises in the view and never becomes a permit or a
deny. Not here: which records (Scope.covers); the record of it (disclosure.made, which the ledger judges once
more when it orders it).

RULES and GLASS_RULES are the stated orders. The first that fails gives the code; all that fail are the
reasons, for the custodian's own log. To the asker every denial looks the same.
"""

from collections.abc import Callable
from typing import NamedTuple

from consent.declaration import GlassTerms
from consent.errors import Refusal, refuse
from consent.glass_state import glass_state, glass_status
from consent.host import View
from consent.scope import GLASS_SCOPE, Scope
from consent.state import grant_state, grant_status
from consent.terms import GrantTerms
from consent.under import visit_status
from consent.vocabulary import BREAK_GLASS, GRANT_PURPOSES, PURPOSES


class Permit(NamedTuple):
    """A yes: release what `scope` covers, in a visit that begins with this release when `visit_new`."""

    scope: Scope
    visit_new: bool


class Deny(NamedTuple):
    """A no: `code` is the first of `reasons`, the codes of all rules that failed, in the stated order."""

    code: str
    reasons: tuple[str, ...]


class _Ask(NamedTuple):
    view: View
    grant_id: str
    terms: GrantTerms | None
    grantee: str
    clinician_id: str
    role: str
    purpose: str | None
    visit: str | None
    custodian: str
    now: int
    time: int


def _purpose_is_named(ask: _Ask) -> Refusal | None:
    if not ask.purpose:
        return refuse("purpose-missing")
    if ask.purpose not in PURPOSES:
        return refuse("purpose-unknown")
    return None if ask.purpose in GRANT_PURPOSES else refuse("purpose-refused")


def _custodian_holds_the_link(ask: _Ask) -> Refusal | None:
    grant = grant_state(ask.view, ask.grant_id)
    return refuse("custodian-differs") if grant and grant["institution"] != ask.custodian else None


def _grant_is_in_force(ask: _Ask) -> Refusal | None:
    status = grant_status(ask.view, ask.grant_id, ask.now, ask.time)
    return status if isinstance(status, Refusal) else None


def _terms_are_on_file(ask: _Ask) -> Refusal | None:
    return refuse("terms-missing") if ask.terms is None else None


def _grantee_is_named(ask: _Ask) -> Refusal | None:
    return refuse("grantee-differs") if ask.terms and ask.terms.grantee != ask.grantee else None


def _person_is_named(ask: _Ask) -> Refusal | None:
    if ask.terms is None:
        return None
    if ask.terms.clinician is not None:
        return refuse("clinician-differs") if ask.terms.clinician.id != ask.clinician_id else None
    return refuse("role-differs") if ask.terms.role != ask.role else None


def _purpose_is_the_granted_one(ask: _Ask) -> Refusal | None:
    return refuse("purpose-differs") if ask.terms and ask.terms.purpose != ask.purpose else None


def _visit_is_open(ask: _Ask) -> Refusal | None:
    status = visit_status(ask.view, ask.grant_id, ask.visit, ask.now, ask.time)
    return status if isinstance(status, Refusal) else None


RULES: tuple[Callable[[_Ask], Refusal | None], ...] = (
    _purpose_is_named,
    _custodian_holds_the_link,
    _grant_is_in_force,
    _terms_are_on_file,
    _grantee_is_named,
    _person_is_named,
    _purpose_is_the_granted_one,
    _visit_is_open,
)


def decide(
    view: View,
    *,
    grant_id: str,
    terms: GrantTerms | None,
    grantee: str,
    clinician_id: str,
    role: str,
    purpose: str | None,
    visit: str | None,
    custodian: str,
    now: int,
    time: int,
) -> Permit | Deny:
    """Judge one request. `terms`: the grant's opened details, None when not on file; `visit` None: a new one.

    `now` is the custodian's clock (the `at` of the disclosure to come), `time` that of the newest record,
    both ms.
    """
    ask = _Ask(view, grant_id, terms, grantee, clinician_id, role, purpose, visit, custodian, now, time)
    reasons = tuple(refusal.code for rule in RULES if (refusal := rule(ask)) is not None)
    if reasons or terms is None:
        return Deny(reasons[0], reasons)
    return Permit(terms.scope, visit_status(view, grant_id, visit, now, time) == "new")


class _GlassAsk(NamedTuple):
    view: View
    glass_id: str
    terms: GlassTerms | None
    grantee: str
    clinician_id: str
    purpose: str | None
    visit: str | None
    custodian: str
    now: int
    time: int


def _purpose_is_breaking_the_glass(ask: _GlassAsk) -> Refusal | None:
    if not ask.purpose:
        return refuse("purpose-missing")
    return refuse("purpose-differs") if ask.purpose != BREAK_GLASS else None


def _custodian_broke_the_glass(ask: _GlassAsk) -> Refusal | None:
    glass = glass_state(ask.view, ask.glass_id)
    return refuse("custodian-differs") if glass and glass["institution"] != ask.custodian else None


def _glass_is_in_force(ask: _GlassAsk) -> Refusal | None:
    status = glass_status(ask.view, ask.glass_id, ask.now, ask.time)
    return status if isinstance(status, Refusal) else None


def _declaration_is_on_file(ask: _GlassAsk) -> Refusal | None:
    return refuse("terms-missing") if ask.terms is None else None


def _declarer_asks(ask: _GlassAsk) -> Refusal | None:
    if ask.terms is None:
        return None
    same = (ask.terms.declaring, ask.terms.user.id) == (ask.grantee, ask.clinician_id)
    return None if same else refuse("declarer-differs")


def _glass_visit_is_open(ask: _GlassAsk) -> Refusal | None:
    status = visit_status(ask.view, ask.glass_id, ask.visit, ask.now, ask.time)
    return status if isinstance(status, Refusal) else None


GLASS_RULES: tuple[Callable[[_GlassAsk], Refusal | None], ...] = (
    _purpose_is_breaking_the_glass,
    _custodian_broke_the_glass,
    _glass_is_in_force,
    _declaration_is_on_file,
    _declarer_asks,
    _glass_visit_is_open,
)


def decide_glass(
    view: View,
    *,
    glass_id: str,
    terms: GlassTerms | None,
    grantee: str,
    clinician_id: str,
    purpose: str | None,
    visit: str | None,
    custodian: str,
    now: int,
    time: int,
) -> Permit | Deny:
    """Judge one request under a broken glass; arguments as of `decide`, `terms` the glass's opened details.

    Whoever declared the emergency sees everything but V and what the patient hid; nobody else sees anything.
    """
    ask = _GlassAsk(view, glass_id, terms, grantee, clinician_id, purpose, visit, custodian, now, time)
    reasons = tuple(refusal.code for rule in GLASS_RULES if (refusal := rule(ask)) is not None)
    if reasons:
        return Deny(reasons[0], reasons)
    return Permit(GLASS_SCOPE, visit_status(view, glass_id, visit, now, time) == "new")
