"""Makes a filed copy of another institution's result, with a Provenance that leads back to its source.

FHIR R4 Observation and Provenance; HL7 v3-ActCode NORDSCLCD (no redisclosure without the patient's consent).
The copy keeps value, unit, range, method, specimen and marks as issued, to the last digit. What it cited at
the custodian stays there: those ids mean nothing here. Not here: storing (filing, beside this).
Invariants: a copy carries a label that no scope can name, and so does its Provenance, which inherits it:
neither is ever released to a third institution.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from consent.vocabulary import ACT_CODE
from gateway.records.elements.json_text import hash_of, parse
from gateway.records.stamps import instant
from ledger.encoding import canonical_json, unb64u
from ledger.record import decode_record

Json = dict[str, Any]

NO_REDISCLOSURE = "NORDSCLCD"
TAGS = "https://yaoshi.example/CodeSystem/filing"
COPY = "reused-copy"
INSTITUTION = "urn:yaoshi:institution"
STAFF = "urn:yaoshi:staff"
SHA_256 = "urn:yaoshi:sha-256"
_STRUCTURES = "https://yaoshi.example/StructureDefinition"
_NAME = re.compile(r"urn:yaoshi:copy:([0-9a-f]{32}):[^:]{1,64}:([A-Za-z]{1,64}/[A-Za-z0-9.-]{1,64})")
_SOURCE_SIGNATURE = "1.2.840.10065.1.12.1.14"  # ASTM E1762: the source's own
# What belongs to the custodian's own house, and would lead nowhere here.
_LEFT_BEHIND = (
    "id",
    "meta",
    "text",
    "subject",
    "encounter",
    "basedOn",
    "partOf",
    "hasMember",
    "derivedFrom",
    "focus",
)


@dataclass(frozen=True)
class Origin:
    """Where a result came from: the custodian's id, name and FHIR address, and how it was released.

    ``grant`` and ``disclosure`` are entry ids in hex; ``receipt`` as verified when the result arrived.
    """

    custodian: str
    name: str
    base: str
    ref: str
    grant: str
    disclosure: str
    receipt: Json

    @property
    def address(self) -> str:
        """The original's own FHIR address."""
        return f"{self.base}/{self.ref}"

    def full_url(self, patient_id: str) -> str:
        """How the copy in this chart is called; the same original has the same name, so it is one copy."""
        return copy_name(self.custodian, patient_id, self.ref)


def copy_of(json_text: str, origin: Origin, patient_id: str, specimen: str | None = None) -> Json:
    """The result as it is filed in the own chart of ``patient_id``; a ``specimen`` (JSON) goes inside."""
    original = parse(json_text)
    if specimen is not None:
        _carry(original, parse(specimen))
    kept = {name: _unlinked(value) for name, value in original.items() if name not in _LEFT_BEHIND}
    meta = original.get("meta") if isinstance(original.get("meta"), dict) else {}
    tags = [
        *_list(meta.get("tag")),
        {"system": TAGS, "code": COPY, "display": "Copy of another institution's result"},
    ]
    security = [*_list(meta.get("security")), {"system": ACT_CODE, "code": NO_REDISCLOSURE}]
    issuer = {"identifier": {"system": INSTITUTION, "value": origin.custodian}, "display": origin.name}
    return {
        **{name: value for name, value in kept.items() if value not in ({}, [], None)},
        "meta": {"source": origin.address, "tag": tags, "security": security},
        "subject": {"reference": f"Patient/{patient_id}"},
        "performer": [*_list(kept.get("performer")), issuer],
    }


def _carry(original: Json, specimen: Json) -> None:
    """Keep what the sample was: beside the copy there is no Specimen that a reference could lead to."""
    inside = {name: specimen[name] for name in ("type", "collection", "condition") if name in specimen}
    carried = {"resourceType": "Specimen", "id": "specimen", **inside}
    original["contained"] = [*_list(original.get("contained")), carried]
    original["specimen"] = {**original["specimen"], "reference": "#specimen"}


