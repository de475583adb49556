"""One order, one rule, one good result: what the tests of reuse change, member by member."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from consent.reuse.orders import Context, Order
from consent.reuse.results import Result, Value
from consent.reuse.rules import DAY_MS, Rule, Words

HERE, THERE = "a" * 32, "b" * 32
PATIENT = "chart-1"
NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
LOINC = "http://loinc.org|"
HBA1C, GLUCOSE, GLUCOSE_BLOOD = LOINC + "4548-4", LOINC + "2345-7", LOINC + "2339-0"
NOTHING = Context()

RULE = Rule(
    group="hba1c",
    situation="t2dm-unstable",
    version=1,
    codes=frozenset({HBA1C}),
    min_interval_ms=60 * DAY_MS,
    window_ms=60 * DAY_MS,
    never=False,
    group_words=Words("糖化血红蛋白", "HbA1c"),
    situation_words=Words("控制未稳定", "not stable"),
    status="approved",
    approved_by="罗主任（合成）",
    approved_at=NOW - 100 * DAY_MS,
)
DEFAULT = replace(
    RULE,
    situation="default",
    min_interval_ms=40 * DAY_MS,
    window_ms=None,
    situation_words=Words("未注明", "none"),
)
RULES = (DEFAULT, RULE)

ORDER = Order(
    group="hba1c",
    patient=PATIENT,
    institution=HERE,
    at=NOW,
    codes=frozenset({HBA1C}),
    situation="t2dm-unstable",
    specimen="venous-blood",
    method="高效液相色谱法",
    unit="%",
    age_years=52,
)

RESULT = Result(
    ref="Observation/good",
    source=THERE,
    own=False,
    patient=PATIENT,
    codes=frozenset({HBA1C}),
    status="final",
    value=Value("6.1", "%"),
    collected=NOW - 12 * DAY_MS,
    precision="instant",
    specimen="venous-blood",
    method="高效液相色谱法",
    grant="c" * 64,
)


def result(ref: str = "good", *, days: float | None = None, **members: Any) -> Result:
    """The good result with other members; `days`: how long ago it was collected."""
    if days is not None:
        members["collected"] = NOW - int(days * DAY_MS)
    return replace(RESULT, ref=f"Observation/{ref}", **members)
