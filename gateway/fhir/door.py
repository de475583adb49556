"""The FHIR R4 door for peers: search and read of what one grant opens, each answer a recorded disclosure.

FHIR R4 4.0.1 http and search. Not here: the decision and the ledger (gateway.disclosure), the parameters
(gateway.records.searching.search), who may come in (gateway.fhir.peer_access).
Invariants: (1) no byte of a record leaves but through ``release``; (2) unknown, hidden, foreign and no longer
granted are one answer, ``not-granted``; (3) If-None-Match and If-Modified-Since are looked at after the
permission, never before; (4) every page decides again, and so does every record that comes along with it;
(5) links point to this custodian's own configured address only.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import Response, request
from flask_smorest import Blueprint

from gateway.composition import Gateway, current_gateway
from gateway.disclosure.release import Denied, Released, release
from gateway.fhir.asked import parsed, query_of_read, require_format, searched_pairs
from gateway.fhir.bundles import searchset
from gateway.fhir.cursor import Expired, Place, find_place, save_place
from gateway.fhir.formats import JSON_TYPE
from gateway.fhir.peer_access import current_token, peer_required
from gateway.fhir.search_types import SERVED
from gateway.fhir.token import Token, ask_of
from gateway.fhir.token_scopes import allows
from gateway.fhir.validators import is_unchanged, validators
from gateway.records.searching.query import Query
from gateway.web.problems import raise_problem
from gateway.web.ratelimit import refuse

DISCLOSURE_HEADER = "Yaoshi-Disclosure"
CURSOR = "_cursor"
_TYPES = f"<any({','.join(SERVED)}):resource_type>"

blueprint = Blueprint("fhir", __name__, url_prefix="/i/<institution>/fhir", description="FHIR R4 for peers")


@blueprint.get(f"/{_TYPES}")
@peer_required
def search_by_get(institution: str, resource_type: str) -> Response:
    """Search one resource type of the granted patient."""
    return _search(institution, resource_type)


@blueprint.post(f"/{_TYPES}/_search")
@peer_required
def search_by_post(institution: str, resource_type: str) -> Response:
    """The same search with its parameters in a form; those of the URL are joined to it."""
    return _search(institution, resource_type)


@blueprint.get(f"/{_TYPES}/<record_id>")
@peer_required
def read(institution: str, resource_type: str, record_id: str) -> Response:
    """Read one resource by its id."""
    return _read(institution, resource_type, record_id)


@blueprint.get(f"/{_TYPES}/<record_id>/_history/<version>")
@peer_required
def read_version(institution: str, resource_type: str, record_id: str, version: str) -> Response:
    """Read one version of a resource; earlier ones are not kept, and are as if they had never been."""
    return _read(institution, resource_type, record_id, version)


def _read(institution: str, resource_type: str, record_id: str, version: str | None = None) -> Response:
    require_format(request.args.items())
    token = _token_for(resource_type, "r")
    query = query_of_read(resource_type, record_id, version)
    released = _release(current_gateway(), institution, token, query)
    if not released.page.records:
        # Hidden and absent took the same way here, and get the same bytes: no header of ours on it.
        raise_problem("not-granted")
    record = released.page.records[0]
    headers = {**validators(record), **_headers(released)}
    if is_unchanged(request.headers, record):
        return Response(status=304, headers=headers)
    return Response(record.json_text, content_type=JSON_TYPE, headers=headers)


def _search(institution: str, resource_type: str) -> Response:
    pairs = searched_pairs()
    require_format(pairs)
    token, gw, word = _token_for(resource_type, "s"), current_gateway(), dict(pairs).get(CURSOR)
    place = None if word is None else _place(gw, token, resource_type, word)
    query = parsed(gw, institution, resource_type, pairs if place is None else place.pairs)
    if query.includes:
        # Types that the token does not hold do not come along either.
        held = frozenset(each for each in SERVED if allows(token.scopes, each, "r"))
        query = replace(query, may_include=held)
    released = _release(gw, institution, token, query, place)
    base = f"{released.base}/fhir"
    self_url = f"{base}/{query.text}" if place is None else f"{base}/{resource_type}?{CURSOR}={word}"
    body = searchset(base, released.page, self_url, _next_url(gw, token, query, released, base))
    return Response(body, content_type=JSON_TYPE, headers=_headers(released))


def _release(
    gw: Gateway, institution: str, token: Token, query: Query, place: Place | None = None
) -> Released:
    """Ask for one page; ends the request with the one refusal when it is denied, with 429 when too many."""
    waiting = gw.peer_rate.wait_ms(institution, token.client)
    if waiting:
        refuse(waiting)
    after, upper_revision = (place.after, place.upper_revision) if place else (None, None)
    released = release(gw, ask_of(token, query, after, upper_revision))
    if isinstance(released, Denied):
        raise_problem(released.code)
    return released


def _token_for(resource_type: str, verb: str) -> Token:
    token = current_token()
    if not allows(token.scopes, resource_type, verb):
        raise_problem("token-scope", headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'})
    return token


def _place(gw: Gateway, token: Token, resource_type: str, word: str) -> Place:
    place = find_place(gw, token, resource_type, word)
    if isinstance(place, Expired):
        raise_problem("cursor-expired")
    if place is None:
        raise_problem("not-granted")
    return place


def _next_url(gw: Gateway, token: Token, query: Query, released: Released, base: str) -> str | None:
    after, upper = released.page.next_after, released.upper_revision
    if after is None or upper is None:
        return None
    word = save_place(gw, token, Place(query.type, list(query.parameters), after, upper))
    return f"{base}/{query.type}?{urlencode({CURSOR: word})}"


def _headers(released: Released) -> dict[str, str]:
    return {DISCLOSURE_HEADER: released.entry_id, "Cache-Control": "no-store"}
