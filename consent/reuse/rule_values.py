"""Reads the values of one group and of one rule of a rule file; tells each wrong one to its caller."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from consent.reuse.orders import EVENT_KINDS, SETTINGS
from consent.reuse.rules import DAY_MS, DEFAULT, Rule, Words

Tell = Callable[[str, str, str], None]  # key, fault's code, detail

LOINC = "http://loinc.org"
ATC = "http://www.whocc.no/atc"
MOST_DAYS = 36_525
_MAX_TEXT = 500
_LOINC_CODE = re.compile(r"([0-9]{1,7})-([0-9])")
_SYSTEM_CODE = re.compile(r"[^|\s]{1,255}\|[^|\s]{1,255}")
_ATC_CODE = re.compile(r"[A-Z][0-9]{0,2}[A-Z]{0,2}[0-9]{0,2}\*?")
_SITUATION = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EPOCH = date(1970, 1, 1)
_GROUP_KEYS = (
    "words",
    "codes",
    "unverified",
    "members",
    "panels",
    "equivalent",
    "specimens",
    "methods",
    "relevant_drugs",
    "relevant_procedures",
    "rule",
)
_RULE_KEYS = (
    "situation",
    "words",
    "version",
    "status",
    "min_interval_d",
    "window_d",
    "never",
    "no_retest",
    "adult_only",
    "settings",
    "mark_required",
    "marks_accepted",
    "context_allowed",
    "sources",
    "conflicts",
    "note",
    "valid_from",
)
_DEFAULT_WORDS = Words("未注明情形", "situation not stated")


class _Reader:
    """Takes the known keys of one table; `tell` hears of everything that is wrong."""

    def __init__(self, table: dict[str, Any], tell: Tell) -> None:
        self.table, self.tell = table, tell

    def only(self, known: Iterable[str]) -> None:
        for key in self.table.keys() - set(known):
            self.tell(key, "key-unknown", key[:80])

    def need(self, *keys: str) -> None:
        for key in keys:
            if key not in self.table:
                self.tell(key, "key-missing", key)

    def wrong(self, key: str, detail: str) -> None:
        self.tell(key, "value-wrong", f"{key}: {detail}")

    def text(self, key: str, otherwise: str = "") -> str:
        value = self.table.get(key, otherwise)
        if isinstance(value, str) and len(value) <= _MAX_TEXT and (value.isprintable() or not value):
            return value
        self.wrong(key, "a short text on one line")
        return otherwise

    def flag(self, key: str, otherwise: bool) -> bool:
        value = self.table.get(key, otherwise)
        if isinstance(value, bool):
            return value
        self.wrong(key, "true or false")
        return otherwise

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if (
            isinstance(value, list)
            and all(
                isinstance(each, str) and 0 < len(each) <= _MAX_TEXT and each.isprintable() for each in value
            )
            and len(set(value)) == len(value)
        ):
            return tuple(value)
        self.wrong(key, "a list of short texts, each once")
        return ()

    def choices(self, key: str, known: Iterable[str]) -> frozenset[str]:
        values, known = frozenset(self.texts(key)), frozenset(known)
        if not values <= known:
            self.wrong(key, f"only {', '.join(sorted(known))}")
        return values & known

    def words(self, key: str) -> Words:
        value = self.table.get(key)
        if isinstance(value, dict) and set(value) == {"zh", "en"}:
            inner = _Reader(value, lambda *_: None)
            found = Words(inner.text("zh"), inner.text("en"))
            if all(found):
                return found
        self.wrong(key, 'words = { zh = "…", en = "…" }')
        return Words("", "")

    def codes(self, key: str) -> tuple[str, ...]:
        found = []
        for text in self.texts(key):
            code = full_code(text)
            if code is None:
                self.tell(key, "code-wrong", text[:80])
            else:
                found.append(code)
        return tuple(found)


def full_code(text: str) -> str | None:
    """ "system|code" of a code as files write it: LOINC with its check digit, or with the system."""
    match = _LOINC_CODE.fullmatch(text)
    if match is not None:
        return f"{LOINC}|{text}" if _check_digit(match.group(1)) == int(match.group(2)) else None
    return text if _SYSTEM_CODE.fullmatch(text) and text.isprintable() else None


def _check_digit(number: str) -> int:
    """LOINC's check digit: modulus 10, doubling every second digit from the right."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


