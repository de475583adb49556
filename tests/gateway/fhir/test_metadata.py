"""What the door says about itself, and that its Bundles have the form of the standard."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from consent.vocabulary import KINDS
from gateway.fhir.search_types import SERVED
from tests.gateway.disclosure.world import World, give
from tests.gateway.fhir.conftest import Peer
from tests.gateway.fhir.schema_check import faults

SCHEMA = Path(__file__).resolve().parents[3] / "../shared/data/schema/fhir.schema.r4.json.gz"


def metadata(peer: Peer, world: World, path: str = "metadata", **headers: str) -> Any:
    return peer.http.get(f"/i/{world.custodian}/fhir/{path}", headers=headers)


def test_the_capability_statement_needs_no_token_and_names_this_custodian(peer: Peer, world: World) -> None:
    answer = metadata(peer, world)
    body = answer.json
    assert (answer.status_code, body["resourceType"], body["fhirVersion"]) == (
        200,
        "CapabilityStatement",
        "4.0.1",
    )
    assert body["implementation"]["url"] == f"{world.base}/fhir"
    oauth = body["rest"][0]["security"]["extension"][0]["extension"][0]
    assert oauth == {"url": "token", "valueUri": f"{world.base}/token"}


def test_every_type_and_parameter_is_named_once(peer: Peer, world: World) -> None:
    resources = metadata(peer, world).json["rest"][0]["resource"]
    assert [each["type"] for each in resources] == sorted([*SERVED, "Consent"])
    for each in resources:
        names = [parameter["name"] for parameter in each["searchParam"]]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("resource_type", [*SERVED, "Consent"])
def test_every_parameter_that_is_promised_is_understood(resource_type: str, peer: Peer, world: World) -> None:
    resources = metadata(peer, world).json["rest"][0]["resource"]
    promised = next(each["searchParam"] for each in resources if each["type"] == resource_type)
    token = peer.token(give(world, terms={"scope": {"kinds": sorted(KINDS)}}))
    values = {"token": "x", "date": "2026-01-01", "reference": "x", "uri": "urn:x", "quantity": "5.4",
              "string": "x"}  # fmt: skip
    for parameter in promised:
        answer = peer.get(f"{resource_type}?_id=x&{parameter['name']}={values[parameter['type']]}", token)
        assert answer.status_code == 200, (parameter, answer.text)


def test_the_smart_configuration_is_json_whatever_is_accepted(peer: Peer, world: World) -> None:
    answer = metadata(peer, world, ".well-known/smart-configuration", Accept="text/html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    body = answer.json
    assert body["token_endpoint"] == f"{world.base}/token"
    required = {"grant_types_supported", "capabilities", "code_challenge_methods_supported"}
    assert required <= set(body)
    assert body["code_challenge_methods_supported"] == ["S256"]
    assert body["token_endpoint_auth_signing_alg_values_supported"] == ["EdDSA"]


@pytest.mark.parametrize("path", [".well-known/udap", "Nothing", "Observation/x/_history", "Organization"])
def test_what_is_not_there_is_404(path: str, peer: Peer, world: World) -> None:
    answer = metadata(peer, world, path)
    assert (answer.status_code, answer.json["resourceType"]) == (404, "OperationOutcome")


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_writing_is_405_with_what_is_allowed(method: str, peer: Peer, world: World) -> None:
    answer = getattr(peer.http, method)(f"/i/{world.custodian}/fhir/Observation/x", json={})
    assert (answer.status_code, answer.json["resourceType"]) == (405, "OperationOutcome")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["metadata", ".well-known/smart-configuration"])
def test_an_unknown_institution_says_nothing_of_itself(path: str, peer: Peer) -> None:
    assert peer.http.get(f"/i/{'0' * 32}/fhir/{path}").status_code == 404


@pytest.fixture(scope="module")
def fhir_schema() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("the FHIR R4 JSON schema is missing: ../shared/data/schema/fhir.schema.r4.json.gz")
    schema: dict[str, Any] = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    return schema


@pytest.mark.parametrize(
    "path",
    [
        "Observation?patient={p}",
        "Observation?patient={p}&_count=1",
        "Observation?patient=nobody",
        "Patient?_id={p}",
        "Observation/x",
        "Observation?patient={p}&colour=red",
        "metadata",
    ],
)
def test_an_answer_has_the_form_of_the_standard(
    path: str, peer: Peer, world: World, fhir_schema: dict[str, Any]
) -> None:
    assert faults(fhir_schema, peer.get(path, peer.token(give(world))).json) == []


def test_the_check_against_the_standard_finds_faults(fhir_schema: dict[str, Any]) -> None:
    wrong = {
        "resourceType": "Bundle",
        "type": "pile",
        "entry": [{"resource": {"resourceType": "Patient", "x": 1}}],
    }
    assert faults(fhir_schema, wrong) == [
        "Bundle.type: is not among the values allowed",
        "Bundle.entry[0].resource.x: is not known",
    ]
