"""Which FHIR resource types are left out of the store, and why: said to the operator beside each count.

FHIR R4 resource types. A patient's record that a person can read is stored (resource_types, further_types).
What is left out holds the same facts again for another use, belongs to somebody else, or is no record.
"""

from types import MappingProxyType

_REASONS = {
    "Accounts repeat diagnoses and treatments for a payer; the records themselves are stored": (
        "Account ChargeItem ChargeItemDefinition Claim ClaimResponse Contract Coverage "
        "CoverageEligibilityRequest CoverageEligibilityResponse EnrollmentRequest EnrollmentResponse "
        "ExplanationOfBenefit InsurancePlan Invoice PaymentNotice PaymentReconciliation"
    ),
    "Stock and its delivery are not the patient's treatment": "SupplyDelivery SupplyRequest",
    "It runs the sender's own work and ends with it": (
        "Appointment AppointmentResponse Communication CommunicationRequest DeviceMetric Endpoint "
        "HealthcareService MessageHeader Schedule Slot Subscription Task"
    ),
    "Consents and logs of another system decide and prove nothing here": (
        "AuditEvent Consent VerificationResult"
    ),
    "It is about another person than the patient": "Group Person RelatedPerson",
    "Answers cannot be judged for their sensitivity without the form; what was drawn from them is stored": (
        "Questionnaire QuestionnaireResponse"
    ),
    "It only holds or lists other things, and names no patient of its own": (
        "Basic Binary Bundle DocumentManifest List OperationOutcome Parameters"
    ),
    "It defines something for everybody and is nobody's record": (
        "ActivityDefinition CapabilityStatement CodeSystem CompartmentDefinition ConceptMap "
        "DeviceDefinition EventDefinition Evidence EvidenceVariable ExampleScenario GraphDefinition "
        "ImplementationGuide Library Measure MedicationKnowledge MessageDefinition NamingSystem "
        "ObservationDefinition OperationDefinition PlanDefinition ResearchDefinition "
        "ResearchElementDefinition SearchParameter SpecimenDefinition StructureDefinition StructureMap "
        "Substance TerminologyCapabilities TestReport TestScript ValueSet"
    ),
    "It counts or studies many people": "MeasureReport ResearchStudy ResearchSubject",
}  # fmt: skip

LEFT_OUT = MappingProxyType({name: why for why, names in _REASONS.items() for name in names.split()})


def why_left_out(type_: str) -> str:
    """Why resources of a type are not stored; empty when nothing is said of it."""
    return LEFT_OUT.get(type_, "")