class GroupReader(_Reader):
    """One [group.NAME]."""

    def read(self) -> dict[str, Any]:
        """The values that all rules of the group share, as members of Rule."""
        self.only(_GROUP_KEYS)
        self.need("words", "codes", "rule")
        codes, members = frozenset(self.codes("codes")), self.codes("members")
        self._inside("members", members, codes)
        unverified = frozenset(self.codes("unverified"))
        if not codes and not unverified:
            self.tell("codes", "key-missing", "a code")
        return {
            "group_words": self.words("words"),
            "codes": codes,
            "unverified": unverified,
            "members": members,
            "panels": frozenset(self.codes("panels")),
            "equivalent": self._equivalent(codes),
            "specimens": frozenset(self.texts("specimens")),
            "methods": frozenset(self.texts("methods")),
            "relevant_drugs": self._relevant("relevant_drugs"),
            "relevant_procedures": self._relevant("relevant_procedures"),
        }

    def _inside(self, key: str, some: Iterable[str], codes: frozenset[str]) -> None:
        for code in some:
            if code not in codes:
                self.tell(key, "code-not-in-group", code)

    def _equivalent(self, codes: frozenset[str]) -> tuple[frozenset[str], ...]:
        sets = self.table.get("equivalent", [])
        if not isinstance(sets, list) or not all(isinstance(each, list) for each in sets):
            self.wrong("equivalent", "a list of lists of codes")
            return ()
        found: list[frozenset[str]] = []
        for each in sets:
            equal = _Reader({"equivalent": each}, self.tell).codes("equivalent")
            self._inside("equivalent", equal, codes)
            if len(equal) < 2 or any(not some.isdisjoint(equal) for some in found):
                self.wrong("equivalent", "two or more codes, each in one list only")
            found.append(frozenset(equal))
        return tuple(found)

    def _relevant(self, key: str) -> frozenset[str] | None:
        """Codes of drugs or procedures; a code without a system is ATC; None when the key is not there."""
        if key not in self.table:
            return None
        found = set()
        for each in self.texts(key):
            if _ATC_CODE.fullmatch(each):
                found.add(f"{ATC}|{each}")
            elif _SYSTEM_CODE.fullmatch(each):
                found.add(each)
            else:
                self.tell(key, "code-wrong", each[:80])
        return frozenset(found)


class RuleReader(_Reader):
    """One [[group.NAME.rule]]."""

    def read(self, group: str, shared: dict[str, Any]) -> Rule | None:
        """The rule; None when its situation cannot be told. Lengths of a wrong rule mean nothing."""
        self.only(_RULE_KEYS)
        self.need("situation", "version", "sources")
        situation = self.text("situation")
        if not _SITUATION.fullmatch(situation):
            self.wrong("situation", "small letters, digits and -")
            return None
        if self.table.get("status", "draft") != "draft":
            self.tell("status", "status-not-draft", "status")
        never, no_retest = self.flag("never", False), self.flag("no_retest", False)
        shortest, window = self._days("min_interval_d"), self._days("window_d")
        self._contradictions(never, no_retest, shortest, window)
        return Rule(
            group=group,
            situation=situation,
            version=self._version(),
            min_interval_ms=shortest,
            window_ms=window,
            never=never,
            no_retest=no_retest,
            situation_words=(
                _DEFAULT_WORDS if situation == DEFAULT and "words" not in self.table else self.words("words")
            ),
            adult_only=self.flag("adult_only", True),
            settings=self.choices("settings", SETTINGS),
            mark_required=self.flag("mark_required", False),
            marks_accepted=self.texts("marks_accepted"),
            context_allowed=self.choices("context_allowed", EVENT_KINDS),
            sources=self.texts("sources"),
            conflicts=self.texts("conflicts"),
            note=self.text("note"),
            valid_from=self._moment("valid_from"),
            **shared,
        )

    def _version(self) -> int:
        value = self.table.get("version", 1)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000:
            return value
        self.wrong("version", "a whole number from 1")
        return 1

    def _days(self, key: str) -> int | None:
        value = self.table.get(key)
        if value is None:
            return None
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and Decimal(value).is_finite():
            length = value * DAY_MS
            if 0 < value <= MOST_DAYS and length == int(length):
                return int(length)
        self.wrong(key, f"days, more than 0 and at most {MOST_DAYS}")
        return None

    def _contradictions(self, never: bool, no_retest: bool, shortest: int | None, window: int | None) -> None:
        lengths = {"min_interval_d", "window_d"} & self.table.keys()
        if never and (lengths or no_retest):
            self.tell("never", "length-contradiction", "never beside a length")
        elif no_retest and (shortest is not None or window is None):
            self.tell("no_retest", "length-contradiction", "no_retest needs window_d and no min_interval_d")
        elif not never and not no_retest and not lengths:
            self.tell("situation", "length-missing", "min_interval_d, window_d, no_retest or never")

    def _moment(self, key: str) -> int | None:
        value = self.table.get(key)
        if value is None:
            return None
        if isinstance(value, datetime) and value.tzinfo is not None:
            return int(value.timestamp()) * 1000
        if isinstance(value, date) and not isinstance(value, (datetime, time)):
            return (value - _EPOCH).days * DAY_MS
        self.wrong(key, "a day as 2026-12-01, or a moment with its zone")
        return None
