"""Compares the patient of the own chart with the patient that the records came with.

docs/formats/scope.md: demographics are always in a grant, and the asking institution is warned when chart and
records disagree. FHIR R4 Patient (8.1): name, gender, birthDate. Not here: matching people (nobody is ever
merged).
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from gateway.records.patients import chart_values, get_patient

if TYPE_CHECKING:
    from gateway.composition import Gateway


def chart_demographics(gw: Gateway, institution: str, patient_id: str | None) -> dict[str, str] | None:
    """{name, sex, birth_date} of the own chart, or None when the request was made without one."""
    if patient_id is None:
        return None
    with gw.db.connect() as conn:
        row = get_patient(conn, institution, patient_id)
    return None if row is None else {"name": row.name, "sex": row.sex, "birth_date": row.birth_date}


def pulled_demographics(patient: dict[str, Any]) -> dict[str, str]:
    """{name, sex, birth_date} of a FHIR Patient, read as an import would read it."""
    values = chart_values(patient)
    return {name: values[name] for name in ("name", "sex", "birth_date")}


def compare(chart: dict[str, str] | None, given: list[dict[str, str]]) -> str:
    """match, differs or no-chart; sources that contradict each other differ as well."""
    everybody = given if chart is None else [chart, *given]
    if len({_comparable(one) for one in everybody}) > 1:
        return "differs"
    return "no-chart" if chart is None else "match"


def _comparable(one: dict[str, str]) -> tuple[str, str, str]:
    # The same name may be written with other spaces, widths or word order; birth date and sex may not differ.
    folded = unicodedata.normalize("NFKC", one["name"]).casefold()
    words = sorted(word.strip(",") for word in folded.split())
    name = "".join(words) if folded.isascii() else "".join(folded.split())
    return name, one["sex"], one["birth_date"]
