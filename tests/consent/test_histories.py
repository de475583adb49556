"""Random histories of one link: whatever people do, in whatever order, the promises hold at every step."""

from dataclasses import dataclass, field
from random import Random

import pytest

from consent.decision import Permit, decide
from consent.scope import Scope
from consent.state import grant_state, key_rights, link_state
from consent.terms import Clinician, GrantTerms
from tests.consent.world import (
    ALL,
    CLINIC,
    DAY,
    HOSPITAL,
    HOUR,
    LIMITS,
    LINK,
    MINUTE,
    World,
    grant,
    name32,
    phone,
    staff,
)

SEEDS = range(60)
STEPS = 200
SCOPE = Scope(frozenset({"laboratory"}), None, None, frozenset(), frozenset(), frozenset())
TERMS = GrantTerms(CLINIC, Clinician("s-17", "林医生（合成）", "physician"), None, "TREAT", SCOPE, "5e" * 32)


@dataclass
class Told:
    """What an onlooker who only reads accepted entries knows about a grant."""

    not_after: int
    max_visits: int | None
    ended: bool = False
    visits: dict[str, int] = field(default_factory=dict)


class History:
    """What happens is drawn from `dice`; what was accepted is remembered apart from the ledger's state."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)  # noqa: S311 - a story, not a secret
        self.world = World()
        self.phones = ["phone"]
        self.grants: dict[str, Told] = {}
        self.closed = False
        self.contested = False
        self.world.open("phone" if self.dice.random() < 0.8 else None)

    def step(self) -> None:
        acts = {
            self.wait: 4,
            self.give: 5,
            self.disclose: 10,
            self.revoke: 3,
            self.add_a_key: 3,
            self.remove_a_key: 1,
            self.come_to_the_desk: 1,
            self.answer_the_change: 2,
            self.settle: 2,
        }
        if self.dice.random() < 0.002:
            self.close()
        (act,) = self.dice.choices(list(acts), list(acts.values()))
        act()

    def wait(self) -> None:
        self.world.time += self.dice.choice([1, MINUTE, 10 * MINUTE, 29 * MINUTE, HOUR, DAY])

    def add_a_key(self) -> None:
        rights = self.dice.choice([ALL, ["give"], ["revoke"]])
        new = self.another_phone() if self.dice.random() < 0.8 else self.phone()
        self.world.put("link.keys", phone(self.phone()), new_key=new, rights=rights)

    def remove_a_key(self) -> None:
        self.world.put("link.keys", phone(self.phone()), remove=name32(self.phone()))

    def come_to_the_desk(self) -> None:
        state = link_state(self.world, LINK)
        new = self.another_phone()
        done = self.world.put("link.keys", staff("desk"), new_key=new, rights=ALL)
        if isinstance(done, str) and state is not None and state["claimed"]:
            assert "give" not in self.rights(new)
            self.end_all()

    def answer_the_change(self) -> None:
        state = link_state(self.world, LINK)
        pending = state["pending"] if state else None
        answer = self.dice.choice(["link.confirm", "link.contest"])
        done = self.world.put(answer, phone(self.phone()), entry=pending["entry"] if pending else "0" * 64)
        if answer == "link.contest" and isinstance(done, str):
            self.contested = True

    def settle(self) -> None:
        state = link_state(self.world, LINK)
        assert state is not None
        names = sorted({self.phone() for _ in range(self.dice.randrange(4))})
        done = self.world.put("link.settle", staff("offline"), stay=[name32(name) for name in names])
        if isinstance(done, str):
            assert self.contested
            self.contested = False
            pending = state["pending"]
            assert pending is not None
            if pending["key"] not in {name32(name) for name in names}:
                self.end_all()

    def close(self) -> None:
        if isinstance(self.world.put("link.close", phone(self.phone())), str):
            self.closed = True

    def give(self) -> None:
        visits = self.dice.choice([None, 1, 2])
        limit = {} if visits is None else {"max_visits": visits}
        ends = self.world.time + self.dice.choice([-1, 0, 1, 50, 500]) * HOUR
        members = grant(self.world, not_after=ends, **limit)
        given = self.world.put("grant.give", phone(self.phone()), **members)
        if isinstance(given, str):
            assert not self.closed
            assert not self.contested
            self.grants[given] = Told(ends, visits)

    def revoke(self) -> None:
        for given in self.some_grant():
            if isinstance(self.world.put("grant.revoke", phone(self.phone()), grant=given), str):
                self.grants[given].ended = True

    def disclose(self) -> None:
        for given in self.some_grant():
            told, visit = self.grants[given], f"{self.dice.randrange(3):032x}"
            at = self.world.time + self.dice.choice([0, 0, 0, -MINUTE, MINUTE])
            answer = decide(
                self.world,
                grant_id=given,
                terms=TERMS,
                grantee=CLINIC,
                clinician_id="s-17",
                role="physician",
                purpose="TREAT",
                visit=visit,
                custodian=HOSPITAL,
                now=at,
                time=self.world.time,
            )
            done = self.world.disclose(given, visit, at=at)
            # the gateway's decision and the ledger's judgement are one
            assert isinstance(answer, Permit) == isinstance(done, str)
            if isinstance(done, str):
                self.check_disclosure(told, visit, at)

    def check_disclosure(self, told: Told, visit: str, at: int) -> None:
        assert not told.ended
        assert not self.closed
        assert max(at, self.world.time) < told.not_after
        started = told.visits.setdefault(visit, self.world.time)
        assert max(at, self.world.time) < started + LIMITS["visit_ms"]
        assert told.max_visits is None or len(told.visits) <= told.max_visits

    def end_all(self) -> None:
        for told in self.grants.values():
            told.ended = True

    def some_grant(self) -> list[str]:
        newest = list(self.grants)[-4:]
        return [self.dice.choice(newest)] if newest else []

    def phone(self) -> str:
        """Mostly a phone that may do something now, sometimes any."""
        entitled = [name for name in self.phones if self.rights(name) - {"read-until-removed"}]
        return self.dice.choice(entitled if entitled and self.dice.random() < 0.8 else self.phones)

    def another_phone(self) -> str:
        self.phones.append(f"phone {len(self.phones)}")
        return self.phones[-1]

    def rights(self, name: str) -> frozenset[str]:
        return key_rights(self.world, LINK, name32(name), self.world.time)

    def check_promises(self) -> None:
        state = link_state(self.world, LINK)
        assert state is not None
        written = [key["status"] for key in state["keys"].values()]
        assert sum(1 for status in written if status in ("full", "waiting")) <= LIMITS["link_keys_max"]
        assert written.count("earlier") <= LIMITS["link_keys_max"]
        assert written.count("removed") <= LIMITS["link_keys_max"]
        assert written.count("waiting") <= 1
        if self.closed or self.contested:
            assert not any("give" in self.rights(name) for name in self.phones)
        for given, told in self.grants.items():
            remembered = grant_state(self.world, given)
            assert remembered is not None
            assert remembered["visits"] == len(told.visits)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_promises_hold_in_a_random_history(seed: int) -> None:
    history = History(seed)
    for _ in range(STEPS):
        history.step()
        history.check_promises()
