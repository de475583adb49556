"""Tells how old a person is at least, from a birth date that may be a year or a month only (FHIR R4 date)."""

from __future__ import annotations

from datetime import UTC, datetime


def age_years(birth_date: str, at: int) -> int | None:
    """Full years that a person has at least; a year or a month as birth date counts as its last day."""
    parts = [int(part) for part in birth_date.split("-") if part.isdigit()]
    if not parts:
        return None
    year, month, day = (*parts, 12, 31)[:3] if len(parts) == 1 else (*parts, 31)[:3]
    then = datetime.fromtimestamp(at / 1000, UTC)
    return then.year - year - ((then.month, then.day) < (month, day))
