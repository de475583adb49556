"""What is about to be ordered, for whom, and what happened to the patient in the meantime."""

from dataclasses import dataclass
from typing import Literal, get_args

EventKind = Literal[
    "pregnancy",
    "dialysis",
    "chemotherapy",
    "transfusion",
    "iv-fluids",
    "intensive-care",
    "new-drug",
    "procedure",
]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
SETTINGS = ("outpatient", "inpatient", "emergency")


@dataclass(frozen=True)
class Order:
    """One order, before it is placed. `at`: now, ms UTC.

    codes: "system|code", all codings of what is ordered; empty: the whole group.
    situation: a rule's situation as the clinician states it; None: not stated.
    specimen, method, unit: what the order asks for, None where it does not say. age_years None: unknown.
    patient: as in Result. institution: where it is ordered.
    """

    group: str
    patient: str
    institution: str
    at: int
    codes: frozenset[str] = frozenset()
    situation: str | None = None
    setting: str = "outpatient"
    specimen: str | None = None
    method: str | None = None
    unit: str | None = None
    urgent: bool = False
    age_years: int | None = None


@dataclass(frozen=True)
class Event:
    """Something that may have changed the patient. [at, until) in ms UTC; until None: it goes on.

    code: "system|code"; text: how it is called, for the screen.
    """

    kind: EventKind
    at: int
    until: int | None
    code: str | None = None
    text: str | None = None


@dataclass(frozen=True)
class Context:
    """What is known of the patient besides results. `unseen`: kinds of record that could not be looked at."""

    events: tuple[Event, ...] = ()
    unseen: frozenset[str] = frozenset()
