"""What is known of one existing result: everything that a reuse rule looks at, and nothing else.

Numbers are texts as the laboratory wrote them. What the laboratory did not state is None and stays unknown:
nothing here is filled in. Not here: how a FHIR resource is read (gateway), and what to make of it (check).
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Precision = Literal["instant", "day", "coarse"]


class Value(NamedTuple):
    """A value as issued: a number with its UCUM unit code, or a text."""

    number: str | None = None
    unit: str | None = None
    comparator: str | None = None
    text: str | None = None


class Mark(NamedTuple):
    """A mark of mutual recognition: `code` HR, `scope` the area that it counts in (全国, 鄂, 武汉 …)."""

    code: str
    scope: str

    @property
    def display(self) -> str:
        """As laboratories print it: 全国HR."""
        return f"{self.scope}{self.code}"


@dataclass(frozen=True)
class Result:
    """One Observation or DiagnosticReport.

    ref: "Observation/id". source: the institution that holds it; own: whether that is the ordering one.
    patient: the caller's word for whose it is, equal for all that it knows to be one person's.
    codes: "system|code", all codings of the one concept. status: as in FHIR.
    absent: the laboratory says that there is no value. unfit: it says that the sample was haemolysed,
    insufficient and the like. collected: ms UTC, the first moment that it can have been; None: unknown.
    issued_only: `collected` is when it was issued, nothing better is stated.
    replaced_by: the reference of the corrected result. members: results of a panel or report.
    reports: statuses of the reports that hold this result. grant: what opened it, when it is not our own.
    """

    ref: str
    source: str
    own: bool
    patient: str
    codes: frozenset[str]
    status: str
    value: Value | None
    absent: bool = False
    unfit: bool = False
    collected: int | None = None
    precision: Precision | None = None
    issued_only: bool = False
    specimen: str | None = None
    method: str | None = None
    marks: tuple[Mark, ...] = ()
    replaced_by: str | None = None
    members: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    grant: str | None = None
