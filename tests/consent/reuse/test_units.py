"""Units that a value may change between without a guess, and those that it may not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from consent.reuse.units import factor


@pytest.mark.parametrize(
    ("given", "wanted", "times"),
    [
        ("10*3/uL", "10*9/L", "1"),
        ("10^9/L", "10*9/L", "1"),
        ("10*6/uL", "10*12/L", "1"),
        ("ug/L", "ng/mL", "1"),
        ("g/dL", "g/L", "10"),
        ("mg/dL", "g/L", "0.01"),
        ("mmol/L", "umol/L", "1000"),
        ("m[IU]/L", "u[IU]/mL", "1"),
        ("{INR}", "{INR}", "1"),
        ("[pH]", "[pH]", "1"),
    ],
)
def test_converts(given: str, wanted: str, times: str) -> None:
    assert factor(given, wanted) == Decimal(times)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param("mL/min", "mL/min/{1.73_m2}", id="an annotation of the body surface"),
        pytest.param("mg/dL", "mmol/L", id="mass to moles needs the analyte"),
        pytest.param("%", "mmol/mol", id="HbA1c is joined by an equation, not by a factor"),
        pytest.param("U/L", "[IU]/L", id="enzyme units and international units"),
        pytest.param("{INR}", "1", id="INR compares with itself only"),
        pytest.param("{nominal}", "{ratio}", id="two annotations"),
        pytest.param("mg/dl", "mg/dL", id="UCUM minds the case"),
        pytest.param("meq/L", "mmol/L", id="equivalents need the charge"),
    ],
)
def test_does_not_convert(given: str, wanted: str) -> None:
    assert factor(given, wanted) is None
    assert factor(wanted, given) is None
