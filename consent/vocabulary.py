"""The closed lists of words that grants, records and log entries may use.

Codes are HL7's (v3-ActReason, v3-ActCode, v3-Confidentiality) where HL7 has them; names in two languages
belong to the screens. A word that is not on a list is refused, never guessed.
"""

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"

# What a patient recognises as one sort of record. Each stored FHIR resource has exactly one.
KINDS = (
    "laboratory",
    "vital-signs",
    "imaging",
    "medication",
    "allergy",
    "condition",
    "immunization",
    "procedure",
    "document",
    "order",
    "encounter",
    "other",
)

# Purposes of use (v3-ActReason, descendants of PurposeOfUse) that a request may name.
PURPOSES = frozenset(
    {
        "TREAT",
        "ETREAT",
        "BTG",
        "HPAYMT",
        "COVERAGE",
        "HOPERAT",
        "CAREMGT",
        "HQUALIMP",
        "HLEGAL",
        "PATADMIN",
        "TRAIN",
        "HRESCH",
        "CLINTRCH",
        "DSRCH",
        "PUBHLTH",
        "DISASTER",
        "THREAT",
        "PATRQT",
        "FAMRQT",
        "PWATRNY",
        "SUPNWK",
        "HMARKT",
    }
)

# Marketing and training are no reason to open a patient's records; breaking the glass is never a grant.
BREAK_GLASS = "BTG"
GRANT_PURPOSES = PURPOSES - {"HMARKT", "TRAIN", BREAK_GLASS}

# Why the glass is broken; the last one needs words.
GLASS_REASONS = (
    "unconscious",
    "life-threatening",
    "severe-trauma",
    "poisoning-unknown-drug",
    "allergy-check",
    "newborn-or-child-alone",
    "public-health-threat",
    "other-emergency",
)
GLASS_REASONS_WITH_TEXT = frozenset({"other-emergency"})

# What a review of a broken glass finds.
VERDICTS = ("justified", "not-justified")

# v3-Confidentiality up to normal; a record without a label is N. V, and HIDDEN for what the patient hid, are
# on no list here, so no scope can name them.
CONFIDENTIALITY_OPEN = frozenset({"U", "L", "M", "N"})
RESTRICTED = "R"

# HL7 prints these codes in trees that differ between releases, so the families are a table of ours. A family
# is what a screen shows together; a grant still names each code.
FAMILIES = (
    frozenset({"ETH", "SUD", "ETHUD", "OPIOIDUD"}),
    frozenset({"PSY", "MH", "PSYTHPN"}),
    frozenset({"SDV", "VIO"}),
    frozenset({"SEX", "STD"}),
    frozenset({"HIV"}),
    frozenset({"GDIS"}),
    frozenset({"SCA"}),
    frozenset({"DVD"}),
    frozenset({"SPI"}),
)
SENSITIVITY = frozenset().union(*FAMILIES)

# Why an institution's own staff looked.
BASES = ("own-care", "own-administration", "patient-request")

# Why the details behind a commitment were erased.
ERASURE_BASES = ("retention-ended", "patient-request", "court-order", "recorded-in-error")

# What a link's key may do.
RIGHTS = ("give", "manage", "revoke")
