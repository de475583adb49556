"""Tells when a sample was taken, and how surely: what the age of a result is counted from.

FHIR R4 Observation.effective[x], else Specimen.collection, else issued, which is said to be so. A day is the
first moment that it can have begun anywhere on Earth, so that no result is taken for younger than it is; a
month or a year is no moment at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from consent.reuse.results import Precision
from gateway.records.elements.dates import moment_range
from gateway.records.elements.facts import values_at

Json = dict[str, Any]

_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)$")
EARLIEST_ZONE_MS = 14 * 3_600_000  # UTC+14, where a day begins first


class Collection(NamedTuple):
    """`at` in ms UTC; None: unknown."""

    at: int | None
    precision: Precision | None
    issued_only: bool = False


_EFFECTIVE = (
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod.start",
    "effectiveTiming.event",
)
_COLLECTED = ("collection.collectedDateTime", "collection.collectedPeriod.start")


def collection_of(resource: Json, specimen: Json | None) -> Collection:
    """When the sample of this result was taken."""
    stated = [
        found
        for text in (*_dates(resource, _EFFECTIVE), *_dates(specimen or {}, _COLLECTED))
        if (found := moment(text)).precision is not None
    ]
    exact = [each for each in stated if each.precision != "coarse"]
    if exact:
        return exact[0]
    if stated or any(name.startswith("effective") for name in resource):
        # It was said, but not so that it could be counted from; the time of issue would hide that.
        return Collection(None, "coarse")
    issued = [moment(text) for text in _dates(resource, ("issued",))]
    return next(
        (each._replace(issued_only=True) for each in issued if each.at is not None), Collection(None, None)
    )


def moment(text: str) -> Collection:
    """The moment that a FHIR dateTime stands for."""
    span = moment_range(text)
    if span is None:
        return Collection(None, None)
    if len(text) < len("2020-01-01"):
        return Collection(None, "coarse")
    if "T" in text and _ZONE.search(text) is None:  # a time of nowhere is no surer than its day
        return moment(text[: len("2020-01-01")])
    if "T" not in text:
        return Collection(span[0] - EARLIEST_ZONE_MS, "day")
    return Collection(span[0], "instant")


def shown_moment(at: int | None, precision: Precision | None) -> int | None:
    """The moment to name to a person: a day's is its noon UTC, which is that day nearly everywhere."""
    return at + EARLIEST_ZONE_MS + 12 * 3_600_000 if at is not None and precision == "day" else at


def _dates(resource: Json, paths: Iterable[str]) -> list[str]:
    """The texts at these paths; of several events the earliest that is written."""
    found = []
    for path in paths:
        if path.partition(".")[0] not in resource:  # most are not: looking costs more than asking
            continue
        texts = [each for each in values_at(resource, path) if type(each) is str]
        if texts:
            found.append(min(texts, key=lambda each: (moment_range(each) or (2**62, 0))[0]))
    return found