def provenance_of(
    json_text: str,
    origin: Origin,
    patient_id: str,
    *,
    institution: Json,
    user: dict[str, str],
    rule: str,
    now: int,
) -> Json:
    """The Provenance of one copy: custodian, who filed it, the original and its hash, disclosure and receipt.

    ``institution`` {"id", "name"} files; ``user`` {"id", "name", "role"}; ``rule`` id@version; ``now`` ms.
    The signature is over the disclosure's entry bytes, not over FHIR JSON (``targetFormat``).
    """
    record = decode_record(unb64u(origin.receipt["record"]))
    custodian = {"identifier": {"system": INSTITUTION, "value": origin.custodian}, "display": origin.name}
    own = {"identifier": {"system": INSTITUTION, "value": institution["id"]}, "display": institution["name"]}
    filer = {"identifier": {"system": STAFF, "value": user["id"]}, "display": user["name"]}
    return {
        "resourceType": "Provenance",
        "extension": [_disclosure(origin)],
        "target": [{"reference": origin.full_url(patient_id)}],
        "recorded": instant(now),
        "policy": [f"urn:yaoshi:rule:{rule}"],
        "activity": _concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "CREATE"),
        "agent": [
            {"type": _participant("custodian"), "who": custodian},
            {"type": _participant("enterer"), "who": filer, "onBehalfOf": own},
        ],
        "entity": [
            {
                "role": "source",
                "what": {
                    "reference": origin.address,
                    "identifier": {"system": SHA_256, "value": hash_of(json_text)},
                    "display": origin.name,
                },
            }
        ],
        "signature": [
            {
                "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": _SOURCE_SIGNATURE}],
                "when": instant(record.time),
                "who": custodian,
                "targetFormat": "application/jose",
                "sigFormat": "application/jose",
                "data": b64encode(record.entry).decode("ascii"),
            }
        ],
    }


def filed_from(source_id: str) -> tuple[str, str] | None:
    """(custodian, "Type/id" there) of the original, from a record's source id; None when it is no copy."""
    found = _NAME.fullmatch(source_id)
    return None if found is None else (found[1], found[2])


def copy_name(custodian: str, patient_id: str, ref: str) -> str:
    """The source id of a filed copy."""
    return f"urn:yaoshi:copy:{custodian}:{patient_id}:{ref}"


def emptied(copy_text: str) -> Json:
    """What stays in the chart of a copy whose use was undone: place and code, nothing that it said."""
    copy = parse(copy_text)
    kept = {name: copy[name] for name in ("resourceType", "category", "code", "subject") if name in copy}
    meta = {name: copy["meta"][name] for name in ("source", "tag", "security") if name in copy["meta"]}
    return {**kept, "meta": meta, "status": "entered-in-error"}


def _disclosure(origin: Origin) -> Json:
    receipt = {
        "contentType": "application/json",
        "data": b64encode(canonical_json(origin.receipt)).decode("ascii"),
    }
    return {
        "url": f"{_STRUCTURES}/disclosure",
        "extension": [
            {"url": "entry", "valueId": origin.disclosure},
            {"url": "under", "valueId": origin.grant},
            {"url": "receipt", "valueAttachment": receipt},
        ],
    }


def _participant(code: str) -> Json:
    return _concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", code)


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _unlinked(value: Any) -> Any:
    """The same without references to what stayed behind; names and contained resources stay."""
    if isinstance(value, list):
        return [kept for each in value if (kept := _unlinked(each)) not in ({}, [])]
    if not isinstance(value, dict):
        return value
    leads_away = type(value.get("reference")) is str and not value["reference"].startswith("#")
    return {
        name: kept
        for name, each in value.items()
        if not (leads_away and name == "reference") and (kept := _unlinked(each)) not in ({}, [])
    }
