"""Tells a client what this door can do: the CapabilityStatement and the SMART configuration.

FHIR R4 4.0.1 CapabilityStatement (kind instance), SMART App Launch 2.2.0 conformance. Both are generated
from the tables that drive search and token, so they cannot promise what is not there. UDAP discovery has no
route and is a 404, which is how a UDAP client learns that there is no UDAP here (UDAP security, discovery).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from gateway.composition import current_gateway
from gateway.fhir.consent_search import CONSENT
from gateway.fhir.formats import JSON_TYPE, require_json
from gateway.fhir.search_types import (
    SERVED,
    includes_of,
    parameters_of,
    public_parameters,
    revincludes_of,
)
from gateway.records.definitions.parameters import Parameter, definition
from gateway.web.access import open_route
from gateway.web.openapi import VERSION
from gateway.web.problems import raise_problem

SOFTWARE = {"name": "Yaoshi", "version": VERSION}
PUBLISHED = "2026-11-01"
GRANT_TOKEN = "urn:yaoshi:capability:grant-bound-token"  # noqa: S105 - a capability's name
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
SMART_ON_FHIR = {
    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
    "code": "SMART-on-FHIR",
}

blueprint = Blueprint(
    "fhir_metadata", __name__, url_prefix="/i/<institution>/fhir", description="What the FHIR door can do"
)


@blueprint.get("/metadata")
@open_route("FHIR requires the CapabilityStatement without authorisation; it says nothing about patients")
def metadata(institution: str) -> Response:
    """CapabilityStatement of this custodian's FHIR door."""
    require_json(request.args.get("_format"), request.headers.get("Accept"))
    statement = capability_statement(_base(institution))
    return Response(json.dumps(statement), content_type=JSON_TYPE)


@blueprint.get("/.well-known/smart-configuration")
@open_route("SMART discovery is public; it names only addresses")
def smart_configuration(institution: str) -> Response:
    """SMART configuration; always JSON, whatever Accept says."""
    base = _base(institution)
    body = {
        "token_endpoint": f"{base}/token",
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["EdDSA"],
        "scopes_supported": ["system/*.rs", *(f"system/{name}.rs" for name in SERVED)],
        "capabilities": ["client-confidential-asymmetric", "permission-v2", GRANT_TOKEN],
        "code_challenge_methods_supported": ["S256"],
    }
    response = Response(json.dumps(body), content_type="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def capability_statement(base: str) -> dict[str, Any]:
    """The statement for an institution's public address ``base`` (without /fhir)."""
    security = {
        "cors": False,
        "service": [{"coding": [SMART_ON_FHIR]}],
        # Deprecated by SMART 2, but some client libraries look only here.
        "extension": [{"url": OAUTH_URIS, "extension": [{"url": "token", "valueUri": f"{base}/token"}]}],
        "description": "A token is bound to one grant of one patient. Times without a zone are UTC.",
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": SOFTWARE,
        "implementation": {
            "description": "Records of one institution, as far as a patient granted them",
            "url": f"{base}/fhir",
        },
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [{"mode": "server", "security": security, "resource": _resources()}],
    }


def _resources() -> list[dict[str, Any]]:
    found = {name: _resource(name, parameters_of(name)) for name in SERVED}
    for name, each in found.items():
        along = {"searchInclude": includes_of(name), "searchRevInclude": revincludes_of(name)}
        each.update({member: list(values) for member, values in along.items() if values})
    found[CONSENT.name] = _resource(CONSENT.name, public_parameters(CONSENT))
    return [found[name] for name in sorted(found)]


def _resource(resource_type: str, parameters: Iterable[Parameter]) -> dict[str, Any]:
    return {
        "type": resource_type,
        "interaction": [{"code": "read"}, {"code": "vread"}, {"code": "search-type"}],
        "versioning": "versioned",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": False,
        "conditionalRead": "full-support",
        "searchParam": [
            {"name": each.name, "type": each.type, "definition": definition(resource_type, each.name)}
            for each in parameters
        ],
    }


def _base(institution: str) -> str:
    gw = current_gateway()
    if not gw.keys.hosts(institution):
        raise_problem("not-found")
    with gw.ledger.view() as view:
        return str(view.institution(institution).base)
