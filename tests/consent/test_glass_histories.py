"""Whatever happens in whatever order: no disclosure is ordered after a glass's closing or its end."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from consent.decision import Permit, decide_glass
from consent.declaration import GlassTerms
from consent.glass_state import glass_state
from consent.terms import Clinician
from tests.consent.world import (
    CLINIC,
    HOSPITAL,
    HOUR,
    LIMITS,
    LINK,
    MINUTE,
    STEADY,
    World,
    glass,
    name32,
    phone,
    staff,
)

TERMS = GlassTerms(CLINIC, Clinician("s-17", "林医生（合成）", "physician"), "unconscious", "a.b.c")
SIGNERS = ("phone", "helper", "phone 1", "phone 2", "a stranger", "review", "release", "review of the clinic")

Step = tuple[str, int, int]
ACTS = ["wait", "break", *["disclose"] * 3, "close", "review", "rekey", "shut"]
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 7), st.integers(0, 7)),
    max_size=60,
)


@dataclass
class Told:
    """What an onlooker who only reads accepted entries knows about a glass."""

    begun: int
    until: int
    closed: bool = False
    reviewers: set[str] = field(default_factory=set)
    visits: dict[str, int] = field(default_factory=dict)


class History:
    """Plays steps; what was accepted is remembered apart from the ledger's state."""

    def __init__(self) -> None:
        self.world = World()
        self.world.open()
        self.world.must("link.keys", phone(), new_key="helper", rights=["revoke"])
        self.glasses: dict[str, Told] = {}
        self.shut = False
        self.phones = 0

    def play(self, step: Step) -> None:
        act, first, second = step
        if act == "wait":
            self.world.time += (1, MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 24 * HOUR)[
                first
            ]
        elif act == "break":
            ttl = (1, MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 24 * HOUR, 24 * HOUR + 1, 0)[first]
            done = self.world.put("glass.broken", staff("release"), **glass(ttl_ms=ttl))
            if isinstance(done, str):
                assert not self.shut
                assert 1 <= ttl <= LIMITS["glass_ttl_max_ms"]
                self.glasses[done] = Told(self.world.time, self.world.time + ttl)
        elif act == "rekey" and self.phones < 2:
            self.phones += 1
            self.world.put(
                "link.keys",
                staff("desk"),
                new_key=f"phone {self.phones}",
                rights=["give", "manage", "revoke"],
            )
        elif act == "shut" and first == 0:
            done = self.world.put("link.close", phone())
            self.shut = self.shut or isinstance(done, str)
        elif self.glasses:
            name = list(self.glasses)[second % len(self.glasses)]
            {"disclose": self.disclose, "close": self.close, "review": self.review}.get(act, lambda *_: None)(
                name, first
            )

    def disclose(self, name: str, choice: int) -> None:
        told, visit = self.glasses[name], f"{choice % 3:032x}"
        at = self.world.time + (0, 0, 0, -MINUTE, MINUTE, 0, -2 * MINUTE, 2 * MINUTE)[choice]
        answer = decide_glass(
            self.world,
            glass_id=name,
            terms=TERMS,
            grantee=CLINIC,
            clinician_id="s-17",
            purpose="BTG",
            visit=visit,
            custodian=HOSPITAL,
            now=at,
            time=self.world.time,
        )
        done = self.world.disclose(name, visit, at=at)
        # What the gateway releases the ledger takes; more only of a first hour, by the entry's own time.
        assert isinstance(done, str) or not isinstance(answer, Permit)
        if isinstance(done, str):
            assert not told.closed
            assert not self.shut
            by_itself = not isinstance(answer, Permit)
            moment = at if by_itself else max(at, self.world.time)
            assert moment < told.until
            assert not by_itself or at < told.begun + HOUR
            started = told.visits.setdefault(visit, moment if by_itself else self.world.time)
            assert moment < started + LIMITS["visit_ms"]

    def close(self, name: str, choice: int) -> None:
        who = SIGNERS[choice]
        signer = {
            "review": staff("review"),
            "release": staff("release"),
            "review of the clinic": staff("review", CLINIC),
        }.get(who, phone(who))
        done = self.world.put("glass.closed", signer, glass=name)
        told = self.glasses[name]
        if isinstance(done, str):
            assert not told.closed
            assert who not in ("a stranger", "release", "review of the clinic")
            told.closed = True
        elif who in ("phone", "review") and self.phones < 2:
            # The first phone is full, or earlier by one change: it may always close what is not closed.
            assert told.closed

    def review(self, name: str, choice: int) -> None:
        institution = (HOSPITAL, CLINIC)[choice % 2]
        done = self.world.put(
            "glass.reviewed", staff("review", institution), glass=name, commitment=name32("finding")
        )
        told = self.glasses[name]
        assert isinstance(done, str) == (institution not in told.reviewers)
        told.reviewers.add(institution)

    def check(self) -> None:
        for name, told in self.glasses.items():
            state = glass_state(self.world, name)
            assert state is not None
            assert (state["link"], state["until"]) == (LINK, told.until)
            assert (state["closed"] is not None) == told.closed
            assert set(state["reviews"]) == told.reviewers


@settings(STEADY, max_examples=300)
@given(STEPS)
def test_the_promises_hold_in_any_history(steps: list[Step]) -> None:
    history = History()
    history.play(("break", 4, 0))
    for step in steps:
        history.play(step)
    history.check()
