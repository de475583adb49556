"""Finds and shows the patients of one institution: what the desk and the head of a screen need.

A chart row is made from each stored Patient resource. Not here: who may look, and writing the look down.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from gateway.records.elements.facts import values_at
from gateway.records.tables import chart

_SEXES = frozenset({"male", "female", "other", "unknown"})
_LONGEST_TEXT = 200
_FIRST_UNJOINED = "\u2e80"  # from here on (Han, kana, hangul) names are written without blanks


@dataclass(frozen=True)
class PatientRow:
    """One chart. `birth_date` is as stored (a year, a month, a day or ""), `identifier` the chart number."""

    id: str
    institution: str
    name: str
    sex: str
    birth_date: str
    identifier: str
    identifiers: list[dict[str, str]]


def find_patients(conn: Connection, institution: str, text: str, limit: int = 20) -> list[PatientRow]:
    """Charts that match every word typed: part of a name, of a number or of the birth date."""
    words = _folded(text)[:_LONGEST_TEXT].split()
    if not words:
        return []
    query = select(chart).where(chart.c.institution == institution)
    for word in words:
        query = query.where(chart.c.search_text.contains(word, autoescape=True))
    rows = conn.execute(query.order_by(chart.c.name, chart.c.identifier, chart.c.patient_id).limit(limit))
    return [_row(row) for row in rows]


def get_patient(conn: Connection, institution: str, patient_id: str) -> PatientRow | None:
    """One chart by its local id."""
    here = (chart.c.institution == institution) & (chart.c.patient_id == patient_id)
    row = conn.execute(select(chart).where(here)).first()
    return None if row is None else _row(row)


def find_charts(conn: Connection, institution: str, number: str) -> list[PatientRow]:
    """The charts that have exactly this number: a local id, or the value of one of their identifiers."""
    here = (chart.c.institution == institution) & (
        (chart.c.patient_id == number) | chart.c.search_text.contains(_folded(number), autoescape=True)
    )
    rows = [_row(row) for row in conn.execute(select(chart).where(here).order_by(chart.c.patient_id))]
    return [
        row for row in rows
        if number == row.id or any(each["value"] == number for each in row.identifiers)
    ]  # fmt: skip


def _row(row: Row[Any]) -> PatientRow:
    return PatientRow(
        row.patient_id, row.institution, row.name, row.sex, row.birth_date, row.identifier,
        json.loads(row.identifiers),
    )  # fmt: skip


def chart_values(resource: dict[str, Any]) -> dict[str, str]:
    """The columns of a chart that come from a Patient resource."""
    identifiers = _identifiers(resource)
    name, sex, birth_date = _name(resource), resource.get("gender"), resource.get("birthDate")
    number = _chart_number(resource) or (identifiers[0]["value"] if identifiers else "")
    values = {
        "name": name,
        "sex": sex if type(sex) is str and sex in _SEXES else "unknown",
        "birth_date": birth_date[:10] if type(birth_date) is str else "",
        "identifier": number,
        "identifiers": json.dumps(identifiers, ensure_ascii=False),
    }
    typed = [name, name.replace(" ", ""), values["birth_date"], *(each["value"] for each in identifiers)]
    return {**values, "search_text": _folded(" ".join(typed))}


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _identifiers(resource: dict[str, Any]) -> list[dict[str, str]]:
    found = []
    for each in values_at(resource, "identifier"):
        value = each.get("value") if isinstance(each, dict) else None
        if type(value) is str and value:
            system = each.get("system")
            found.append({"system": system if type(system) is str else "", "value": value})
    return found


def _chart_number(resource: dict[str, Any]) -> str:
    for each in values_at(resource, "identifier"):
        codes = values_at(each, "type.coding.code") if isinstance(each, dict) else []
        if "MR" in codes and type(each.get("value")) is str:
            return each["value"]
    return ""


def _name(resource: dict[str, Any]) -> str:
    names = [each for each in values_at(resource, "name") if isinstance(each, dict)]
    chosen = next((each for each in names if each.get("use") == "official"), names[0] if names else {})
    if type(chosen.get("text")) is str and chosen["text"].strip():
        return chosen["text"].strip()
    family = [each for each in values_at(chosen, "family") if type(each) is str]
    given = [each for each in values_at(chosen, "given") if type(each) is str]
    if any(part[:1] >= _FIRST_UNJOINED for part in family):
        return "".join(family + given)
    return " ".join(given + family)
