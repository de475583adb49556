"""Makes two years of FHIR R4 records for five synthetic people, spread over three institutions.

The same seed and anchor day give the same bytes. Ids do not depend on the day, so making the same people anew
later changes records instead of doubling them. Not here: importing them (seed).
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from gateway.demo.laboratory import BY_NAME, PANELS, Analyte, range_of
from gateway.demo.maker import Json, Maker, concept, reference
from gateway.demo.people import LOINC, PEOPLE, Person
from gateway.demo.story import story_of
from gateway.records.elements.json_text import Number, write
from gateway.reuse.reading.results import MARK_SCOPE, MARKS

SEED = 20260
DAYS = 730
# How many visits in two years, and how many days before the anchor day the last one was.
_VISITS = {"WX": (8, 24), "WT": (12, 9), "QH": (2, 40)}
_STATES_METHOD = {"WX", "QH"}
_STATES_SPECIMEN = {"WX", "QH"}
_PUTS_MARKS = {"WX", "QH"}  # on what passed external quality assessment
_MARK = {
    "system": MARKS,
    "code": "HR",
    "display": "全国HR",
    "extension": [{"url": MARK_SCOPE, "valueString": "全国"}],
}
_VISIT = {"WT": "全科门诊", "QH": "健康体检"}


def bundles(institution: str, anchor: date, seed: int = SEED) -> Iterator[str]:
    """A FHIR collection Bundle as JSON text for each person with a chart at this institution (a code)."""
    for person in PEOPLE:
        if institution in person.charts:
            resources = list(_records(institution, person, anchor, seed))
            yield write(
                {
                    "resourceType": "Bundle",
                    "type": "collection",
                    "entry": [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources],
                }
            )


def _records(institution: str, person: Person, anchor: date, seed: int) -> Iterator[Json]:
    make = Maker(institution, person, anchor, seed)
    yield _patient(make)
    visits, last = _VISITS[institution]
    for number in range(visits):
        yield from _visit(make, number, last + (DAYS - last) * (visits - 1 - number) // visits)
    yield from story_of(make)


def _patient(make: Maker) -> Json:
    person = make.person
    kind = concept(("http://terminology.hl7.org/CodeSystem/v2-0203", "MR", "Medical record number", "病历号"))
    return make.resource(
        "Patient", (),
        identifier=[{"type": kind, "system": f"urn:yaoshi:demo:{make.institution}:chart",
                     "value": person.charts[make.institution]}],
        name=[{"use": "official", "text": person.name, "family": person.name[0], "given": [person.name[1:]]}],
        gender=person.sex, birthDate=person.birth_date,
    )  # fmt: skip


def _visit(make: Maker, number: int, days_ago: int) -> Iterator[Json]:
    at = make.moment(days_ago, make.institution)
    encounter = make.encounter(number, at, _VISIT.get(make.institution, make.person.department + "门诊"))
    yield encounter
    names = [name for name in PANELS[make.institution] if name in make.person.courses]
    results = [_result(make, BY_NAME[name], number, days_ago, at, encounter) for name in names]
    yield from results
    if "systolic" in make.person.courses:
        yield _pressure(make, number, days_ago, at, encounter)
    laboratory = [each for each in results if each["category"][0]["coding"][0]["code"] == "laboratory"]
    yield make.resource(
        "DiagnosticReport", ("laboratory", number), status="final",
        category=[{"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "LAB"}]}],
        code=concept((LOINC, "11502-2", "Laboratory report", "检验报告")), subject=make.subject,
        encounter=reference(encounter), effectiveDateTime=at, issued=at,
        result=[reference(each) for each in laboratory],
    )  # fmt: skip


def _value(make: Maker, name: str, days_ago: int, decimals: int) -> str:
    course = make.person.courses[name]
    random = Random(f"{make.seed}/{make.patient_id}/{name}/{days_ago}")  # noqa: S311 - not a secret
    progress = 1 - min(days_ago, DAYS) / DAYS
    value = course.start + (course.end - course.start) * progress + random.gauss(0, course.spread)
    return f"{max(value, 10**-decimals):.{decimals}f}"


def _category(code: str) -> list[Json]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return [{"coding": [{"system": system, "code": code}]}]


def _result(make: Maker, analyte: Analyte, number: int, days_ago: int, at: str, encounter: Json) -> Json:
    value = _value(make, analyte.name, days_ago, analyte.decimals)
    low, high = range_of(analyte, make.institution, make.person.sex)
    in_laboratory = analyte.category == "laboratory"
    specimen = analyte.specimen if in_laboratory and make.institution in _STATES_SPECIMEN else None
    result = make.resource(
        "Observation", (analyte.name, number), status="final", category=_category(analyte.category),
        code=concept((LOINC, analyte.loinc, analyte.english, analyte.chinese)), subject=make.subject,
        encounter=reference(encounter), effectiveDateTime=at, issued=at if in_laboratory else None,
        valueQuantity=_quantity(value, analyte),
        interpretation=_interpretation(make.institution, value, low, high),
        method={"text": analyte.method} if analyte.method and make.institution in _STATES_METHOD else None,
        specimen={"display": specimen} if specimen else None,
        referenceRange=_reference_range(analyte, low, high),
    )  # fmt: skip
    if analyte.marked and make.institution in _PUTS_MARKS:
        result["meta"]["tag"].append(_MARK)
    return result


def _quantity(value: str, analyte: Analyte) -> Json:
    unit = {"unit": analyte.unit, "system": "http://unitsofmeasure.org", "code": analyte.ucum}
    return {"value": Number(value), **unit}


def _reference_range(analyte: Analyte, low: str | None, high: str | None) -> list[Json] | None:
    ends = {"low": low, "high": high}
    found = {name: _quantity(value, analyte) for name, value in ends.items() if value is not None}
    return [found] if found else None


def _interpretation(institution: str, value: str, low: str | None, high: str | None) -> list[Json] | None:
    """The hospital flags every result, the examination centre only unusual ones, the clinic none."""
    if institution == "WT" or (low is None and high is None):
        return None
    code = "H" if high and float(value) > float(high) else "L" if low and float(value) < float(low) else "N"
    if code == "N" and institution == "QH":
        return None
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    return [{"coding": [{"system": system, "code": code}]}]


def _pressure(make: Maker, number: int, days_ago: int, at: str, encounter: Json) -> Json:
    systolic = _value(make, "systolic", days_ago, 0)
    diastolic = str(round(int(systolic) * 0.58))
    parts = (
        ((LOINC, "8480-6", "Systolic blood pressure", "收缩压"), systolic),
        ((LOINC, "8462-4", "Diastolic blood pressure", "舒张压"), diastolic),
    )
    unit = {"unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
    return make.resource(
        "Observation", ("pressure", number), status="final", category=_category("vital-signs"),
        code=concept((LOINC, "85354-9", "Blood pressure panel with all children optional", "血压")),
        subject=make.subject, encounter=reference(encounter), effectiveDateTime=at,
        component=[
            {"code": concept(coded), "valueQuantity": {"value": Number(value), **unit}}
            for coded, value in parts
        ],
    )  # fmt: skip
