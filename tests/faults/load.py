"""Entries handed in at all four hospitals without pause; what was acknowledged is written down.

A link is opened at its custodian; looks, a grant, disclosures under it and its revocation follow, each handed
in at whichever hospital comes next. Without an answer the same bytes go to the next one, as an outbox does.
After an acknowledged revocation one more disclosure is tried, elsewhere: it may never be recorded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle

from consent.links import own_id
from ledger.committed import Committed
from ledger.encoding import b64u
from ledger.engine.inflight import Answer
from ledger.errors import LedgerError, Refusal
from ledger.signing import PROOF_TYP, public_key, sign_compact
from tests.faults.network import CODES, Hospital, Network, milliseconds

HOUR_MS = 3_600_000
WAIT_S = 10.0
LOOKS = 20
# A hospital that is behind does not know the key that another one has recorded: as good as no answer.
LAGS = Refusal("entry-unknown-key", "")


@dataclass
class Acknowledged:
    """What somebody was told is on the ledger; threads share it."""

    index_of: dict[str, int | None] = field(default_factory=dict)
    revoked_at: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, entry_id: str, index: int | None = None) -> None:
        """An entry, and its place if that was told."""
        with self.lock:
            before = self.index_of.get(entry_id)
            if before is not None and index not in (None, before):
                self.faults.append(f"{entry_id} was said to be record {before} and record {index}")
            self.index_of[entry_id] = before if index is None else index

    def fault(self, what: str) -> None:
        with self.lock:
            self.faults.append(what)


class Load:
    """One thread for each custodian, from `begin` until `end`."""

    def __init__(self, network: Network, acknowledged: Acknowledged) -> None:
        self._network, self.acknowledged = network, acknowledged
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []

    def begin(self) -> None:
        self._ending.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(self._network.hospitals[code], number), daemon=True)
            for number, code in enumerate(CODES)
        ]
        for one in self._threads:
            one.start()

    def end(self) -> None:
        """No more; back when the last answers are there."""
        self._ending.set()
        for one in self._threads:
            one.join()

    def _run(self, custodian: Hospital, number: int) -> None:
        doors = cycle([self._network.hospitals[code] for code in CODES[number:] + CODES[:number]])
        while not self._ending.is_set():
            try:
                self._one_link(custodian, doors)
            except Exception as fault:  # what nobody foresaw is a finding, too
                self.acknowledged.fault(f"the load at {custodian.code}: {fault!r}")
                return

    def _one_link(self, custodian: Hospital, doors: Iterator[Hospital]) -> None:
        seed, link = os.urandom(32), own_id(custodian.institution, os.urandom)
        proof = {"ledger": custodian.genesis.id, "subject": link, "institution": custodian.institution}
        key = {"key": b64u(public_key(seed)), "proof": sign_compact(seed, PROOF_TYP, proof)}
        if not self._recorded(
            signed(custodian, "desk", "link.open", link, institution=custodian.institution, **key), doors
        ):
            return
        self._look(custodian, link, next(doors))
        end = milliseconds() + HOUR_MS
        given = by_patient(custodian, seed, "grant.give", link, not_after=end, commitment=noise())
        grant = self._recorded(given, doors)
        if grant is None:
            return
        for _ in range(2):
            self._recorded(disclosure(custodian, link, grant.entry_id), doors)
        revocation = self._recorded(
            by_patient(custodian, seed, "grant.revoke", link, grant=grant.entry_id), doors
        )
        if revocation is None:
            return
        with self.acknowledged.lock:
            self.acknowledged.revoked_at[grant.entry_id] = revocation.index
        late = self._answer(disclosure(custodian, link, grant.entry_id), doors)
        if isinstance(late, Committed):
            self.acknowledged.fault(f"disclosed at {late.index} after its revocation at {revocation.index}")

    def _look(self, custodian: Hospital, link: str, door: Hospital) -> None:
        """Several at once, at one hospital; what is not answered is let go."""
        looks = [signed(custodian, "release", "look.made", link, commitment=noise()) for _ in range(LOOKS)]
        with suppress(LedgerError, TimeoutError):
            self._note([door.engine.submit(one) for one in looks])

    def _note(self, answers: list[Answer]) -> None:
        for answer in answers:
            done = answer.result(WAIT_S)
            if isinstance(done, Committed):
                self.acknowledged.add(done.entry_id, done.index)

    def _recorded(self, entry: str, doors: Iterator[Hospital]) -> Committed | None:
        """The entry's record; None when the load ended before there was an answer."""
        answer = self._answer(entry, doors)
        if isinstance(answer, Refusal):
            # Its time came and went while it waited: entries that must be recent are refused then.
            if answer.code != "at-out-of-skew":
                self.acknowledged.fault(f"refused: {answer.code} {answer.detail}")
            return None
        if answer is not None:
            self.acknowledged.add(answer.entry_id, answer.index)
        return answer

    def _answer(self, entry: str, doors: Iterator[Hospital]) -> Committed | Refusal | None:
        tries = 0
        while tries < 2 or not self._ending.is_set():
            tries += 1
            try:
                answer = next(doors).engine.record(entry, WAIT_S)
            except LedgerError:
                answer = LAGS
            if not (isinstance(answer, Refusal) and answer.code == LAGS.code):
                return answer
            self._ending.wait(0.05)
        return None


def signed(hospital: Hospital, use: str, kind: str, subject: str, /, **members: object) -> str:
    """An entry by one of the institution's keys."""
    payload = {
        "ledger": hospital.genesis.id,
        "subject": subject,
        "kind": kind,
        "at": milliseconds(),
        **members,
    }
    return hospital.keys.sign(hospital.institution, use, "yaoshi-entry", payload)


def by_patient(hospital: Hospital, seed: bytes, kind: str, link: str, **members: object) -> str:
    payload = {"ledger": hospital.genesis.id, "subject": link, "kind": kind, "at": milliseconds(), **members}
    return sign_compact(seed, "yaoshi-entry", payload)


def disclosure(custodian: Hospital, link: str, grant: str) -> str:
    visit = os.urandom(16).hex()
    return signed(custodian, "release", "disclosure.made", link, under=grant, visit=visit, commitment=noise())


def noise() -> str:
    """A commitment to nothing that anybody knows."""
    return b64u(os.urandom(32))
