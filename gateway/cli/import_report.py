"""Shows an operator what an import did: counts by type, what was left out and why, and what to do about it.

Not here: importing, and the codes themselves (gateway.records.importing.refusals). Names of files are
shown, never what stood in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gateway.records.definitions.left_out import why_left_out
from gateway.records.importing.refusals import REASONS, Refused
from gateway.records.importing.report import Report

SHOWN_PER_REASON = 5

# Left out by rule: nobody has to look into it.
EXPECTED = frozenset({"unsupported-type", "older-version"})

_TODO = {
    "no-patient": "Import the Patient too, or say whose records these are: --patient CHART.",
    "reference-unmatched": "Import the files that hold what is cited, too: organisations and people first.",
    "transaction-refused": "See what else of the same file was refused; then import the file again.",
    "mixed-patients": "Ask the sender; nothing of it was filed under either patient.",
    "patient-changed": "Ask the sender whether two people share one id, or were joined.",
    "names-differ": "Make sure whose records these are; --same-person says that it is one person.",
    "patient-stated": "Leave out --patient, or name this Patient with --named.",
    "older-version": "Nothing. A sender who takes a correction back states a later meta.lastUpdated.",
    "file-too-large": "Ask for several files, or for one resource a line (.ndjson): that may have any size.",
    "unpacks-too-large": "Do not unpack it; ask the sender.",
    "not-json": "Ask the sender for the file again.",
}


@dataclass
class Examples:
    """The first refusals of each type and code."""

    shown: dict[tuple[str, str], list[Refused]] = field(default_factory=dict)

    def add(self, each: Refused) -> None:
        """Keeps a refusal, when there are not enough of its kind yet."""
        kept = self.shown.setdefault((each.type, each.code), [])
        if len(kept) < SHOWN_PER_REASON:
            kept.append(each)


def print_report(console: Console, name: str, report: Report, examples: Examples, seconds: float) -> None:
    """The whole report; `name` is the institution's."""
    console.print(_counts(name, report))
    console.print(f"{report.read:,} resources read in {seconds:,.0f} s.")
    for path, line in report.resumed.items():
        console.print(
            Text(f"{path.name}: went on after line {line:,}, where an import broke off."), soft_wrap=True
        )
    if report.passed_over:
        names = ", ".join(path.name for path in report.passed_over[:SHOWN_PER_REASON])
        more = ", …" if len(report.passed_over) > SHOWN_PER_REASON else ""
        console.print(
            Text(
                f"Passed over ({len(report.passed_over)}), not named as FHIR files are "
                f"(.json, .ndjson, .jsonl, also with .gz or .bz2): {names}{more}"
            ),
            soft_wrap=True,
        )
    _print_left_out(console, report, examples)


def needs_attention(report: Report) -> bool:
    """Whether anything was left out that somebody should look into."""
    return any(code not in EXPECTED for _, code in report.refused)


def _counts(name: str, report: Report) -> Table:
    table = Table(title=f"Records of {name}")
    for heading in ("type", "read", "stored", "changed", "unchanged", "refused"):
        table.add_column(heading, justify="left" if heading == "type" else "right")
    refused: dict[str, int] = {}
    for (type_, _), count in report.refused.items():
        refused[type_] = refused.get(type_, 0) + count
    counters = (report.stored, report.changed, report.unchanged, refused)
    for type_ in sorted(set().union(*counters)):
        counts = [each.get(type_, 0) for each in counters]
        table.add_row(type_ or "(file or line)", *(str(each or "") for each in (sum(counts), *counts)))
    table.add_section()
    sums = [sum(each.values()) for each in counters]
    table.add_row("all", *(str(each) for each in (sum(sums), *sums)))
    return table


def _print_left_out(console: Console, report: Report, examples: Examples) -> None:
    by_code: dict[str, dict[str, int]] = {}
    for (type_, code), count in sorted(report.refused.items()):
        by_code.setdefault(code, {})[type_] = count
    for code, types in sorted(by_code.items(), key=lambda each: (each[0] in EXPECTED, each[0])):
        console.print()
        console.print(Text(f"{code}: {REASONS[code][0]} ({sum(types.values()):,})", style="bold"))
        if code in _TODO:
            console.print(Text(f"  {_TODO[code]}"), soft_wrap=True)
        for type_, count in types.items():
            if code == "unsupported-type":
                why = why_left_out(type_)
                console.print(Text(f"  {type_} {count:,}{why and ': ' + why}"), soft_wrap=True)
                continue
            kept = examples.shown.get((type_, code), [])
            for each in kept:
                console.print(Text(f"  {each}"), soft_wrap=True)
            if count > len(kept):
                console.print(Text(f"  and {count - len(kept):,} more {type_}; --refused FILE writes all"))
