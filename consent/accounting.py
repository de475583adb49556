"""The log of one link as a person reads it: one line a visit, one line for everything else, nothing left out.

Who, when, why, what (45 CFR 164.528 and EU 2025/327 art. 9 ask for less). Folded here: the disclosures of one
visit, and a patient's own readings within a visit's length. An entry whose details are not there is shown as
withheld, or as erased when a later details.erased names it: a missing detail never makes a line disappear.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

_FOLDED = {"disclosure.made", "look.made"}


@dataclass(frozen=True)
class Logged:
    """One entry of a link: its payload, the record's index and time (ms), its opened details or None."""

    index: int
    time: int
    payload: dict[str, Any]
    details: dict[str, Any] | None


@dataclass
class Line:
    """One line. `state`: whether the details are known; `counts`: records released, by FHIR type or kind.

    `grant` is what a disclosure was under, a broken glass too. Of an emergency: `institution` is who declared
    or reviewed it, `reason` the declared one, `glass` the one that was closed or reviewed. `late`: the entry
    was written down long after it happened. `records` are the indexes that the line stands for.
    """

    kind: str
    first: int
    last: int
    records: list[int]
    state: Literal["opened", "withheld", "erased", "plain"]
    institution: str | None = None
    user: dict[str, Any] | None = None
    purpose: str | None = None
    basis: str | None = None
    grant: str | None = None
    visit: str | None = None
    glass: str | None = None
    reason: str | None = None
    verdict: str | None = None
    late: bool = False
    counts: dict[str, int] = field(default_factory=dict)


def lines(entries: Sequence[Logged], *, visit_ms: int, skew_ms: int) -> list[Line]:
    """Fold a link's entries, oldest first, into lines, oldest first; the lengths are the ledger's limits."""
    erased = {entry.payload["record"] for entry in entries if entry.payload["kind"] == "details.erased"}
    folded: list[Line] = []
    open_lines: dict[tuple[object, ...], Line] = {}
    for entry in entries:
        line = _line(entry, entry.index in erased, skew_ms)
        fold = _fold_key(line)
        into = open_lines.get(fold) if fold is not None else None
        if into is not None and (into.visit is not None or line.first - into.first < visit_ms):
            _merge(into, line)
            continue
        folded.append(line)
        if fold is not None:
            open_lines[fold] = line
    return folded


def _line(entry: Logged, erased: bool, skew_ms: int) -> Line:
    payload, details = entry.payload, entry.details or {}
    line = Line(
        kind=payload["kind"],
        first=payload["at"],
        last=payload["at"],
        records=[entry.index],
        state=_state(payload, entry.details, erased),
        institution=_institution(details),
        user=details.get("user", details.get("reviewer")),
        purpose=details.get("purpose"),
        basis=details.get("basis", payload.get("basis")),
        grant=payload.get("under", payload.get("grant")),
        visit=payload.get("visit"),
        glass=payload.get("glass"),
        reason=details.get("reason"),
        verdict=details.get("verdict"),
        late=entry.time - payload["at"] > skew_ms,
    )
    line.counts = _counts(details)
    return line


def _institution(details: dict[str, Any]) -> str | None:
    named = (details.get(name) for name in ("grantee", "declaring", "institution"))
    return next((each for each in named if each is not None), None)


def _state(
    payload: dict[str, Any], details: dict[str, Any] | None, erased: bool
) -> Literal["opened", "withheld", "erased", "plain"]:
    if "commitment" not in payload:
        return "plain"
    if details is not None:
        return "opened"
    return "erased" if erased else "withheld"


def _counts(details: dict[str, Any]) -> dict[str, int]:
    if "counts" in details:
        return dict(details["counts"])
    what = details.get("what", {})
    return {",".join(what["kinds"]): what["count"]} if "count" in what and "kinds" in what else {}


def _fold_key(line: Line) -> tuple[object, ...] | None:
    # A line whose details are withheld stands alone: nobody knows whether it belongs to another.
    if line.kind not in _FOLDED or line.state != "opened":
        return None
    who = (line.user or {}).get("id")
    if line.visit is not None:
        return (line.kind, line.grant, line.visit, who)
    return (line.kind, line.basis, who) if line.basis == "patient-request" else None


def _merge(into: Line, line: Line) -> None:
    into.last = max(into.last, line.last)
    into.records += line.records
    into.late = into.late or line.late
    for name, count in line.counts.items():
        into.counts[name] = into.counts.get(name, 0) + count
