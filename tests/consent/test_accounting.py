"""One line a visit for a person; nothing disappears because its details did."""

from typing import Any

from consent.accounting import Line, Logged, lines
from tests.consent.world import CLINIC, LIMITS, NOW

VISIT, OTHER, GRANT = "11" * 16, "22" * 16, "9a" * 32
DOCTOR = {"id": "s-17", "name": "林医生（合成）", "role": "physician"}


def entry(index: int, kind: str, details: dict[str, Any] | None = None, **members: Any) -> Logged:
    payload = {"kind": kind, "at": NOW + index * 1000, **members}
    return Logged(index, payload["at"] + 5, payload, details)


def disclosed(index: int, visit: str = VISIT, **details: Any) -> Logged:
    opened = {
        "grantee": CLINIC,
        "user": DOCTOR,
        "purpose": "TREAT",
        "counts": {"Observation": 10},
        **details,
    }
    return entry(index, "disclosure.made", opened, under=GRANT, visit=visit, commitment="c")


def own_reading(index: int) -> Logged:
    what = {"kinds": ["laboratory"], "count": 3}
    details = {"basis": "patient-request", "user": {"id": "patient"}, "what": what}
    return entry(index, "look.made", details, commitment="c")


def looked(index: int) -> Logged:
    details = {"basis": "own-care", "user": DOCTOR, "what": {"kinds": ["imaging", "laboratory"], "count": 7}}
    return entry(index, "look.made", details, commitment="c")


def fold(*entries: Logged) -> list[Line]:
    return lines(entries, visit_ms=LIMITS["visit_ms"], skew_ms=LIMITS["skew_ms"])


def test_all_disclosures_of_a_visit_are_one_line_with_their_counts_added() -> None:
    first, second = disclosed(3), disclosed(5, counts={"Observation": 2, "DiagnosticReport": 1})
    (line,) = fold(first, second)
    assert line == Line(
        kind="disclosure.made",
        first=NOW + 3000,
        last=NOW + 5000,
        records=[3, 5],
        state="opened",
        institution=CLINIC,
        user=DOCTOR,
        purpose="TREAT",
        grant=GRANT,
        visit=VISIT,
        counts={"Observation": 12, "DiagnosticReport": 1},
    )


def test_two_visits_are_two_lines_even_when_they_interleave() -> None:
    assert [line.records for line in fold(disclosed(1), disclosed(2, OTHER), disclosed(3))] == [[1, 3], [2]]


def test_another_person_in_the_same_visit_has_a_line_of_their_own() -> None:
    assert len(fold(disclosed(1), disclosed(2, user={**DOCTOR, "id": "s-18"}))) == 2


def test_looks_by_staff_are_a_line_each() -> None:
    (first, second) = fold(looked(1), looked(2))
    assert (first.basis, first.user, first.counts) == ("own-care", DOCTOR, {"imaging,laboratory": 7})
    assert second.records == [2]


def test_a_patients_own_readings_fold_within_a_visits_length_and_not_beyond() -> None:
    minutes = LIMITS["visit_ms"] // 1000
    assert [line.records for line in fold(own_reading(0), own_reading(5), own_reading(minutes))] == [
        [0, 5],
        [minutes],
    ]


def test_a_withheld_entry_keeps_a_line_of_its_own() -> None:
    withheld = entry(2, "disclosure.made", None, under=GRANT, visit=VISIT, commitment="c")
    (opened, line) = fold(disclosed(1), withheld)
    assert (opened.state, line.state) == ("opened", "withheld")
    assert (line.visit, line.grant, line.user) == (VISIT, GRANT, None)


def test_an_erased_entry_is_told_from_a_withheld_one() -> None:
    gone = entry(1, "look.made", None, commitment="c")
    erasure = entry(2, "details.erased", None, record=1, basis="court-order")
    assert [(line.state, line.basis) for line in fold(gone, erasure)] == [
        ("erased", None),
        ("plain", "court-order"),
    ]


def test_grants_and_revocations_are_lines_that_name_their_grant() -> None:
    given = entry(1, "grant.give", {"grantee": CLINIC, "purpose": "TREAT"}, commitment="c", not_after=NOW)
    (first, second) = fold(given, entry(2, "grant.revoke", None, grant=GRANT))
    assert (first.state, first.institution, first.purpose) == ("opened", CLINIC, "TREAT")
    assert (second.state, second.grant) == ("plain", GRANT)


def test_a_line_is_late_when_it_was_written_down_after_the_skew() -> None:
    details = {"basis": "own-care", "user": DOCTOR}
    prompt = Logged(1, NOW + LIMITS["skew_ms"], {"kind": "look.made", "at": NOW, "commitment": "c"}, details)
    late = Logged(
        2, NOW + LIMITS["skew_ms"] + 1, {"kind": "look.made", "at": NOW, "commitment": "c"}, details
    )
    assert [line.late for line in fold(prompt, late)] == [False, True]


def test_an_emergency_is_lines_that_name_who_declared_why_and_what_was_found() -> None:
    declared = {
        "declaring": CLINIC,
        "user": DOCTOR,
        "reason": "unconscious",
        "basis": "BTG",
        "declaration": "j",
    }
    reviewer = {"id": "s-99", "name": "顾清越（合成）", "role": "privacy"}
    found = {"institution": CLINIC, "verdict": "not-justified", "words": "x", "reviewer": reviewer}
    lines_ = fold(
        entry(1, "glass.broken", declared, ttl_ms=1, commitment="c"),
        disclosed(2, purpose="BTG"),
        entry(3, "glass.closed", None, glass=GRANT),
        entry(4, "glass.reviewed", found, glass=GRANT, commitment="d"),
    )
    broken, looked_, closed, reviewed = lines_
    assert (broken.state, broken.institution, broken.user) == ("opened", CLINIC, DOCTOR)
    assert (broken.reason, broken.basis, broken.glass) == ("unconscious", "BTG", None)
    assert (looked_.purpose, looked_.grant) == ("BTG", GRANT)
    assert (closed.state, closed.glass) == ("plain", GRANT)
    assert (reviewed.institution, reviewed.verdict, reviewed.user) == (CLINIC, "not-justified", reviewer)


def test_an_emergency_whose_details_are_withheld_keeps_its_line() -> None:
    (line,) = fold(entry(1, "glass.broken", None, ttl_ms=1, commitment="c"))
    assert (line.state, line.institution, line.reason) == ("withheld", None, None)
