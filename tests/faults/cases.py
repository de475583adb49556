"""What must hold in and after every fault, and the line that tells how long it took."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterable

from consent.links import own_id
from ledger.committed import Committed
from ledger.entry import parse_entry
from ledger.errors import LedgerError
from ledger.store.reading import read_records
from tests.faults.load import Acknowledged, Load, signed
from tests.faults.network import CODES, Hospital, Network, await_that
from tests.faults.phones import Pair, Phones

# The promise, on a machine that does nothing else; one that is busy with other work may be given longer.
MOVES_WITHIN_S = float(os.environ.get("YAOSHI_FAULTS_WITHIN_S", "20"))
LEVEL_WITHIN_S = 60.0
AT_ONCE = 1000


class Case:
    """One fault under load. `moves` may be asked during it and is asked after it, at every hospital."""

    def __init__(self, network: Network, load: Load, phones: Phones) -> None:
        self.network = network
        self._load, self._phones = load, phones
        self._before, self._turns = len(self.acknowledged.index_of), phones.turns
        self.moved: list[float] = []

    @property
    def acknowledged(self) -> Acknowledged:
        return self._load.acknowledged

    def begin(self) -> None:
        self._load.begin()
        self._phones.begin()
        # The load is there before the fault is: on this ledger something happens.
        await_that(lambda: len(self.acknowledged.index_of) > self._before + 8, "the load has begun")

    def quiet(self) -> Pair:
        """Nobody does anything any more; a phone and a doctor who may."""
        self._load.end()
        self._phones.end()
        return self._phones.pairs[0]

    def moves(self, codes: Iterable[str] = CODES, within_s: float = MOVES_WITHIN_S) -> float:
        """Seconds until new entries were recorded at all of these hospitals."""
        begun, took = time.monotonic(), 0.0
        for code in codes:
            one = self.network.hospitals[code]
            entry = link(one)
            await_that(lambda one=one, entry=entry: is_recorded(one, entry), f"{code} moves", within_s)
            took = time.monotonic() - begun
        assert took < within_s, f"the chain moved after {took:.1f} s only"
        self.moved.append(took)
        return took

    def check_after(self) -> str:
        """Mend everything and see that what was promised holds; what to print. Raises AssertionError."""
        network = self.network
        network.heal()
        moved = self.moves()
        self._load.end()
        self._phones.end()
        network.await_ready()
        level = await_that(self._is_level, "all hospitals are level", LEVEL_WITHIN_S)
        for one in network.hospitals.values():
            self._check_records(one)
        assert self.acknowledged.faults == [], "; ".join(self.acknowledged.faults)
        recorded = len(self.acknowledged.index_of) - self._before
        during = f"in it {max(self.moved[:-1]):4.1f} s, " if self.moved[:-1] else ""
        return (
            f"moved: {during}after it {moved:4.1f} s; level {level:4.1f} s later; {recorded} entries "
            f"acknowledged, {self._phones.turns - self._turns} grants over HTTP"
        )

    def stop(self) -> None:
        """Whatever happened, the next case begins with a whole network and without load."""
        self.network.heal()
        self._load.end()
        self._phones.end()
        self.acknowledged.faults.clear()

    def _is_level(self) -> bool:
        return len({one.tip() for one in self.network.hospitals.values()}) == 1

    def _check_records(self, hospital: Hospital) -> None:
        """Every acknowledged entry is present once, and nothing was disclosed after its revocation."""
        places: Counter[str] = Counter()
        index_of: dict[str, int] = {}
        disclosed: list[tuple[str, int]] = []
        first = 1  # the genesis is record 0
        while True:
            with hospital.reader.snapshot() as connection:
                found = list(read_records(connection, first, AT_ONCE))
            for stored in found:
                entry = parse_entry(stored.record.entry.decode("ascii"))
                places[entry.id] += 1
                index_of[entry.id] = stored.record.index
                if entry.kind == "disclosure.made":
                    disclosed.append((str(entry.payload["under"]), stored.record.index))
            if len(found) < AT_ONCE:
                break
            first += AT_ONCE
        told = self.acknowledged.index_of
        lost = [each for each in told if places[each] != 1]
        assert lost == [], f"at {hospital.code}: missing or double"
        moved = [each for each, index in told.items() if index is not None and index_of[each] != index]
        assert moved == [], f"at {hospital.code}: elsewhere than was said"
        revoked = self.acknowledged.revoked_at
        late = [each for each, index in disclosed if index > revoked.get(each, index)]
        assert late == [], f"at {hospital.code}: disclosed after its revocation"


def link(hospital: Hospital) -> str:
    """An entry that can always be recorded: a link that nobody has claimed."""
    return signed(
        hospital,
        "desk",
        "link.open",
        own_id(hospital.institution, os.urandom),
        institution=hospital.institution,
    )


def is_recorded(hospital: Hospital, entry: str) -> bool:
    try:
        return isinstance(hospital.engine.record(entry, 2.0), Committed)
    except LedgerError:
        return False
