"""Judges each resource of a file by itself, before the store is asked anything.

Refuses what is not a storable FHIR R4 resource, names the rest by source id, and takes a hash of source id
and content, so that a later import of the same content changes nothing. Not here: patients and references.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.records.facts import values_at
from gateway.records.json_text import NotJson, write
from gateway.records.label_codes import VERSION
from gateway.records.references import Conditional, Found, Names, conditional, source_id, survey
from gateway.records.resource_types import TYPES
from gateway.records.sources import Batch, Entry

Refuse = Callable[[int, str, str, str], None]  # place, type, code, detail

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_VOLATILE = ("versionId", "lastUpdated")  # of the sender's own copy: no change of content
_LONGEST_SOURCE = 1024


@dataclass
class Prepared:
    """A resource that may be stored. `condition` is its ifNoneExist."""

    place: int
    type: str
    resource: dict[str, Any]
    full_url: str
    source_id: str
    source_hash: str
    found: Found
    condition: Conditional | None


def prepare(batch: Batch, refuse: Refuse) -> tuple[list[Prepared], Names]:
    """The storable resources of a batch in the order in which they cite each other, and its fullUrls."""
    medications = _medications(batch)
    prepared: dict[str, Prepared] = {}
    names: Names = {}
    for entry in batch.entries:
        one = _prepare_one(entry, medications, refuse)
        if one is None:
            continue
        twin = prepared.get(one.source_id)
        if twin is not None and twin.source_hash != one.source_hash:
            refuse(one.place, one.type, "twice-in-bundle", "")
            continue
        prepared.setdefault(one.source_id, one)
        if one.full_url:
            names[one.full_url] = one.source_id, one.type
    return sorted(prepared.values(), key=_rank), names


def _rank(one: Prepared) -> int:
    """Institutions first, then patients, then their records, then what speaks about records."""
    if one.type == "Provenance":
        return 3
    return 2 if TYPES[one.type].patient else int(one.type == "Patient")


def _prepare_one(entry: Entry, medications: dict[str, Any], refuse: Refuse) -> Prepared | None:
    resource = entry.resource
    type_ = resource.get("resourceType") if isinstance(resource, dict) else None
    if type(type_) is not str or not type_.isascii() or not type_.isalpha() or len(type_) > 64:
        refuse(entry.place, "", "not-a-resource", "")
        return None
    code, condition = _fault(resource, type_), None
    request = entry.request if isinstance(entry.request, dict) else {}
    if code is None and request.get("method", "POST") not in ("POST", "PUT"):
        code = "method"
    if code is None and type(request.get("ifNoneExist")) is str:
        condition = conditional(f"{type_}?{request['ifNoneExist']}")
        code = "create-ambiguous" if condition is None else None
    if code is not None:
        refuse(entry.place, type_, code, "")
        return None
    try:
        _carry_medication(resource, medications)
        found = survey(resource)
        name, digest = _identity(resource, entry.full_url)
    except NotJson as error:
        refuse(entry.place, type_, error.code, error.detail)
        return None
    return Prepared(entry.place, type_, resource, entry.full_url, name, digest, found, condition)


def _fault(resource: dict[str, Any], type_: str) -> str | None:
    if type_ not in TYPES:
        return "unsupported-type"
    id_ = resource.get("id", "x")
    if type(id_) is not str or not _ID.fullmatch(id_):
        return "id-invalid"
    return None if isinstance(resource.get("meta", {}), dict) else "malformed"


def _identity(resource: dict[str, Any], full_url: str) -> tuple[str, str]:
    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in _VOLATILE}
    content = write({**resource, "meta": meta}, sort_keys=True)
    name = source_id(resource["resourceType"], resource.get("id", ""), full_url)
    if not name or len(name) > _LONGEST_SOURCE:
        name = f"{resource['resourceType']}/sha256:{sha256(content.encode()).hexdigest()}"
    # With the label table's version: after a change of the table the same file labels its records anew.
    return name, sha256(f"{name}\n{VERSION}\n{content}".encode()).hexdigest()


def _medications(batch: Batch) -> dict[str, Any]:
    """The drugs of a Bundle by every name that a reference may use."""
    found: dict[str, Any] = {}
    for entry in batch.entries:
        if isinstance(entry.resource, dict) and entry.resource.get("resourceType") == "Medication":
            for name in (entry.full_url, f"Medication/{entry.resource.get('id', '')}"):
                found[name] = entry.resource
    return found


def _carry_medication(resource: dict[str, Any], medications: dict[str, Any]) -> None:
    # Drugs are not stored by themselves, so a request keeps the one it cites inside: else its name is lost.
    cited = resource.get("medicationReference")
    reference = cited.get("reference") if isinstance(cited, dict) else None
    drug = medications.get(reference) if type(reference) is str else None
    if drug is None or resource["resourceType"] != "MedicationRequest":
        return
    inside = [each for each in values_at(resource, "contained") if isinstance(each, dict)]
    carried = {**{name: value for name, value in drug.items() if name != "meta"}, "id": "medication"}
    resource["contained"] = [*(each for each in inside if each.get("id") != "medication"), carried]
    resource["medicationReference"] = {**cited, "reference": "#medication"}
