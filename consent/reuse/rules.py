"""A reuse rule: for one group of tests in one clinical situation, how old a result may be, and on what terms.

Two numbers are kept apart. The *window*: an older result is not offered. The *minimum interval*: a repeat
that comes sooner is usually pointless. A rule without a window offers up to its minimum interval. Rules are
data of an institution; id@version never changes its meaning.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

DEFAULT = "default"  # the situation of a group's rule for orders that state none
DAY_MS = 86_400_000

Status = Literal["draft", "approved", "withdrawn"]


class Words(NamedTuple):
    """One name in both languages."""

    zh: str
    en: str


@dataclass(frozen=True)
class Rule:
    """One version of one rule. Times and lengths in ms; codes are "system|code"; id is group/situation.

    codes: all that this rule judges, each an analyte of its own; `equivalent`: sets of them that the
    laboratory holds for one. members: the codes of the whole group, when it can be ordered as one;
    panels: codes that order it so. unverified: codes that the author could not corroborate; never matched.
    never: nothing is ever reused here. no_retest: no repeat is useful; the window then says what is offered.
    settings: empty: all but emergency. specimens, methods: the only ones that fit; empty: any.
    marks_accepted: as printed; empty: any mark.
    relevant_drugs, relevant_procedures: the codes that stand against a result when they are newer (a trailing
    * is any ending); None: all do. context_allowed: kinds of events that belong to the situation.
    conflicts: what other sources say.
    """

    group: str
    situation: str
    version: int
    codes: frozenset[str]
    min_interval_ms: int | None
    window_ms: int | None
    never: bool
    group_words: Words
    situation_words: Words
    no_retest: bool = False
    adult_only: bool = True
    settings: frozenset[str] = frozenset()
    mark_required: bool = False
    marks_accepted: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    panels: frozenset[str] = frozenset()
    equivalent: tuple[frozenset[str], ...] = ()
    unverified: frozenset[str] = frozenset()
    specimens: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    relevant_drugs: frozenset[str] | None = None
    relevant_procedures: frozenset[str] | None = None
    context_allowed: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    note: str = ""
    status: Status = "draft"
    approved_by: str | None = None
    approved_at: int | None = None
    valid_from: int | None = None

    @property
    def id(self) -> str:
        """The same for all versions of a rule."""
        return f"{self.group}/{self.situation}"

    @property
    def name(self) -> str:
        """What decisions are recorded under."""
        return f"{self.id}@{self.version}"

    @property
    def reach_ms(self) -> int:
        """The greatest age that is offered, ms."""
        if self.never:
            return 0
        return self.window_ms if self.window_ms is not None else self.min_interval_ms or 0

    @property
    def horizon_ms(self) -> int:
        """How far back anything matters to this rule, ms: what is older is neither offered nor recent."""
        return max(self.reach_ms, self.min_interval_ms or 0)
