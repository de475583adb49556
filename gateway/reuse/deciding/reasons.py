"""Why a test is repeated although a result could be used: twelve codes, six of them of the national measures.

CodeSystem https://yaoshi.example/CodeSystem/repeat-reason; 国卫医发〔2022〕6号 names the first six. Which of
them need the clinician's own words is said here; the words people read are the screens'.
"""

from __future__ import annotations

SYSTEM = "https://yaoshi.example/CodeSystem/repeat-reason"
REPEAT_REASONS = (
    "condition-changed",
    "fast-changing",
    "major-decision",
    "emergency",
    "legal-assessment",
    "other-clinical",
    "quality-doubt",
    "method-unfit",
    "too-old",
    "not-retrievable",
    "patient-wish",
    "study-protocol",
)
WITH_WORDS = frozenset({"other-clinical", "quality-doubt"})
INFORMED = ("yes", "no", "not-possible")

# What the committed details say instead of a reason.
USED, UNDONE = "used", "undone"
