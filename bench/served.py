"""What the bench serves: the node itself, and beside it the same search without consent and log.

Started by granian as the node is; the folder comes from the environment. The peer is no part of the product:
it keeps the token check, the parameters, the search and the Bundle, and leaves out decision, scope and
ledger.
"""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask, Response, request

from app import create_app, settle_memory
from bench.world import settings_in
from gateway.composition import current_gateway
from gateway.fhir.bundles import searchset
from gateway.fhir.door import JSON_TYPE
from gateway.fhir.peer_access import current_token, peer_required
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import search


def make_app() -> Flask:
    """The node's application with the peer's route added."""
    settings = settings_in(Path(os.environ["YAOSHI_BENCH_FOLDER"]), int(os.environ["YAOSHI_BENCH_PORT"]))
    app = create_app(settings)
    app.add_url_rule("/i/<institution>/bench/Observation", view_func=peer_required(search_alone))
    settle_memory()
    return app


def search_alone(institution: str) -> Response:
    """The same search and Bundle without decision, scope and disclosure."""
    gw, token = current_gateway(), current_token()
    query = parse_query("Observation", list(request.args.items(multi=True)), "strict")
    if not isinstance(query, Query):
        raise TypeError(query.code)
    with gw.db.connect() as conn:
        page = search(conn, institution, token.patient_id, query, None, None, None)
    with gw.ledger.view() as view:
        base = f"{view.institution(institution).base}/fhir"
    body = searchset(base, page, f"{base}/{query.text}", None)
    return Response(body, content_type=JSON_TYPE)
