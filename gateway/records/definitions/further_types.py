"""The resource types that are kept beside the ten: orders, what was given, plans, devices, specimens, papers.

FHIR R4 4.0.1. They are a patient's records and a person can read them, so they are stored, shown under a kind
and held against a scope as all are. Not here: the ten, Encounter and Provenance (resource_types), and the
types that are left out with the reason (left_out).
"""

from typing import NamedTuple

from gateway.records.definitions.parameters import Parameter, Paths, code, date, reference, token

_HL7 = "http://hl7.org/fhir/"
_ENCOUNTER = reference("encounter", "Encounter EpisodeOfCare")
_CONTEXT = (Parameter("encounter", "reference", ("context",), is_public=False),)
_CONTAINED_IN = (Parameter("encounter", "reference", ("encounter",), is_public=False),)


class Further(NamedTuple):
    """One stored type: the fields of resource_types.ResourceType, in its order."""

    name: str
    patient: str = ""
    parameters: tuple[Parameter, ...] = ()
    clinical: Paths = ()
    code: str = "code"
    cites: bool = False


def _own_code(*paths: str) -> Parameter:
    """What a record is about, where R4 has no search parameter for it."""
    return Parameter("_code", "token", paths, is_public=False)


_EFFECTIVE = ("effectiveDateTime", "effectivePeriod")

FURTHER = (
    # Ordered, taken, given.
    Further("NutritionOrder", "patient",
            (*code("status", _HL7 + "request-status"), _own_code("oralDiet.type"), *date(datetime="dateTime"),
             *_ENCOUNTER),
            ("dateTime",), "_code"),
    Further("MedicationStatement", "subject",
            (*token("category", code="medicationCodeableConcept"),
             *code("status", _HL7 + "CodeSystem/medication-statement-status"),
             *date(effective="effectiveDateTime effectivePeriod"), *_CONTEXT),
            (*_EFFECTIVE, "dateAsserted")),
    Further("MedicationAdministration", "subject",
            (*token(code="medicationCodeableConcept"), *code("status", _HL7 + "medication-admin-status"),
             *date(effective_time="effectiveDateTime effectivePeriod"), *_CONTEXT),
            _EFFECTIVE),
    Further("MedicationDispense", "subject",
            (*token(code="medicationCodeableConcept"), *code("status", _HL7 + "medicationdispense-status"),
             *date(whenhandedover="whenHandedOver", whenprepared="whenPrepared"), *_CONTEXT),
            ("whenHandedOver", "whenPrepared")),
    # Planned, judged, warned of: such a record speaks about others and takes their labels.
    Further("CarePlan", "subject",
            (*token("category"), *code("status", _HL7 + "request-status"), *date(date="period"), *_ENCOUNTER),
            ("period", "created"), "category", cites=True),
    Further("CareTeam", "subject",
            (*token("category"), *code("status", _HL7 + "care-team-status"), *date(date="period"),
             *_ENCOUNTER),
            ("period",), "category", cites=True),
    Further("Goal", "subject",
            (*token("category"), _own_code("description"), *date(start_date="startDate")),
            ("startDate", "statusDate"), "_code", cites=True),
    Further("ClinicalImpression", "subject",
            (_own_code("code"), *code("status", _HL7 + "event-status"), *date("date"), *_ENCOUNTER),
            (*_EFFECTIVE, "date"), "_code", cites=True),
    Further("RiskAssessment", "subject",
            (_own_code("code"), *date(date="occurrenceDateTime occurrencePeriod"), *_ENCOUNTER),
            ("occurrenceDateTime", "occurrencePeriod"), "_code", cites=True),
    Further("Flag", "subject",
            (_own_code("code"), *date(date="period"), *_ENCOUNTER), ("period",), "_code"),
    Further("FamilyMemberHistory", "patient",
            (*token("relationship", code="condition.code"), *code("status", _HL7 + "history-status"),
             *date("date")), ("date",)),
    # In the patient's body, or taken from it.
    Further("Device", "patient",
            (*token("type", "identifier"), *code("status", _HL7 + "device-status")), code="type"),
    Further("DeviceUseStatement", "subject", (_own_code("reasonCode"),),
            ("timingDateTime", "timingPeriod", "recordedOn"), "_code"),
    Further("Specimen", "subject",
            (*token("type", "identifier"), *code("status", _HL7 + "specimen-status"),
             *date(collected="collection.collectedDateTime collection.collectedPeriod")),
            ("collection.collectedDateTime", "collection.collectedPeriod", "receivedTime"), "type"),
    # Papers and pictures.
    Further("Composition", "subject",
            (*token("type", "category", "identifier"), *code("status", _HL7 + "composition-status"),
             *date("date", period="event.period"), *_ENCOUNTER),
            ("date",), "type", cites=True),
    Further("Media", "subject",
            (*token("type", "modality", "identifier"), *code("status", _HL7 + "event-status"),
             *date(created="createdDateTime createdPeriod"), *_CONTAINED_IN),
            ("createdDateTime", "createdPeriod", "issued"), "type", cites=True),
    # Nobody's: what and whom records name.
    Further("Medication", "", token("code", "identifier")),
    Further("PractitionerRole", "", token("identifier")),
)  # fmt: skip
