"""Judges each resource of a batch by itself, before the store is asked anything.

Refuses what is not a storable FHIR R4 resource, names the rest by source id, and takes a hash of source id
and content, so that a later import of the same content changes nothing. Not here: patients and references
(judging).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.records.definitions.left_out import why_left_out
from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.dates import moment_range
from gateway.records.elements.json_text import NotJson, write
from gateway.records.elements.references import (
    Conditional,
    Found,
    Names,
    Pointer,
    conditional,
    pointers_of,
    source_id,
    survey,
)
from gateway.records.labelling.label_codes import VERSION
from gateway.records.labelling.labels import add_stated
from gateway.records.reading.batches import Batch, Entry
from gateway.records.reading.bundle_text import Spot

Refuse = Callable[[int, str, str, str], None]  # place, type, code, detail

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_TYPE = re.compile(r"[A-Za-z]{1,64}")
_VOLATILE = ("versionId", "lastUpdated")  # of the sender's own copy: no change of content
# Under these names the node files what it made itself, copies of other institutions' results among it: a file
# that used them could pass its own contents off as a custodian's.
_OWN_NAMES = "urn:yaoshi:"
_LONGEST_SOURCE = 1024


@dataclass
class Prepared:
    """A resource that may be stored.

    `condition` is its ifNoneExist, `conditions` are those of its references; `sent` is the sender's
    lastUpdated (ms).
    """

    place: int
    type: str
    resource: dict[str, Any]
    full_url: str
    source_id: str
    source_hash: str
    found: Found
    pointers: list[Pointer]
    conditions: list[Conditional]
    condition: Conditional | None
    sent: int | None


def names_of(spots: Iterable[Spot]) -> Names:
    """What each fullUrl of a batch names."""
    return {
        spot.full_url: (name, spot.type)
        for spot in spots
        if spot.full_url and (name := _source_id(spot.type, spot.id, spot.full_url))
    }


def in_order(spots: Iterable[Spot]) -> list[Spot]:
    """Institutions first, then patients, then their records, then what speaks about records."""
    return sorted(spots, key=_rank)


def _rank(spot: Spot) -> int:
    known = TYPES.get(spot.type)
    if known is None or spot.type == "Provenance":
        return 3
    return 2 if known.patient else int(spot.type == "Patient")


def prepare(
    batch: Batch, spots: Iterable[Spot], names: Names, seen: dict[str, str], refuse: Refuse
) -> tuple[list[Prepared], list[Prepared]]:
    """The storable resources at these spots, and those that are here a second time, word for word.

    `names` and `seen` are of the whole batch: its fullUrls, and the hashes so far by source id.
    """
    first: list[Prepared] = []
    again: list[Prepared] = []
    for spot in spots:
        try:
            one = _prepare_one(batch, batch.read(spot), names, refuse)
        except NotJson as error:
            refuse(spot.place, spot.type, error.code, error.detail)
            continue
        if one is None:
            continue
        twin = seen.setdefault(one.source_id, one.source_hash)
        if twin is one.source_hash:
            first.append(one)
        elif twin == one.source_hash:
            again.append(one)
        else:
            refuse(one.place, one.type, "twice-in-bundle", "")
    return first, again


def _prepare_one(batch: Batch, entry: Entry, names: Names, refuse: Refuse) -> Prepared | None:
    resource = entry.resource
    type_ = resource.get("resourceType") if isinstance(resource, dict) else None
    type_ = type_ if type(type_) is str and _TYPE.fullmatch(type_) else ""
    code, detail, condition = *_fault(entry, type_), None
    if code is None and (wanted := _if_none_exist(entry)) is not None:
        condition = conditional(f"{type_}?{wanted}")
        code = "create-ambiguous" if condition is None else None
    if code is not None:
        refuse(entry.place, type_, code, detail)
        return None
    if batch.form == "document" and type_ == "Composition":
        add_stated(resource, batch.meta)  # the Bundle is not stored, so its labels go to its first page
    found = survey(resource)
    pointers = pointers_of(found.references, entry.full_url, names)
    conditions = [each.condition for each in pointers if each.condition is not None]
    name, digest = identity_of(resource, entry.full_url)
    if name.startswith(_OWN_NAMES) and not batch.own:
        refuse(entry.place, type_, "name-reserved", "")
        return None
    sent = moment_range(resource.get("meta", {}).get("lastUpdated"))
    return Prepared(
        entry.place, type_, resource, entry.full_url, name, digest, found, pointers, conditions, condition,
        sent and sent[0],
    )  # fmt: skip


def _fault(entry: Entry, type_: str) -> tuple[str | None, str]:
    request = entry.request if isinstance(entry.request, dict) else {}
    if request.get("method", "POST") not in ("POST", "PUT"):
        return "method", ""
    if not type_:
        return "not-a-resource", ""
    if type_ not in TYPES:
        return "unsupported-type", why_left_out(type_)
    id_ = entry.resource.get("id", "x")
    if type(id_) is not str or not _ID.fullmatch(id_):
        return "id-invalid", ""
    return (None if isinstance(entry.resource.get("meta", {}), dict) else "malformed"), ""


def _if_none_exist(entry: Entry) -> str | None:
    wanted = entry.request.get("ifNoneExist") if isinstance(entry.request, dict) else None
    return wanted if type(wanted) is str else None


def identity_of(resource: dict[str, Any], full_url: str) -> tuple[str, str]:
    """The source id of a resource, and the hash of its source id and content; raises NotJson."""
    meta = resource.get("meta")
    lasting = {name: value for name, value in meta.items() if name not in _VOLATILE} if meta else {}
    content = write({**resource, "meta": lasting}, sort_keys=True)
    name = _source_id(resource["resourceType"], resource.get("id", ""), full_url)
    if not name:
        name = f"{resource['resourceType']}/sha256:{sha256(content.encode()).hexdigest()}"
    # With the label table's version: after a change of the table the same file labels its records anew.
    return name, sha256(f"{name}\n{VERSION}\n{content}".encode()).hexdigest()


def _source_id(type_: str, id_: str, full_url: str) -> str:
    name = source_id(type_, id_, full_url)
    return name if len(name) <= _LONGEST_SOURCE else ""
