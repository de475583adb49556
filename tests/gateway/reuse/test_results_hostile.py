"""No resource, however broken, stops the reading of the others."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.reuse.reading.context import context_of
from gateway.reuse.reading.histories import history_of
from gateway.reuse.reading.results import MARK_SCOPE, MARKS, results_of
from gateway.reuse.reading.studies import studies_of

AT = "2026-01-01T08:30:00+08:00"
CODE = {"coding": [{"system": "http://loinc.org", "code": "4548-4", "display": "x"}], "text": "x"}
WHOLE: list[dict[str, Any]] = [
    {
        "resourceType": "Observation",
        "id": "o",
        "status": "corrected",
        "code": CODE,
        "identifier": [{"system": "urn:lab", "value": "7"}],
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/observation-replaces",
                "valueReference": {"reference": "Observation/p"},
            }
        ],
        "meta": {
            "tag": [
                {
                    "system": MARKS,
                    "code": "HR",
                    "display": "全国HR",
                    "extension": [{"url": MARK_SCOPE, "valueString": "全国"}],
                }
            ]
        },
        "encounter": {"reference": "Encounter/e"},
        "effectivePeriod": {"start": AT},
        "valueQuantity": {"value": 1, "system": "http://unitsofmeasure.org", "code": "%"},
        "method": CODE,
        "note": [{"text": "x"}],
        "contained": [
            {
                "resourceType": "Specimen",
                "id": "s",
                "type": CODE,
                "condition": [CODE],
                "collection": {"collectedDateTime": AT},
            }
        ],
        "specimen": {"reference": "#s", "display": "血清"},
    },
    {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": CODE,
        "result": [{"reference": "Observation/o"}],
        "imagingStudy": [{"reference": "ImagingStudy/i"}],
    },
    {"resourceType": "Specimen", "id": "s", "type": CODE, "status": "available"},
    {
        "resourceType": "ImagingStudy",
        "id": "i",
        "status": "available",
        "started": AT,
        "endpoint": [{"reference": "Endpoint/1"}],
        "series": [
            {
                "modality": {"code": "CT"},
                "bodySite": {"system": "s", "code": "c"},
                "laterality": {"code": "7771000"},
            }
        ],
    },
    {
        "resourceType": "Encounter",
        "id": "e",
        "class": {"code": "IMP"},
        "type": [CODE],
        "period": {"start": AT, "end": AT},
        "serviceProvider": {"reference": "Organization/1", "display": "x"},
        "location": [{"location": {"display": "ICU"}}],
    },
    {"resourceType": "Condition", "code": CODE, "onsetPeriod": {"start": AT}, "abatementDateTime": AT},
    {"resourceType": "Procedure", "status": "completed", "code": CODE, "performedPeriod": {"start": AT}},
    {"resourceType": "MedicationRequest", "medicationCodeableConcept": CODE, "authoredOn": AT},
]
JUNK = st.sampled_from(
    [
        None,
        True,
        0,
        -1.5,
        "",
        "x",
        "9999-99-99",
        [],
        [[]],
        {},
        {"coding": 1},
        [None],
        [{"code": []}],
        "\ud800",
    ]
)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [path for name in value for path in ((*here, name), *paths(value[name], (*here, name)))]
    if isinstance(value, list):
        return [
            path
            for place in range(len(value))
            for path in ((*here, place), *paths(value[place], (*here, place)))
        ]
    return []


@given(st.lists(st.tuples(st.sampled_from(paths(WHOLE)), JUNK), min_size=1, max_size=6))
def test_junk_anywhere_breaks_nothing(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    resources = copy.deepcopy(WHOLE)
    for path, junk in changes:
        node: Any = resources
        try:
            for step in path[:-1]:
                node = node[step]
            node[path[-1]] = junk
        except (TypeError, KeyError, IndexError):
            continue  # another change took this place away
    given_resources = [each for each in resources if isinstance(each, dict)]
    results_of(given_resources, source="a", own=False, patient="p")
    studies_of(given_resources, source="a", own=False, patient="p")
    context_of(given_resources)
    typed = [each for each in given_resources if isinstance(each.get("resourceType"), str)]
    history_of("p", None, typed)
