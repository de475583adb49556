"""Turns FHIR dates into ranges [low, high) of milliseconds UTC, as wide as they were written.

FHIR R4 datatypes date, dateTime, instant, Period, Timing; search by date. A time
without a zone is read as UTC. Not here: precision is never invented; the stored text keeps the date as it
came.
"""

import re
from datetime import date
from typing import Any

Range = tuple[int | None, int | None]  # None: open on that side

_DAY_MS = 86_400_000
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)


def moment_range(text: object) -> tuple[int, int] | None:
    """[low, high) of a date, dateTime or instant; None when it is none."""
    match = _DATE.fullmatch(text) if type(text) is str else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        if hour is None:
            return _day_range(int(year), *(None if part is None else int(part) for part in (month, day)))
        low = _midnight(int(year), int(month), int(day))
    except ValueError:  # the thirtieth of February, year 0
        return None
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    low += (int(hour) * 60 + int(minute)) * 60_000 - _offset(zone)
    if second is None:
        return low, low + 60_000
    low += min(int(second), 59) * 1000  # a leap second is filed under the one before it
    if fraction is None:
        return low, low + 1000
    low += int(fraction[:3].ljust(3, "0"))
    return low, low + 10 ** max(0, 3 - len(fraction))


def _day_range(year: int, month: int | None, day: int | None) -> tuple[int, int]:
    low = _midnight(year, 1 if month is None else month, 1 if day is None else day)
    if day is not None:
        return low, low + _DAY_MS
    if month is not None and month < 12:
        return low, _midnight(year, month + 1, 1)
    return low, _midnight(year, 12, 31) + _DAY_MS


def _midnight(year: int, month: int, day: int) -> int:
    return (date(year, month, day) - date(1970, 1, 1)).days * _DAY_MS


def _offset(zone: str | None) -> int:
    if zone is None or zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:6])
    return (-minutes if zone[0] == "-" else minutes) * 60_000


def value_range(value: object) -> Range | None:
    """[low, high) of a dateTime text, a Period or a Timing; None when it says no time."""
    if not isinstance(value, dict):
        return moment_range(value)
    if "event" in value or "repeat" in value:
        return _timing_range(value)
    start, end = moment_range(value.get("start")), moment_range(value.get("end"))
    if start is None and end is None:
        return None
    return start and start[0], end and end[1]


def _timing_range(timing: dict[str, Any]) -> Range | None:
    events = timing.get("event")
    ranges = [found for event in events if (found := moment_range(event))] if isinstance(events, list) else []
    if ranges:
        return min(low for low, _ in ranges), max(high for _, high in ranges)
    repeat = timing.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    return value_range(bounds) if isinstance(bounds, dict) and "event" not in bounds else None
