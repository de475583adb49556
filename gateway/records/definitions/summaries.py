"""Which elements of a resource belong to its summary, must always be there, or change the meaning of others.

FHIR R4 4.0.1 StructureDefinitions (isSummary, min, isModifier) of the types that are served. Not here:
cutting (subsets). A test compares the table with the published package.
"""

from types import MappingProxyType
from typing import NamedTuple


class Elements(NamedTuple):
    """Names of top-level elements; a choice such as value[x] is named without its brackets.

    `summary` is [isSummary]; `inside` are elements of summary elements that are not summary themselves;
    `kept` are the mandatory ones and those that change the meaning of the rest.
    """

    summary: frozenset[str]
    inside: frozenset[str]
    mandatory: frozenset[str]
    modifiers: frozenset[str]


# Of every resource: what names it, and what changes its meaning.
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})


def _elements(summary: str, mandatory: str = "", modifiers: str = "", inside: str = "") -> Elements:
    return Elements(*(frozenset(names.split()) for names in (summary, inside, mandatory, modifiers)))


OF_TYPE = MappingProxyType({
    "Patient": _elements(
        "identifier active name telecom gender birthDate deceased address managingOrganization link", "",
        "active deceased link"),
    "Observation": _elements(
        "identifier basedOn partOf status code subject focus encounter effective issued performer value "
        "hasMember derivedFrom component", "status code", "status",
        "component.dataAbsentReason component.interpretation component.referenceRange"),
    "DiagnosticReport": _elements(
        "identifier status category code subject encounter effective issued performer resultsInterpreter "
        "media", "status code", "status", "media.comment"),
    "ImagingStudy": _elements(
        "identifier status modality subject encounter started basedOn referrer interpreter endpoint "
        "numberOfSeries numberOfInstances procedureReference procedureCode location reasonCode "
        "reasonReference note description series", "status subject", "status", "series.instance"),
    "MedicationRequest": _elements(
        "status intent priority doNotPerform reported medication subject authoredOn requester performerType "
        "instantiatesCanonical instantiatesUri basedOn groupIdentifier",
        "status intent medication subject", "status intent doNotPerform"),
    "AllergyIntolerance": _elements(
        "identifier clinicalStatus verificationStatus type category criticality code patient asserter",
        "patient", "clinicalStatus verificationStatus"),
    "Condition": _elements(
        "identifier clinicalStatus verificationStatus code bodySite subject encounter onset recordedDate "
        "recorder asserter", "subject", "clinicalStatus verificationStatus"),
    "Immunization": _elements(
        "status vaccineCode patient occurrence primarySource performer note isSubpotent",
        "status vaccineCode patient occurrence", "status isSubpotent"),
    "Procedure": _elements(
        "identifier instantiatesCanonical instantiatesUri basedOn partOf status statusReason category code "
        "subject encounter performed recorder asserter performer location reasonCode reasonReference "
        "bodySite outcome", "status subject", "status", "performer.onBehalfOf"),
    "DocumentReference": _elements(
        "masterIdentifier identifier status docStatus type category subject date author relatesTo "
        "description securityLabel content context", "status content", "status",
        "context.encounter context.event context.facilityType context.practiceSetting "
        "context.sourcePatientInfo context.related"),
    "Encounter": _elements(
        "identifier status class type serviceType subject episodeOfCare participant appointment reasonCode "
        "reasonReference diagnosis", "status class", "status",
        "participant.period diagnosis.use diagnosis.rank"),
    "ServiceRequest": _elements(
        "identifier instantiatesCanonical instantiatesUri basedOn replaces requisition status intent "
        "category priority doNotPerform code orderDetail quantity subject encounter occurrence asNeeded "
        "authoredOn requester performerType performer locationCode locationReference reasonCode "
        "reasonReference specimen bodySite patientInstruction", "status intent subject",
        "status intent doNotPerform"),
    "Provenance": _elements("target recorded", "target recorded agent"),
    "Consent": _elements(
        "identifier status scope category patient dateTime performer organization source policyRule "
        "verification provision", "status scope category", "status scope",
        "verification.verifiedWith verification.verificationDate provision.actor provision.provision"),
})  # fmt: skip
