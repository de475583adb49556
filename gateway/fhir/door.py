"""The FHIR R4 door for peers: search and read of what one grant opens, each answer a recorded disclosure.

FHIR R4 4.0.1 http and search. Not here: the decision and the ledger (gateway.disclosure), the parameters
(gateway.records.search), who may come in (gateway.fhir.peer_access).
Invariants: (1) no byte of a record leaves but through ``release``; (2) unknown, hidden, foreign and no longer
granted are one answer, ``not-granted``; (3) If-None-Match and If-Modified-Since are looked at after the
permission, never before; (4) every page decides again, and so does every record that comes along with it;
(5) links point to this custodian's own configured address only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import urlencode

from flask import Response, request
from flask_smorest import Blueprint

from gateway.composition import Gateway, current_gateway
from gateway.disclosure.release import Ask, Denied, Released, release
from gateway.fhir.bundles import searchset
from gateway.fhir.cursor import Expired, Place, find_place, save_place
from gateway.fhir.formats import JSON_TYPE, require_json
from gateway.fhir.peer_access import current_token, peer_required
from gateway.fhir.search_types import SERVED
from gateway.fhir.token import Token
from gateway.fhir.token_scopes import allows
from gateway.fhir.validators import is_unchanged, validators
from gateway.records.query import Query, parse_query
from gateway.web.bodies import FORM
from gateway.web.problems import problem, raise_problem

DISCLOSURE_HEADER = "Yaoshi-Disclosure"
CURSOR = "_cursor"
_TYPES = f"<any({','.join(SERVED)}):resource_type>"
_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_OF_A_READ = ("_summary", "_elements")

blueprint = Blueprint("fhir", __name__, url_prefix="/i/<institution>/fhir", description="FHIR R4 for peers")


@blueprint.get(f"/{_TYPES}")
@peer_required
def search_by_get(institution: str, resource_type: str) -> Response:
    """Search one resource type of the granted patient."""
    return _search(institution, resource_type, list(request.args.items(multi=True)))


@blueprint.post(f"/{_TYPES}/_search")
@peer_required
def search_by_post(institution: str, resource_type: str) -> Response:
    """The same search with its parameters in a form; those of the URL are joined to it."""
    if request.mimetype != FORM:
        raise_problem("form-expected")
    pairs = [*request.args.items(multi=True), *request.form.items(multi=True)]
    return _search(institution, resource_type, pairs)


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
    require_json(request.args.get("_format"), request.headers.get("Accept"))
    token = _token_for(resource_type, "r")
    shape = [(name, value) for name, value in request.args.items(multi=True) if name in _OF_A_READ]
    query = parse_query(resource_type, [("_id", "x"), *shape])
    if not isinstance(query, Query):
        raise_problem(query.code, query.detail)
    if not query.count:
        raise_problem("invalid-value", "The value of _summary has the wrong form.")
    if not _FHIR_ID.fullmatch(record_id) or (version is not None and not _VERSION.fullmatch(version)):
        raise_problem("not-granted")
    one = replace(
        query,
        parameters=(("_id", record_id), *query.parameters[1:]),
        ids=(frozenset({record_id}),),
        version=None if version is None else int(version),
    )
    released = _release(current_gateway(), institution, token, one)
    if not released.page.records:
        # Hidden and absent took the same way here, and get the same bytes: no header of ours on it.
        raise_problem("not-granted")
    record = released.page.records[0]
    headers = {**validators(record), **_headers(released)}
    if is_unchanged(request.headers, record):
        return Response(status=304, headers=headers)
    return Response(record.json_text, content_type=JSON_TYPE, headers=headers)


def _search(institution: str, resource_type: str, pairs: list[tuple[str, str]]) -> Response:
    given = dict(pairs)
    require_json(given.get("_format"), request.headers.get("Accept"))
    token, gw = _token_for(resource_type, "s"), current_gateway()
    place = _place(gw, token, resource_type, given[CURSOR]) if CURSOR in given else None
    if place is not None:
        query = parse_query(resource_type, place.pairs)
    else:
        kept = [pair for pair in pairs if pair[0] != "_format"]
        query = parse_query(resource_type, kept, _handling(), _own_address(gw, institution, kept))
    if not isinstance(query, Query):
        return problem(query.code, detail=query.detail)
    if query.includes:
        # Types that the token does not hold do not come along either.
        held = frozenset(each for each in SERVED if allows(token.scopes, each, "r"))
        query = replace(query, may_include=held)
    released = _release(gw, institution, token, query, place)
    base = f"{released.base}/fhir"
    self_url = f"{base}/{query.text}" if not place else f"{base}/{resource_type}?{CURSOR}={given[CURSOR]}"
    body = searchset(base, released.page, self_url, _next_url(gw, token, query, released, base))
    return Response(body, content_type=JSON_TYPE, headers=_headers(released))


def _own_address(gw: Gateway, institution: str, pairs: list[tuple[str, str]]) -> str:
    """Our FHIR address, where a value may begin with it: such a reference is the same as the relative one."""
    if not any("://" in value for _name, value in pairs):
        return ""
    with gw.ledger.view() as view:
        return f"{view.institution(institution).base}/fhir"


def _release(
    gw: Gateway, institution: str, token: Token, query: Query, place: Place | None = None
) -> Released:
    """Ask for one page; ends the request with the one refusal when it is denied."""
    ask = Ask(
        custodian=institution,
        under=token.under,
        grantee=token.client,
        user=token.user,
        purpose=token.purpose,
        assertion=token.assertion,
        query=query,
        visit=token.visit,
        after=place.after if place else None,
        upper_revision=place.upper_revision if place else None,
    )
    released = release(gw, ask)
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


def _handling() -> str:
    return "lenient" if "handling=lenient" in request.headers.get("Prefer", "").replace(" ", "") else "strict"


def _headers(released: Released) -> dict[str, str]:
    return {DISCLOSURE_HEADER: released.entry_id, "Cache-Control": "no-store"}
