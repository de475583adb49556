"""Reads imaging studies out of FHIR resources, with what the reuse rules for imaging look at.

FHIR R4 ImagingStudy, and the DiagnosticReports that name one. Images count as retrievable only where the
study names an endpoint. Contrast is nowhere coded reliably, so it stays unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from consent.reuse.imaging import BOTH_SIDES, Study
from consent.reuse.results import Result
from gateway.records.elements.facts import values_at
from gateway.reuse.reading.collection import moment

Json = dict[str, Any]

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_SIDES = {"7771000": "left", "24028007": "right", "51440002": BOTH_SIDES}


def studies_of(
    resources: Iterable[Json], *, source: str, own: bool, patient: str, grant: str | None = None
) -> tuple[Study, ...]:
    """A Study for each ImagingStudy; `resources` are of one patient at one institution."""
    given = list(resources)
    reports: dict[str, str] = {}
    for each in given:
        if each.get("resourceType") == "DiagnosticReport" and isinstance(each.get("status"), str):
            for target in values_at(each, "imagingStudy.reference"):
                if type(target) is str:
                    reports[target] = each["status"]
    return tuple(
        _study(each, reports, source, own, patient, grant)
        for each in given
        if each.get("resourceType") == "ImagingStudy"
    )


def _study(
    resource: Json, reports: dict[str, str], source: str, own: bool, patient: str, grant: str | None
) -> Study:
    ref = f"ImagingStudy/{resource.get('id', '')}"
    started = next((each for each in values_at(resource, "started") if type(each) is str), "")
    when = moment(started)
    modalities = [*values_at(resource, "series.modality"), *values_at(resource, "modality")]
    sides = {_SIDES.get(each) for each in values_at(resource, "series.laterality.code") if type(each) is str}
    status = resource.get("status")
    result = Result(
        ref=ref,
        source=source,
        own=own,
        patient=patient,
        codes=frozenset(
            f"{DICOM}|{code}" for each in modalities for code in values_at({"of": each}, "of.code")
        ),
        status=status if isinstance(status, str) else "unknown",
        value=None,
        collected=when.at,
        precision=when.precision,
        grant=grant,
    )
    endpoints = [
        *values_at(resource, "endpoint.reference"),
        *values_at(resource, "series.endpoint.reference"),
    ]
    return Study(
        result,
        body_sites=frozenset(_body_sites(resource)),
        side=sides.pop() if len(sides) == 1 else None,
        images=True if endpoints else None,
        report=reports.get(ref),
    )


def _body_sites(resource: Json) -> Iterable[str]:
    for site in values_at(resource, "series.bodySite"):
        if isinstance(site, dict) and type(site.get("code")) is str:
            yield f"{site.get('system', '')}|{site['code']}"
