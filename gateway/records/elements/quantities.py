"""Turns a measured quantity into the range of numbers that it may mean, and a searched number likewise.

FHIR R4 datatype Quantity; search by quantity (a searched 5.4 means 5.35 up to 5.45; behind a prefix it is
exact). The range only serves to find a record: what is shown and released are the digits as written. Not
here: converting units; to a search 1 g and 1000 mg are two things.
"""

import math
import re
from decimal import Decimal
from typing import Any, NamedTuple

from gateway.records.elements.json_text import Number

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,30})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_MAX_TEXT = 64
_NEARLY = Decimal("0.1")  # "approximately" is within a tenth, as the standard recommends


class Quantity(NamedTuple):
    """A stored quantity: every number that it may be lies in [low, high]; texts are "" where absent."""

    low: float
    high: float
    system: str
    code: str
    unit: str


class Searched(NamedTuple):
    """A searched number: as exact as it was written it is [low, high); `exact` is the number itself."""

    low: float
    high: float
    exact: float
    nearly: tuple[float, float]


def quantity_of(value: Any) -> Quantity | None:
    """The range and unit of a Quantity element; None when it states no number that can be compared."""
    if not isinstance(value, dict) or not isinstance(value.get("value"), Number):
        return None
    number = float(value["value"])
    span = _span(number, value.get("comparator"))
    if not math.isfinite(number) or span is None:
        return None
    return Quantity(*span, *(_text(value.get(name)) for name in ("system", "code", "unit")))


def searched_number(text: str) -> Searched | None:
    """The range that a number in a search means; None when it is no FHIR decimal."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    margin = max(abs(number) * _NEARLY, half)
    nearly = float(number - margin), float(number + margin)
    return Searched(float(number - half), float(number + half), float(number), nearly)


def _span(number: float, comparator: object) -> tuple[float, float] | None:
    match comparator:
        case None:
            return number, number
        case "<":
            return -math.inf, math.nextafter(number, -math.inf)
        case "<=":
            return -math.inf, number
        case ">":
            return math.nextafter(number, math.inf), math.inf
        case ">=":
            return number, math.inf
    return None


def _text(value: object) -> str:
    return value if type(value) is str and len(value) <= _MAX_TEXT else ""
