"""Reads what a FHIR request asks for: parameters of a search, and one record to read.

FHIR R4 3.1.1 (search by GET and by POST) and 3.1.0.2 (read, vread). Not here: who asks and what is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from flask import request

from gateway.composition import Gateway
from gateway.fhir.formats import require_json
from gateway.records.definitions.resource_types import ResourceType
from gateway.records.searching.query import Query, parse_query
from gateway.web.bodies import FORM
from gateway.web.problems import raise_problem

Pairs = list[tuple[str, str]]

_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_OF_A_READ = ("_summary", "_elements")


def searched_pairs() -> Pairs:
    """The parameters of the address, and of the form of a search by POST."""
    pairs = list(request.args.items(multi=True))
    if request.method != "POST":
        return pairs
    if request.mimetype != FORM:
        raise_problem("form-expected")
    return [*pairs, *request.form.items(multi=True)]


def require_format(pairs: Iterable[tuple[str, str]]) -> None:
    """Ends the request with 406 when it does not take JSON."""
    require_json(dict(pairs).get("_format"), request.headers.get("Accept"))


def parsed(
    gw: Gateway, institution: str, type_: str, pairs: Pairs, kind: ResourceType | None = None
) -> Query:
    """The search that the parameters state; ends the request where they state none."""
    kept = [pair for pair in pairs if pair[0] != "_format"]
    query = parse_query(type_, kept, _handling(), _own_address(gw, institution, kept), kind)
    if not isinstance(query, Query):
        raise_problem(query.code, query.detail)
    return query


def query_of_read(type_: str, record_id: str, version: str | None, kind: ResourceType | None = None) -> Query:
    """The search for one record, and for its one version; ends the request where no record can be meant."""
    shape = [(name, value) for name, value in request.args.items(multi=True) if name in _OF_A_READ]
    query = parse_query(type_, [("_id", "x"), *shape], kind=kind)
    if not isinstance(query, Query):
        raise_problem(query.code, query.detail)
    if not query.count:
        raise_problem("invalid-value", "The value of _summary has the wrong form.")
    if not _FHIR_ID.fullmatch(record_id) or (version is not None and not _VERSION.fullmatch(version)):
        raise_problem("not-granted")
    return replace(
        query,
        parameters=(("_id", record_id), *query.parameters[1:]),
        ids=(frozenset({record_id}),),
        version=None if version is None else int(version),
    )


def _handling() -> str:
    return "lenient" if "handling=lenient" in request.headers.get("Prefer", "").replace(" ", "") else "strict"


def _own_address(gw: Gateway, institution: str, pairs: Pairs) -> str:
    """Our FHIR address, where a value may begin with it: such a reference is the same as the relative one."""
    if not any("://" in value for _name, value in pairs):
        return ""
    with gw.ledger.view() as view:
        return f"{view.institution(institution).base}/fhir"
