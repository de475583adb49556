"""What comes at one moment is signed together, what comes alone at once, and each gets its own entry."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from time import monotonic
from typing import Any

import pytest

from gateway.identity.keyring import KeyMissingError, KeyRing
from gateway.identity.together import MOST, Together
from ledger.entry import parse_entry
from ledger.signing import public_key

HOSPITAL, CLINIC = "1a" * 16, "2a" * 16
RING = KeyRing({(HOSPITAL, "release"): b"\x01" * 32, (CLINIC, "release"): b"\x02" * 32})
KEYS = {name: public_key(seed * 32) for name, seed in ((HOSPITAL, b"\x01"), (CLINIC, b"\x02"))}
LONG_S = 30.0


class Ring:
    """A key ring that notes how many it signed at once, and waits where a test wants it to."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.entered, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()

    def sign(self, institution: str, use: str, payloads: Sequence[dict[str, Any]]) -> list[str]:
        self.sizes.append(len(payloads))
        self.entered.set()
        assert self.go_on.wait(LONG_S)
        return RING.sign_entries(institution, use, payloads)


def payload(number: int) -> dict[str, Any]:
    return {"ledger": "ab" * 32, "subject": f"{number:032x}", "kind": "look.made", "at": number}


def signed_by_threads(together: Together, count: int, institution: str = HOSPITAL) -> list[Any]:
    """What so many threads get that come at one moment: an entry or an exception each."""
    found: list[Any] = [None] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            found[number] = together.sign(institution, "release", payload(number))
        except LookupError as fault:
            found[number] = fault

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    return found


def test_one_that_comes_alone_is_signed_at_once_and_by_itself() -> None:
    ring = Ring()
    together = Together(ring.sign, pace_s=LONG_S)
    began = monotonic()
    entry = parse_entry(together.sign(HOSPITAL, "release", payload(1)))
    assert monotonic() - began < LONG_S / 2, "it waited for nobody"
    assert not entry.batched
    assert entry.signed_by(KEYS[HOSPITAL])
    assert ring.sizes == [1]


@pytest.mark.parametrize("count", [20, MOST + 20])
def test_each_thread_gets_its_own_entry_and_no_batch_is_too_large(count: int) -> None:
    ring = Ring()
    found = signed_by_threads(Together(ring.sign, pace_s=0.2), count)
    entries = [parse_entry(text) for text in found]
    assert [entry.payload["at"] for entry in entries] == list(range(count))
    assert all(entry.signed_by(KEYS[HOSPITAL]) for entry in entries)
    assert sum(ring.sizes) == count
    assert max(ring.sizes) <= MOST
    assert len(ring.sizes) < count, "some were signed together"


def test_what_comes_while_the_key_signs_is_signed_together() -> None:
    ring = Ring()
    together = Together(ring.sign, pace_s=0.0)
    ring.go_on.clear()
    first = threading.Thread(target=together.sign, args=(HOSPITAL, "release", payload(100)))
    first.start()
    assert ring.entered.wait(LONG_S)
    desk = together._desks[HOSPITAL, "release"]
    ring.go_on.set()
    first.join(LONG_S)
    found = signed_by_threads(together, 12)
    assert all(isinstance(one, str) for one in found)
    assert sum(ring.sizes) == 13
    assert (desk.busy, desk.waiting) == (False, [])


def test_two_institutions_never_sign_together() -> None:
    ring = Ring()
    together = Together(ring.sign, pace_s=0.2)
    threads = [
        threading.Thread(target=lambda: found.__setitem__(HOSPITAL, signed_by_threads(together, 6))),
        threading.Thread(target=lambda: found.__setitem__(CLINIC, signed_by_threads(together, 6, CLINIC))),
    ]
    found: dict[str, list[Any]] = {}
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)
    for institution, texts in found.items():
        assert all(parse_entry(text).signed_by(KEYS[institution]) for text in texts)


def test_a_key_that_is_not_here_is_said_to_everybody_who_asked() -> None:
    found = signed_by_threads(Together(RING.sign_entries, pace_s=0.2), 5, institution="3a" * 16)
    assert all(isinstance(one, KeyMissingError) for one in found)
    assert len(found) == 5
