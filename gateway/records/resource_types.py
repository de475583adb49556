"""Which FHIR resources are stored, whose they are, and which of their elements can be searched.

FHIR R4 4.0.1 SearchParameter definitions. The same table drives import, search and the capability
statement. Not here: how an element is read (facts) or compared (search).
"""

from dataclasses import dataclass, field
from types import MappingProxyType

Paths = tuple[str, ...]  # dotted element paths; the first that has a value counts for dates, all for tokens
Parameters = MappingProxyType[str, Paths]


def _parameters(**names: str) -> Parameters:
    """Search names (with _ for -; one that begins with _ is the store's own) to paths separated by blanks."""
    return MappingProxyType(
        {name[0] + name[1:].replace("_", "-"): tuple(paths.split()) for name, paths in names.items()}
    )


@dataclass(frozen=True)
class ResourceType:
    """One stored resource type. `patient` is the element that names whose record it is; empty: nobody's."""

    name: str
    patient: str = ""
    tokens: Parameters = field(default_factory=_parameters)
    dates: Parameters = field(default_factory=_parameters)
    clinical: Paths = ()  # the record's own time: the first element that has one
    code: str = "code"  # the token parameter that says what the record is about
    cites: bool = False  # takes the labels of what it contains or cites


_EFFECTIVE = "effectiveDateTime effectivePeriod effectiveInstant effectiveTiming"

_ALL = (
    ResourceType("Patient", tokens=_parameters(identifier="identifier", gender="gender"),
                 dates=_parameters(birthdate="birthDate")),
    ResourceType("Observation", "subject",
                 _parameters(category="category", code="code", status="status"),
                 _parameters(date=_EFFECTIVE),
                 (*_EFFECTIVE.split(), "issued")),
    ResourceType("DiagnosticReport", "subject",
                 _parameters(category="category", code="code", status="status"),
                 _parameters(date=_EFFECTIVE, issued="issued"),
                 (*_EFFECTIVE.split(), "issued"), cites=True),
    ResourceType("ImagingStudy", "subject",
                 _parameters(status="status", modality="modality series.modality",
                             identifier="identifier", _code="procedureCode"),
                 _parameters(started="started"), ("started",), code="_code"),
    ResourceType("MedicationRequest", "subject",
                 _parameters(category="category", code="medicationCodeableConcept", status="status",
                             intent="intent"),
                 _parameters(authoredon="authoredOn"), ("authoredOn",)),
    ResourceType("AllergyIntolerance", "patient",
                 _parameters(category="category", code="code reaction.substance", criticality="criticality",
                             clinical_status="clinicalStatus", verification_status="verificationStatus"),
                 _parameters(date="recordedDate"), ("recordedDate", "onsetDateTime", "onsetPeriod")),
    ResourceType("Condition", "subject",
                 _parameters(category="category", code="code", clinical_status="clinicalStatus",
                             verification_status="verificationStatus"),
                 _parameters(onset_date="onsetDateTime onsetPeriod", recorded_date="recordedDate"),
                 ("onsetDateTime", "onsetPeriod", "recordedDate")),
    ResourceType("Immunization", "patient",
                 _parameters(vaccine_code="vaccineCode", status="status"),
                 _parameters(date="occurrenceDateTime"), ("occurrenceDateTime", "recorded"),
                 code="vaccine-code"),
    ResourceType("Procedure", "subject",
                 _parameters(category="category", code="code", status="status"),
                 _parameters(date="performedDateTime performedPeriod"),
                 ("performedDateTime", "performedPeriod")),
    ResourceType("DocumentReference", "subject",
                 _parameters(type="type", category="category", status="status",
                             identifier="identifier masterIdentifier"),
                 _parameters(date="date", period="context.period"),
                 ("date", "context.period"), code="type", cites=True),
    ResourceType("Encounter", "subject",
                 _parameters(type="type", status="status", **{"class": "class"}),
                 _parameters(date="period"), ("period",), code="type", cites=True),
    ResourceType("Provenance", "target",
                 dates=_parameters(recorded="recorded", when="occurredDateTime occurredPeriod"),
                 clinical=("recorded",), cites=True),
    ResourceType("Organization", tokens=_parameters(identifier="identifier")),
    ResourceType("Practitioner", tokens=_parameters(identifier="identifier")),
    ResourceType("Location", tokens=_parameters(identifier="identifier")),
)  # fmt: skip

TYPES: MappingProxyType[str, ResourceType] = MappingProxyType({each.name: each for each in _ALL})

# Token parameters whose codes a scope's `codes` are compared with.
CODE_PARAMETERS = tuple(sorted({each.code for each in _ALL}))


def belongs_to_patient(name: str) -> bool:
    """Whether resources of this type are some patient's record (the Patient itself included)."""
    return name == "Patient" or bool(TYPES[name].patient)
