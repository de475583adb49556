"""Shows the grantee the grant behind its token as a FHIR Consent: search, read, and nobody else's.

A token is bound to one grant, so there is one Consent at most. Its grantee holds the terms already and no
record is told of, so no disclosure is written and the token needs no scope for it; a token under a broken
glass has none. But whose number the patient's is stands in a record: a search by patient.identifier is
first made, and recorded, as the search for the Patient that it is. Unknown, foreign and not this token's
grant are one answer, ``not-granted``. Not here: what the patient and the custodian's staff see of a grant
(wallet, console).
"""

from __future__ import annotations

from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy import select

from consent.errors import Refusal
from consent.state import grant_state, grant_status
from consent.terms import GrantTerms, parse_terms
from consent.under import visit_status
from gateway.composition import Gateway, current_gateway
from gateway.disclosure.openings import opening_of
from gateway.disclosure.release import Denied, release
from gateway.fhir.asked import Pairs, parsed, query_of_read, require_format, searched_pairs
from gateway.fhir.bundles import searchset
from gateway.fhir.consent_resource import Given, consent_of, updated_at, version_of
from gateway.fhir.consent_search import CONSENT, NUMBER, is_match
from gateway.fhir.door import DISCLOSURE_HEADER
from gateway.fhir.formats import JSON_TYPE
from gateway.fhir.peer_access import current_token, peer_required
from gateway.fhir.token import Token, ask_of
from gateway.fhir.token_scopes import allows
from gateway.fhir.validators import is_unchanged, validators
from gateway.operation.watermark import BEHIND
from gateway.outbox.foresight import foresee
from gateway.records.elements.json_text import hash_of, write
from gateway.records.searching.query import Query
from gateway.records.searching.search import Page, Stored
from gateway.records.searching.subsets import cut
from gateway.records.tables import record, record_token
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import refuse
from ledger.errors import Unavailable
from ledger.record import decode_record
from ledger.signing import peek_compact

_ENDED_BY_TIME = frozenset({"grant-expired", "grant-not-begun"})

blueprint = Blueprint(
    "fhir_consent",
    __name__,
    url_prefix="/i/<institution>/fhir/Consent",
    description="The grant behind a token",
)


@blueprint.get("")
@peer_required
def search_by_get(institution: str) -> Response:
    """Search the Consent of the token's grant."""
    return _search(institution)


@blueprint.post("/_search")
@peer_required
def search_by_post(institution: str) -> Response:
    """The same search with its parameters in a form."""
    return _search(institution)


@blueprint.get("/<record_id>")
@peer_required
def read(institution: str, record_id: str) -> Response:
    """Read the Consent of the token's grant."""
    return _read(institution, record_id)


@blueprint.get("/<record_id>/_history/<version>")
@peer_required
def read_version(institution: str, record_id: str, version: str) -> Response:
    """Read its newest version by number; earlier ones are not kept as such, the ledger has what happened."""
    return _read(institution, record_id, version)


def _read(institution: str, record_id: str, version: str | None = None) -> Response:
    require_format(request.args.items())
    query = query_of_read("Consent", record_id, version, CONSENT)
    found = _found(current_gateway(), institution, query)
    if found is None:
        raise_problem("not-granted")
    headers = {**validators(found), "Cache-Control": "no-store"}
    if is_unchanged(request.headers, found):
        return Response(status=304, headers=headers)
    return Response(found.json_text, content_type=JSON_TYPE, headers=headers)


def _search(institution: str) -> Response:
    pairs, gw = searched_pairs(), current_gateway()
    require_format(pairs)
    query = parsed(gw, institution, "Consent", pairs, CONSENT)
    told = _tell_of_number(gw, institution, pairs)
    found = _found(gw, institution, query)
    records = [found] if found is not None and query.count else []
    page = Page(records, int(found is not None) if query.total else None, None)
    with gw.ledger.view() as view:
        base = f"{view.institution(institution).base}/fhir"
    body = searchset(base, page, f"{base}/{query.text}", None)
    return Response(body, content_type=JSON_TYPE, headers={**told, "Cache-Control": "no-store"})


def _tell_of_number(gw: Gateway, institution: str, pairs: Pairs) -> dict[str, str]:
    """Record that the patient's number is told, where it is asked for; the answer's headers about that."""
    asked = [(name.replace(NUMBER, "identifier"), value) for name, value in pairs if _is_number(name)]
    if not asked:
        return {}
    token = current_token()
    if not allows(token.scopes, "Patient", "s"):
        raise_problem("token-scope", headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    waiting = gw.peer_rate.wait_ms(institution, token.client)
    if waiting:
        refuse(waiting)
    query = parsed(gw, institution, "Patient", [*asked, ("_total", "none")])
    released = release(gw, ask_of(token, query))
    return {} if isinstance(released, Denied) else {DISCLOSURE_HEADER: released.entry_id}


def _is_number(name: str) -> bool:
    return name.partition(":")[0] == NUMBER


def _found(gw: Gateway, institution: str, query: Query) -> Stored | None:
    """The Consent of the token's grant, when the query finds it."""
    token = current_token()
    given = _given(gw, institution, token)
    if given is None:
        return None
    consent = consent_of(given)
    # Whose number it is stands in a record: that is told while the grant stands, and no longer.
    numbers = _identifiers(gw, institution, token.patient_id) if given.stands else []
    if not is_match(query, consent, updated_at(given), numbers):
        return None
    text = write(consent)
    text = text if query.subset is None else cut(text, query.subset)
    return Stored(
        "Consent", consent["id"], version_of(given), updated_at(given), text, "consent", hash_of(text)
    )


def _given(gw: Gateway, institution: str, token: Token) -> Given | None:
    if gw.watermark.behind:
        raise Unavailable(BEHIND, "whether the grant stands is not known")
    now = gw.clock()
    # What a patient took back counts here from the moment at which it is here, recorded or not.
    waiting = gw.outbox.about(token.under)  # before the view: what is recorded in between is in it
    with gw.ledger.view() as view:
        state = foresee(view, waiting)
        grant = grant_state(state, token.under)
        if grant is None or grant["institution"] != institution:  # a broken glass is no Consent
            return None
        if grant["index"] < gw.watermark.distrusted:
            # Records were lost since, perhaps the one that took it back.
            return None
        with gw.db.connect() as conn:
            opening = opening_of(conn, grant["commitment"])
        terms = parse_terms(opening["details"] if opening else "")
        if not isinstance(terms, GrantTerms):
            return None
        status = grant_status(state, token.under, now, view.time)
        if status == "active":
            visit = visit_status(state, token.under, token.visit, now, view.time)
            status = visit if isinstance(visit, Refusal) else "active"
        ended = None if status == "active" or status.code in _ENDED_BY_TIME else status.code
        given = decode_record(view.record(grant["index"]))
        _, payload = peek_compact(given.entry.decode())
        return Given(
            grant, terms, given.entry.decode(), payload["at"], given.time, token.patient_id,
            view.institution(institution), view.institution(terms.grantee), ended, status == "active",
        )  # fmt: skip


def _identifiers(gw: Gateway, institution: str, patient_id: str) -> list[tuple[str, str, str]]:
    """The patient's identifiers, for the chain patient.identifier."""
    query = (
        select(record_token.c.system, record_token.c.code)
        .join(record, record.c.number == record_token.c.record)
        .where(record.c.institution == institution, record.c.type == "Patient", record.c.id == patient_id)
        .where(record_token.c.param == "identifier")
    )
    with gw.db.connect() as conn:
        return [(NUMBER, row.system, row.code) for row in conn.execute(query)]
