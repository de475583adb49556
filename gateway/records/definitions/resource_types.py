"""Which FHIR resources are stored, whose they are, and by which of their elements they are searched.

FHIR R4 4.0.1. The same table drives import, search and the capability statement. Not here: how an element is
read (facts) or compared (conditions), and the parameters that every type has (parameters.OF_ALL).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from gateway.records.definitions.further_types import FURTHER
from gateway.records.definitions.parameters import OF_ALL, Parameter, Paths, code, date, reference, token

_HL7 = "http://hl7.org/fhir/"


@dataclass(frozen=True)
class ResourceType:
    """One stored resource type. `patient` is the element that names whose record it is; empty: nobody's.

    `includes` are reference parameters whose targets may come along; `revincludes` are "Type:parameter" whose
    resources may.
    """

    name: str
    patient: str = ""
    parameters: tuple[Parameter, ...] = ()
    clinical: Paths = ()  # the record's own time: the first element that has one
    code: str = "code"  # the token parameter that says what the record is about
    cites: bool = False  # takes the labels of what it contains or cites
    includes: tuple[str, ...] = ()
    revincludes: tuple[str, ...] = ("Provenance:target",)

    @cached_property
    def by_name(self) -> Mapping[str, Parameter]:
        """Every parameter of its own and of all types."""
        return MappingProxyType({each.name: each for each in (*OF_ALL, *self.parameters)})

    @property
    def sorts(self) -> frozenset[str]:
        """Date parameters that order by the record's own time, as `date` does for every type."""
        named = {each.name for each in self.parameters if each.type == "date" and self._is_clinical(each)}
        return frozenset(named | {"date"})

    def _is_clinical(self, parameter: Parameter) -> bool:
        return bool(self.clinical) and parameter.paths[0] == self.clinical[0]


_EFFECTIVE = "effectiveDateTime effectivePeriod effectiveInstant effectiveTiming"
_ENCOUNTER = reference("encounter", "Encounter EpisodeOfCare")
# What an encounter contains gives it its labels, whether or not the standard searches by it.
_CONTAINED_IN = Parameter("encounter", "reference", ("encounter",), is_public=False)
_ORDERS = "ServiceRequest CarePlan ImmunizationRecommendation MedicationRequest NutritionOrder DeviceRequest"
_PERFORMED_ORDERS = "ServiceRequest CarePlan Appointment AppointmentResponse Task"
_AGENTS = "Practitioner PractitionerRole RelatedPerson Patient Device Organization"

_NAMES = (
    Parameter("family", "string", ("name.family",)),
    Parameter("given", "string", ("name.given",)),
    Parameter("name", "string",
              ("name.text", "name.family", "name.given", "name.prefix", "name.suffix")),
)  # fmt: skip

_ALL = (
    ResourceType("Patient", parameters=(
        *token("identifier"), *code("gender", _HL7 + "administrative-gender"),
        *date(birthdate="birthDate"), *_NAMES)),
    ResourceType("Observation", "subject", (
        *token("category", "code", component_code="component.code"),
        Parameter("combo-code", "token", rows=("code", "component-code")),
        *code("status", _HL7 + "observation-status"), *date(date=_EFFECTIVE), *_ENCOUNTER,
        *reference("based-on", _ORDERS),
        *reference("has-member", "Observation QuestionnaireResponse MolecularSequence"),
        Parameter("value-quantity", "quantity", ("valueQuantity",))),
        (*_EFFECTIVE.split(), "issued"), includes=("encounter", "has-member")),
    ResourceType("DiagnosticReport", "subject", (
        *token("category", "code"), *code("status", _HL7 + "diagnostic-report-status"),
        *date("issued", date=_EFFECTIVE), *_ENCOUNTER,
        *reference("based-on", _ORDERS), *reference("result", "Observation")),
        (*_EFFECTIVE.split(), "issued"), cites=True, includes=("result",)),
    ResourceType("ImagingStudy", "subject", (
        *token("identifier", modality="modality series.modality", bodysite="series.bodySite"),
        Parameter("_code", "token", ("procedureCode",), is_public=False),
        *code("status", _HL7 + "imagingstudy-status"), *date("started"), *_ENCOUNTER,
        *reference("basedon", _PERFORMED_ORDERS, "basedOn")),
        ("started",), code="_code", includes=("encounter",)),
    ResourceType("MedicationRequest", "subject", (
        *token("category", code="medicationCodeableConcept"),
        *code("status", _HL7 + "CodeSystem/medicationrequest-status"),
        *code("intent", _HL7 + "CodeSystem/medicationrequest-intent"),
        *date(authoredon="authoredOn"), *_ENCOUNTER), ("authoredOn",)),
    ResourceType("AllergyIntolerance", "patient", (
        *token("clinical-status", "verification-status", code="code reaction.substance"),
        *code("category", _HL7 + "allergy-intolerance-category"),
        *code("criticality", _HL7 + "allergy-intolerance-criticality"), *date(date="recordedDate"),
        _CONTAINED_IN),
        ("recordedDate", "onsetDateTime", "onsetPeriod")),
    ResourceType("Condition", "subject", (
        *token("category", "code", "clinical-status", "verification-status"),
        *date("recorded-date", onset_date="onsetDateTime onsetPeriod"), *_ENCOUNTER),
        ("onsetDateTime", "onsetPeriod", "recordedDate")),
    ResourceType("Immunization", "patient", (
        *token("vaccine-code"), *code("status", _HL7 + "event-status"), *date(date="occurrenceDateTime"),
        _CONTAINED_IN),
        ("occurrenceDateTime", "recorded"), code="vaccine-code"),
    ResourceType("Procedure", "subject", (
        *token("category", "code"), *code("status", _HL7 + "event-status"),
        *date(date="performedDateTime performedPeriod"), *_ENCOUNTER),
        ("performedDateTime", "performedPeriod")),
    ResourceType("DocumentReference", "subject", (
        *token("type", "category", "security-label", identifier="identifier masterIdentifier"),
        *code("status", _HL7 + "document-reference-status"),
        *date("date", period="context.period"),
        *reference("encounter", "Encounter EpisodeOfCare", "context.encounter")),
        ("date", "context.period"), code="type", cites=True),
    ResourceType("Encounter", "subject", (
        *token("type", "class"), *code("status", _HL7 + "encounter-status"), *date(date="period")),
        ("period",), code="type", cites=True),
    ResourceType("ServiceRequest", "subject", (
        *token("category", "code"), *code("status", _HL7 + "request-status"),
        *code("intent", _HL7 + "request-intent"),
        *date(authored="authoredOn",
              occurrence="occurrenceDateTime occurrencePeriod occurrenceTiming"), *_ENCOUNTER),
        ("authoredOn", "occurrenceDateTime", "occurrencePeriod", "occurrenceTiming")),
    ResourceType("Provenance", "target", (
        *date("recorded", when="occurredDateTime"),
        *reference("target", ""), *reference("agent", _AGENTS, "agent.who")),
        ("recorded",), cites=True, revincludes=()),
    *(ResourceType(*each) for each in FURTHER),
    ResourceType("Organization", parameters=token("identifier"), revincludes=()),
    ResourceType("Practitioner", parameters=token("identifier"), revincludes=()),
    ResourceType("Location", parameters=token("identifier"), revincludes=()),
)  # fmt: skip

TYPES: MappingProxyType[str, ResourceType] = MappingProxyType({each.name: each for each in _ALL})


def belongs_to_patient(name: str) -> bool:
    """Whether resources of this type are some patient's record (the Patient itself included)."""
    return name == "Patient" or bool(TYPES[name].patient)
