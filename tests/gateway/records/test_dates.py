"""Dates become ranges as wide as they were written."""

from datetime import UTC, datetime

import pytest

from gateway.records.elements.dates import moment_range, value_range


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)


RANGES = {
    "a year": ("2020", "2020-01-01T00:00Z", "2021-01-01T00:00Z"),
    "a month": ("2020-02", "2020-02-01T00:00Z", "2020-03-01T00:00Z"),
    "December": ("2020-12", "2020-12-01T00:00Z", "2021-01-01T00:00Z"),
    "a day, read as UTC": ("2020-03-01", "2020-03-01T00:00Z", "2020-03-02T00:00Z"),
    "a minute": ("2020-03-01T08:30Z", "2020-03-01T08:30Z", "2020-03-01T08:31Z"),
    "a second with an offset": ("2020-03-01T08:30:05+08:00", "2020-03-01T00:30:05Z", "2020-03-01T00:30:06Z"),
    "a second west of Greenwich": (
        "2020-03-01T20:00:00-05:30",
        "2020-03-02T01:30:00Z",
        "2020-03-02T01:30:01Z",
    ),
    "a second without zone, read as UTC": (
        "2020-03-01T08:30:05",
        "2020-03-01T08:30:05Z",
        "2020-03-01T08:30:06Z",
    ),
    "tenths": ("2020-03-01T08:30:05.1Z", "2020-03-01T08:30:05.100Z", "2020-03-01T08:30:05.200Z"),
    "thousandths": ("2020-03-01T08:30:05.190Z", "2020-03-01T08:30:05.190Z", "2020-03-01T08:30:05.191Z"),
    "finer than we count": (
        "2020-03-01T08:30:05.1909Z",
        "2020-03-01T08:30:05.190Z",
        "2020-03-01T08:30:05.191Z",
    ),
    "a leap second": ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", "2017-01-01T00:00:00Z"),
}


@pytest.mark.parametrize(("text", "low", "high"), RANGES.values(), ids=RANGES)
def test_a_date_is_the_range_of(text: str, low: str, high: str) -> None:
    assert moment_range(text) == (ms(low), ms(high))


def test_the_last_year_has_an_end() -> None:
    low, high = moment_range("9999") or (0, 0)
    assert high - low == 365 * 86_400_000


@pytest.mark.parametrize(
    "text",
    ["", "20", "2020-13", "2020-00", "2020-02-30", "2020-3-1", "0000", "2020-03-01T", "2020-03-01T24:00Z",
     "2020-03-01T08:61Z", "2020-03-01T08:30:05+8", "２０２０",
     "2020-01-01\n", None, 2020, ["2020"], {"start": "x"}],
)  # fmt: skip
def test_no_date_is_no_range(text: object) -> None:
    assert value_range(text) is None


PERIODS = {
    "a period": ({"start": "2020", "end": "2021"}, ms("2020-01-01T00:00Z"), ms("2022-01-01T00:00Z")),
    "a period without end": ({"start": "2020-01-01"}, ms("2020-01-01T00:00Z"), None),
    "a period without beginning": ({"end": "2020-01-01"}, None, ms("2020-01-02T00:00Z")),
    "a timing": ({"event": ["2020-01-05", "2020-01-01"]}, ms("2020-01-01T00:00Z"), ms("2020-01-06T00:00Z")),
    "a repeated timing": (
        {"repeat": {"boundsPeriod": {"start": "2020-01-01", "end": "2020-01-02"}}},
        ms("2020-01-01T00:00Z"), ms("2020-01-03T00:00Z"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "low", "high"), PERIODS.values(), ids=PERIODS)
def test_a_value_is_the_range_of(value: object, low: int | None, high: int | None) -> None:
    assert value_range(value) == (low, high)
