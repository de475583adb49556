"""Which records a grant opens: kinds, dates, codes, single records, and the sensitive kinds that were ticked.

The scope's JSON is part of the details behind a grant's commitment (docs/formats/scope.md). Not here:
demographics (always given with a grant) and the SQL twin of `covers` (records store).
1. An unknown member, kind or label is refused, so an older reader never opens more than it understands.
2. A scope without a limit does not exist: there is no default kind.
3. Taking something out of a scope, or adding a limit, never lets a further record in.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from consent.errors import Refusal, refuse
from consent.facts import RecordFacts
from consent.vocabulary import CONFIDENTIALITY_OPEN, KINDS, RESTRICTED, SENSITIVITY

MAX_CODES = 200
MAX_RECORDS = 500
_MEMBERS = frozenset({"kinds", "from", "to", "codes", "records", "sensitive"})
_LABELS = SENSITIVITY | {RESTRICTED}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE = re.compile(r"[^|\s]{0,255}\|[^|]{1,255}")  # system, a bar, code
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{0,63}/[A-Za-z0-9.-]{1,64}")  # FHIR R4 id, section 2.24.0.1
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Scope:
    """A parsed scope. `start` and `end` are first day in and first day out, UTC; no `codes` means any."""

    kinds: frozenset[str]
    start: date | None
    end: date | None
    codes: frozenset[str]
    records: frozenset[str]
    sensitive: frozenset[str]

    @property
    def start_ms(self) -> int | None:
        """The first moment inside, ms UTC; None when the scope is open on that side."""
        return _midnight_ms(self.start)

    @property
    def end_ms(self) -> int | None:
        """The first moment no longer inside, ms UTC; None when the scope is open on that side."""
        return _midnight_ms(self.end)

    def covers(self, facts: RecordFacts) -> bool:
        """Whether this scope opens that record."""
        return self._opens_labels(facts) and (
            f"{facts.type}/{facts.id}" in self.records
            or (
                facts.kind in self.kinds
                and (not self.codes or not self.codes.isdisjoint(facts.codes))
                and self._holds_dates(facts)
            )
        )

    def _opens_labels(self, facts: RecordFacts) -> bool:
        # A label that nobody knows is in neither set, so it stays closed, as V and HIDDEN always do.
        return facts.labels <= CONFIDENTIALITY_OPEN | self.sensitive

    def _holds_dates(self, facts: RecordFacts) -> bool:
        start, end = self.start_ms, self.end_ms
        # The whole clinical time must lie inside: a day-precision result on the border stays out.
        begins = start is None or (facts.low is not None and facts.low >= start)
        ends = end is None or (facts.high is not None and facts.high <= end)
        return begins and ends

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: lists sorted, absent where empty (`kinds` is always there)."""
        members: dict[str, Any] = {"kinds": sorted(self.kinds)}
        if self.start is not None:
            members["from"] = self.start.isoformat()
        if self.end is not None:
            members["to"] = self.end.isoformat()
        for name, values in (("codes", self.codes), ("records", self.records), ("sensitive", self.sensitive)):
            if values:
                members[name] = sorted(values)
        return members


# What a broken glass covers: every kind, every label that this release knows. V and what the patient hid are
# on no list, and a label that nobody knows stays closed.
GLASS_SCOPE = Scope(frozenset(KINDS), None, None, frozenset(), frozenset(), _LABELS)


def _midnight_ms(day: date | None) -> int | None:
    return None if day is None else (day - date(1970, 1, 1)).days * _DAY_MS


def parse_scope(value: object) -> Scope | Refusal:
    """The scope that a JSON object states, or why it states none."""
    if not isinstance(value, dict):
        return refuse("scope-malformed", "A scope is a JSON object.")
    if not _MEMBERS.issuperset(value):
        return refuse("scope-unknown-member")
    if "kinds" not in value:
        return refuse("scope-malformed", "A scope has the member kinds, even when it is empty.")
    lists: dict[str, frozenset[str]] = {}
    for name in ("kinds", "codes", "records", "sensitive"):
        texts = _texts(value.get(name, []))
        if texts is None:
            return refuse("scope-malformed", f"The member {name} is a list of texts, each named once.")
        lists[name] = texts
    days: dict[str, date | None] = {}
    for name in ("from", "to"):
        day = _day(value[name]) if name in value else None
        if name in value and day is None:
            return refuse("scope-malformed", f"The member {name} is a day as YYYY-MM-DD.")
        days[name] = day
    scope = Scope(
        lists["kinds"], days["from"], days["to"], lists["codes"], lists["records"], lists["sensitive"]
    )
    return _fault(scope) or scope


def _fault(scope: Scope) -> Refusal | None:
    if len(scope.codes) > MAX_CODES or len(scope.records) > MAX_RECORDS:
        return refuse("scope-too-large", f"At most {MAX_CODES} codes and {MAX_RECORDS} records.")
    if not scope.kinds <= frozenset(KINDS):
        return refuse("scope-unknown-kind")
    if not scope.sensitive <= _LABELS:
        return refuse("scope-unknown-label")
    if not all(_CODE.fullmatch(code) and code.isprintable() for code in scope.codes):
        return refuse("scope-malformed", "A code is written as system|code.")
    if not all(_REFERENCE.fullmatch(record) for record in scope.records):
        return refuse("scope-malformed", "A record is written as Type/id.")
    if scope.start is not None and scope.end is not None and scope.start >= scope.end:
        return refuse("scope-period-empty")
    if not scope.kinds and not scope.records:
        return refuse("scope-empty")
    return None


def _texts(value: object) -> frozenset[str] | None:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return None
    texts = frozenset(value)
    return texts if len(texts) == len(value) else None


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:  # the thirtieth of February
        return None
