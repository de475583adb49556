"""Makes the rows by which one record is found: its tokens, dates, quantities, names and references.

They repeat what stands in the record's own text and can be made from it again (reindexing). Not here: what is
read out of a resource (facts), and writing.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Table

from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.facts import MAX_TARGET, Indexed, folded
from gateway.records.elements.references import edge_of, type_of
from gateway.records.labelling.free_text import encounters_of, is_unjudged
from gateway.records.tables import (
    BEGINNING_OF_TIME,
    END_OF_TIME,
    record_date,
    record_quantity,
    record_reference,
    record_string,
    record_token,
)

Values = dict[str, Any]
Side = dict[Table, list[Values]]

# Why a record takes the labels of another, where no search parameter names the reference.
CITES, WORDS = "cites", "words"

# What is written anew whenever a record changes.
SIDE_TABLES = (record_token, record_date, record_quantity, record_string, record_reference)


def no_side_rows() -> Side:
    """A place for the rows of many records, in the order of SIDE_TABLES."""
    return {table: [] for table in SIDE_TABLES}


def add_side_rows(
    side: Side, number: int, found: Indexed, labels: Iterable[str], cited: Iterable[tuple[str, str]]
) -> None:
    """Adds every side row of one record; `cited` are what it takes labels from (cited_by)."""
    tokens = found.tokens | {("_label", "", label) for label in labels}
    side[record_token].extend(
        {"record": number, "param": param, "system": system, "code": code} for param, system, code in tokens
    )
    side[record_date].extend(
        {
            "record": number,
            "param": param,
            "low": BEGINNING_OF_TIME if low is None else low,
            "high": END_OF_TIME if high is None else high,
        }
        for param, (low, high) in found.dates
    )
    side[record_quantity].extend(
        {"record": number, "param": param, **quantity._asdict()} for param, quantity in found.quantities
    )
    side[record_string].extend(
        {"record": number, "param": param, "value": text, "folded": folded(text)}
        for param, text in found.strings
    )
    named = {target for _, target in found.references}
    side[record_reference].extend(
        {"record": number, "param": param, "target": target}
        for param, target in (*found.references, *_unnamed(cited, named))
    )


def _unnamed(cited: Iterable[tuple[str, str]], named: set[str]) -> set[tuple[str, str]]:
    return {(param, target) for param, target in cited if param != CITES or target not in named}


def cited_by(resource: Values, references: Iterable[Values]) -> set[tuple[str, str]]:
    """What a record takes labels from, as (CITES or WORDS, target).

    A report or the like: each record that it refers to; who and where is no record of the patient's. A record
    of words only: its encounter.
    """
    if is_unjudged(resource):
        return {(WORDS, each) for each in encounters_of(resource) if len(each) <= MAX_TARGET}
    if not TYPES[resource["resourceType"]].cites:
        return set()
    texts = {node["reference"] for node in references}
    return {(CITES, edge_of(each)) for each in texts if _is_of_a_patient(type_of(each))}


def _is_of_a_patient(type_: str) -> bool:
    return type_ in TYPES and bool(TYPES[type_].patient)
