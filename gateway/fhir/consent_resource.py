"""Shows a grant as a FHIR Consent, never wider than the grant itself.

FHIR R4 Consent. The ledger entry is the truth and this is a view of it: nothing of ours decides by it. It
says more than IHE PCF's profiles allow (class, code), so it claims none of them. The base policy is deny. A
grant opens what its limits describe *or* a record that it names, and R4 has no "or" inside one provision:
where a grant has both, the root denies and two nested provisions permit.
"""

from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from consent.scope import Scope
from consent.state import GrantState
from consent.terms import GrantTerms
from consent.vocabulary import ACT_CODE, CONFIDENTIALITY, RESTRICTED
from gateway.peers.assertion import GRANT_POLICY, organization_uri
from gateway.records.stamps import instant
from ledger.registry import Institution

_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem/"
_PURPOSE = _TERMINOLOGY + "v3-ActReason"
_RESOURCE_TYPES = "http://hl7.org/fhir/resource-types"
_KINDS = "urn:yaoshi:record-kind"
# Kinds that are a resource type and nothing else. Any other would be wider if it were named by its types.
_TYPE_OF_KIND = {
    "medication": "MedicationRequest",
    "allergy": "AllergyIntolerance",
    "condition": "Condition",
    "immunization": "Immunization",
    "procedure": "Procedure",
    "encounter": "Encounter",
    "order": "ServiceRequest",
}
Json = dict[str, Any]


@dataclass(frozen=True)
class Given:
    """A grant with all that its Consent says; times in ms UTC. `ended`: the code why it opens nothing now.

    `stands`: something is opened now; of what is over by time `ended` says nothing.
    """

    grant: GrantState
    terms: GrantTerms
    entry: str  # the signed grant.give, as sent
    at: int
    recorded: int
    patient_id: str
    custodian: Institution
    grantee: Institution
    ended: str | None
    stands: bool


def consent_of(given: Given) -> Json:
    """The Consent of a grant. What is over by time stays `active`: a reader looks at the period (as PCF)."""
    patient = {"reference": f"Patient/{given.patient_id}"}
    shown: Json = {
        "resourceType": "Consent",
        "id": given.grant["id"],
        "meta": {"versionId": str(version_of(given)), "lastUpdated": instant(updated_at(given))},
        "extension": _extensions(given),
        "identifier": [{"system": "urn:yaoshi:grant", "value": given.grant["id"]}],
        "status": "inactive" if given.ended else "active",
        "scope": _concept(_TERMINOLOGY + "consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": patient,
        "dateTime": instant(given.at),
        "performer": [patient],
        "organization": [_institution(given.custodian)],
        "sourceAttachment": {
            "contentType": "application/jose",
            "data": b64encode(given.entry.encode()).decode(),
        },
        "policy": [{"uri": GRANT_POLICY}],
        "provision": _provision(given),
    }
    return {name: value for name, value in shown.items() if value != []}


def version_of(given: Given) -> int:
    """1 as given, 2 once it has ended by an act; nothing of the ledger's is ever undone."""
    return 2 if given.ended else 1


def updated_at(given: Given) -> int:
    """When the grant was recorded, or when it was taken back."""
    revoked = given.grant["revoked"]
    return given.recorded if revoked is None else revoked["time"]


def _provision(given: Given) -> Json:
    scope, terms = given.terms.scope, given.terms
    begins = given.grant["not_before"]
    frame: Json = {
        "period": {
            "start": instant(given.at if begins is None else begins),
            "end": instant(given.grant["not_after"] - 1),  # the first moment out is no longer in a Period
        },
        "actor": [_actor(terms, given.grantee)],
        "purpose": [{"system": _PURPOSE, "code": terms.purpose}],
        "securityLabel": _labels(scope),
    }
    limited, named = _limits(scope), _named(scope)
    if scope.kinds and named:
        nested = [{"type": "permit", **frame, **each} for each in (limited, named)]
        return {"type": "deny", **frame, "provision": nested}
    return {"type": "permit", **frame, **(limited if scope.kinds else named)}


def _limits(scope: Scope) -> Json:
    """The kinds, codes and days of a scope, all of which must hold."""
    found: Json = {"class": [_class(kind) for kind in sorted(scope.kinds)]}
    if scope.codes:
        parts = (code.partition("|") for code in sorted(scope.codes))
        found["code"] = [_concept(system, code) for system, _, code in parts]
    period = {}
    if scope.start is not None:
        period["start"] = scope.start.isoformat()
    if scope.end is not None:
        period["end"] = (scope.end - timedelta(days=1)).isoformat()  # a Period holds its last day
    return {**found, "dataPeriod": period} if period else found


def _named(scope: Scope) -> Json:
    listed = [{"meaning": "instance", "reference": {"reference": name}} for name in sorted(scope.records)]
    return {"data": listed} if listed else {}


def _class(kind: str) -> Json:
    if kind in _TYPE_OF_KIND:
        return {"system": _RESOURCE_TYPES, "code": _TYPE_OF_KIND[kind]}
    return {"system": _KINDS, "code": kind}


def _labels(scope: Scope) -> list[Json]:
    """N, and each code that the patient named; R alone opens no sensitivity, so both stand side by side."""
    height = RESTRICTED if RESTRICTED in scope.sensitive else "N"
    named = [{"system": ACT_CODE, "code": each} for each in sorted(scope.sensitive - {RESTRICTED})]
    return [{"system": CONFIDENTIALITY, "code": height}, *named]


def _actor(terms: GrantTerms, grantee: Institution) -> Json:
    """One actor: several would mean any of them. The person where one is named, else the role."""
    if terms.clinician is not None:
        uri = f"urn:yaoshi:clinician:{terms.grantee}#{terms.clinician.id}"
        who = f"{terms.clinician.name}, {grantee.name['zh-CN']}"
    else:
        uri, who = f"urn:yaoshi:role:{terms.grantee}#{terms.role}", f"{terms.role}, {grantee.name['zh-CN']}"
    return {
        "role": _concept(_TERMINOLOGY + "v3-ParticipationType", "IRCP"),
        "reference": {"reference": uri, "type": "PractitionerRole", "display": who},
    }


def _institution(institution: Institution) -> Json:
    uri = organization_uri(institution.id)
    return {"reference": uri, "type": "Organization", "display": institution.name["zh-CN"]}


def _extensions(given: Given) -> list[Json]:
    """What R4 has no element for; a reader may ignore them, for none widens anything."""
    found: list[Json] = []
    if given.grant["max_visits"] is not None:
        found.append({"url": "urn:yaoshi:extension:max-visits", "valueInteger": given.grant["max_visits"]})
    if given.ended == "visits-spent":  # why else it ended is the patient's own business
        found.append({"url": "urn:yaoshi:extension:ended-by", "valueCode": given.ended})
    return found


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code} if system else {"code": code}]}
