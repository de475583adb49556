"""Searches the one Consent that a token is bound to: its parameters, and whether they match it.

FHIR R4 search; IHE PCF ITI-108 names patient, patient.identifier, status and actor. Paths reach the root
provision only. Here a filter is held against one resource in memory; against the store it is SQL
(gateway.records.searching.conditions).
"""

from collections.abc import Iterable
from typing import Any

from gateway.records.definitions.parameters import Parameter, code, date, token
from gateway.records.definitions.resource_types import ResourceType
from gateway.records.elements.facts import Indexed, Token, index
from gateway.records.searching.filters import (
    DateFilter,
    Filter,
    MissingFilter,
    ReferenceFilter,
    SecurityFilter,
    TokenFilter,
)
from gateway.records.searching.query import Query
from gateway.records.tables import BEGINNING_OF_TIME, END_OF_TIME

NUMBER = "patient.identifier"
CONSENT = ResourceType(
    "Consent",
    "patient",
    (
        *token("category", "scope", "identifier"),
        *token(purpose="provision.purpose", security_label="provision.securityLabel"),
        *code("status", "http://hl7.org/fhir/consent-state-codes"),
        *date(date="dateTime", period="provision.period"),
        Parameter("actor", "reference", ("provision.actor.reference",)),
        # A chain: the patient's own identifiers, which stand in another resource.
        Parameter(NUMBER, "token"),
    ),
    clinical=("dateTime",),
    revincludes=(),
)


def is_match(query: Query, consent: dict[str, Any], updated_at: int, identifiers: Iterable[Token]) -> bool:
    """Whether a search finds this Consent. `identifiers` are the patient's, as patient.identifier tokens."""
    patient_id = consent["patient"]["reference"].partition("/")[2]
    if not all(patient_id in allowed for allowed in query.patients):
        return False
    if not all(consent["id"] in allowed for allowed in query.ids):
        return False
    if query.version is not None and str(query.version) != consent["meta"]["versionId"]:
        return False
    found = index(consent, CONSENT)
    known = found._replace(
        tokens=found.tokens | frozenset(identifiers),
        dates=found.dates | {("_lastUpdated", (updated_at, updated_at + 1))},
    )
    return all(_matches(each, known) for each in query.filters)


def _matches(wanted: Filter, found: Indexed) -> bool:
    match wanted:
        case TokenFilter():
            has = any(_is_token(wanted, each) for each in found.tokens)
            return has is not wanted.negated
        case DateFilter():
            spans = [_closed(span) for name, span in found.dates if name == wanted.name]
            return any(_compare(low, high, *each) for low, high in spans for each in wanted.values)
        case ReferenceFilter():
            return any(name == wanted.name and each in wanted.targets for name, each in found.references)
        case MissingFilter():
            return _is_missing(wanted, found) is wanted.missing
        case SecurityFilter():  # a Consent of ours bears no label
            return wanted.negated
    return False


def _is_token(wanted: TokenFilter, found: Token) -> bool:
    name, system, value = found
    return name in wanted.rows and any(
        asked_system in (None, system) and asked_code in (None, value)
        for asked_system, asked_code in wanted.values
    )


def _is_missing(wanted: MissingFilter, found: Indexed) -> bool:
    present = {each[0] for values in (found.tokens, found.dates, found.references) for each in values}
    return present.isdisjoint(wanted.rows)


def _closed(span: tuple[int | None, int | None]) -> tuple[int, int]:
    low, high = span
    return BEGINNING_OF_TIME if low is None else low, END_OF_TIME if high is None else high


def _compare(low: int, high: int, prefix: str, start: int, end: int) -> bool:
    """The value [low, high) against the searched [start, end): FHIR R4's table of prefixes."""
    inside = low >= start and high <= end
    return {
        "eq": inside, "ne": not inside, "gt": high > end, "lt": low < start, "ge": inside or high > end,
        "le": inside or low < start, "sa": low >= end, "eb": high <= start, "ap": low < end and high > start,
    }[prefix]  # fmt: skip
