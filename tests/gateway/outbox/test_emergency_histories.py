"""Whatever comes in between: what both hospitals kept is recorded once, and nothing after an end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from consent.links import own_id
from gateway.outbox.outbox import Queued
from gateway.outbox.tables import outbox_entry
from ledger.committed import Committed
from ledger.encoding import b64u
from ledger.errors import Refusal, Unavailable
from tests.gateway.outbox.test_each_once import chain, opening, sign
from tests.gateway.peers.story import Story
from tests.gateway.peers.town import Node, open_town

HOUR_S = 3_600
STEPS = (
    "break",
    *["disclose"] * 3,
    "close",
    "agrees",
    "stands still",
    "the custodian delivers",
    "the other delivers",
    "the custodian crashes",
    "the other crashes",
    "the custodian loses its outbox",
    "a while",
    "an hour",
)


@pytest.fixture(scope="module")
def among(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with open_town(tmp_path_factory.mktemp("town")) as town:
        yield Story(town, None)


class History:
    """Plays steps about one link; notes what was promised to the other hospital, and what was ended when."""

    def __init__(self, among: Story) -> None:
        self.town, self.a, self.b = among.town, among.town.a, among.town.b
        self.town.order.agrees = True
        for node in (self.a, self.b):
            assert node.gw.outbox.delivery.deliver()
        self.link = own_id(self.a.institution, self.a.gw.entropy)
        assert isinstance(self.a.gw.outbox.record(opening(self.a, self.link)), Committed)
        self.glass: str | None = None
        self.begun = 0
        self.promised: list[str] = []
        self.outages: list[tuple[str, int]] = []
        self.recorded: list[str] = []
        self.closings: dict[str, str] = {}
        self.under: dict[str, str] = {}

    def play(self, step: str) -> None:
        self.town.clock.advance(seconds=1)
        who = {"the custodian": self.a, "the other": self.b}
        if step == "break":
            self.break_glass()
        elif step == "disclose" and self.glass:
            self.disclose(self.glass)
        elif step == "close" and self.glass:
            closing = self.hand_in(sign(self.a, "review", "glass.closed", self.link, glass=self.glass))
            if closing:
                self.closings.setdefault(self.glass, closing)
        elif step in ("agrees", "stands still"):
            self.town.order.agrees = step == "agrees"
        elif step.endswith("delivers"):
            who[step.removesuffix(" delivers")].gw.outbox.delivery.deliver()
        elif step.endswith("crashes"):
            vars(who[step.removesuffix(" crashes")].gw).pop("outbox", None)
        elif step.endswith("loses its outbox"):
            with self.a.gw.db.begin() as conn:
                conn.execute(delete(outbox_entry))
        elif step in ("a while", "an hour"):
            self.town.clock.advance(seconds=300 if step == "a while" else HOUR_S)

    def break_glass(self) -> None:
        members = {"ttl_ms": 4 * HOUR_S * 1000, "commitment": b64u(self.a.gw.entropy(32))}
        made = self.hand_in(sign(self.a, "release", "glass.broken", self.link, **members))  # type: ignore[arg-type]
        if made:
            self.glass, self.begun = made, self.town.clock()

    def disclose(self, glass: str) -> None:
        members = {
            "under": glass,
            "visit": f"{len(self.under):032x}",
            "commitment": b64u(self.a.gw.entropy(32)),
        }
        made = self.hand_in(sign(self.a, "release", "disclosure.made", self.link, **members))
        if made:
            self.under[made] = glass

    def hand_in(self, entry: str) -> str | None:
        """As custodian and asking side do; the entry's id when both may go on, else None."""
        try:
            answer = self.a.gw.outbox.record(entry)
        except Unavailable as outage:
            self.outages.append((outage.code, self.town.clock() - self.begun))
            return None
        if isinstance(answer, Refusal):
            return None
        if isinstance(answer, Committed):
            self.recorded.append(answer.entry_id)
            return answer.entry_id
        assert isinstance(answer, Queued)
        if not isinstance(self.b.gw.outbox.keep(entry), Queued):
            return None  # the other hospital knows better: nothing is shown there
        self.promised.append(answer.entry_id)
        return answer.entry_id

    def settle(self) -> list[str]:
        """All agree again and both have handed in: what the ledger has about the link."""
        self.town.order.agrees = True
        for node in (self.a, self.b):
            assert node.gw.outbox.delivery.deliver()
        found = chain(self.a, self.link)
        assert found == chain(self.b, self.link)
        return found

    def refused(self, node: Node) -> dict[str, str]:
        return {kept.entry.id: kept.refused for kept in node.gw.outbox.rows(self.link) if kept.refused}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(STEPS), max_size=30))
@example(steps=["stands still", "break", "the custodian loses its outbox", "disclose"])
@example(steps=["stands still", "disclose", "close", "the other delivers", "agrees", "disclose"])
def test_what_both_kept_is_recorded_once_and_nothing_after_its_end(among: Story, steps: list[str]) -> None:
    history = History(among)
    for step in ["break", *steps]:
        history.play(step)
    # Only what was too late to be told of later was an outage.
    assert all(code == "no-quorum" and since >= HOUR_S * 1000 for code, since in history.outages)
    found = history.settle()
    assert len(found) == len(set(found))
    assert set(history.recorded) <= set(found)
    refused = history.refused(history.b)
    for entry in history.promised:
        assert (entry in found) != (entry in refused), entry
    assert set(refused.values()) <= {"glass-closed", "glass-unknown", "grant-unknown"}
    for glass, closing in history.closings.items():
        after = found[found.index(closing) :] if closing in found else []
        assert not [entry for entry in after if history.under.get(entry) == glass]
