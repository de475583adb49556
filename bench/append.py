"""How fast the embedded engine takes entries, beside how fast one core verifies their signatures.

64 threads submit looks of one institution about 256 links; each entry is verified and durable before its
submitter goes on. The peer is PyNaCl verifying the same signatures in one thread, before and after. The
second figure leaves signatures, threads and waiting out: what sequencing and storing cost by themselves.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, at_least
from bench.world import LIMITS
from consent.links import own_id
from gateway.cli.opening import now_ms
from gateway.contracts import CONTRACTS
from ledger.batch import Batch, Memory
from ledger.encoding import b64u
from ledger.engine.embedded import EmbeddedEngine
from ledger.engine.startup import load_tip
from ledger.entry import Entry, parse_entry
from ledger.genesis import INSTITUTION_USES, build_genesis, sign_genesis
from ledger.machine import Machine
from ledger.signing import SigningKey, public_key, sign_compact, signing_key, verify
from ledger.store.database import Store

SUBMITTERS, LINKS, ENTRIES, BATCH = 64, 256, 8_000, 256
OPERATOR, HOSPITAL = "0a" * 16, "1a" * 16


@dataclass(frozen=True)
class Bench:
    """A ledger with its links, and the entries to be appended, all by one release key."""

    path: Path
    genesis: bytes
    seeds: dict[str, bytes]
    entries: list[str]

    def open(self) -> EmbeddedEngine:
        return EmbeddedEngine.open(
            self.path,
            self.genesis,
            contracts=CONTRACTS,
            checkpoint_seed=self.seeds["checkpoint"],
            clock=now_ms,
        )


def measure() -> list[Figure]:
    """Both figures, each on a new ledger."""
    with ledger() as bench:
        before = verified(bench)
        together = appended(bench)
        peer = (before + verified(bench)) / 2
    with ledger() as bench:
        alone = sequenced(bench)
    pynacl = "PyNaCl, one thread"
    return [
        at_least("append, 64 submitters", together, "entries/s", pynacl, peer, factor=0.35),
        at_least("sequence and store alone", alone, "entries/s", pynacl, peer, factor=0.6),
    ]


def verified(bench: Bench) -> float:
    """Signatures a second of one thread."""
    key = public_key(bench.seeds["release"])
    parsed = [parse_entry(text) for text in bench.entries[:4_000]]
    started = time.perf_counter()
    if not all(verify(key, entry.signing_input, entry.signature) for entry in parsed):
        raise RuntimeError("a signature does not verify")
    return len(parsed) / (time.perf_counter() - started)


def appended(bench: Bench) -> float:
    """Entries a second from threads that each wait for their own."""
    engine, refused = bench.open(), []
    start = threading.Barrier(SUBMITTERS + 1)

    def submit(mine: list[str]) -> None:
        start.wait()
        refused.extend(one for one in (engine.record(text, 60) for text in mine) if not hasattr(one, "index"))

    threads = [
        threading.Thread(target=submit, args=(bench.entries[number::SUBMITTERS],))
        for number in range(SUBMITTERS)
    ]
    for thread in threads:
        thread.start()
    start.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    taken = time.perf_counter() - started
    engine.close()
    if refused:
        raise RuntimeError(f"the ledger refused {refused[0].code}")
    return len(bench.entries) / taken


def sequenced(bench: Bench) -> float:
    """Entries a second through the machine and the store, parsed and verified beforehand."""
    engine = bench.open()
    machine, memory = Machine(engine.genesis, CONTRACTS), Memory()
    engine.close()
    store = Store(bench.path, write=True)
    parsed = [parse_entry(text) for text in bench.entries]

    def holds(_entry: Entry, _key: bytes) -> bool:
        return True

    with store.transaction() as connection:
        tip = load_tip(connection)
    started = time.perf_counter()
    for first in range(0, len(parsed), BATCH):
        entries = parsed[first : first + BATCH]
        with store.transaction() as connection:
            batch = Batch(machine, tip, connection, memory, [entry.id for entry in entries])
            clock = now_ms()
            for entry in entries:
                if not hasattr(batch.take(entry, clock, holds), "index"):
                    raise RuntimeError("the ledger refused an entry")
            batch.finish(connection)
        batch.remember()
        tip = batch.tip
    taken = time.perf_counter() - started
    store.close()
    return len(parsed) / taken


@contextmanager
def ledger() -> Iterator[Bench]:
    """A new ledger with open links; gone afterwards."""
    seeds = {use: os.urandom(32) for use in ("vote", "checkpoint", *INSTITUTION_USES)}
    genesis = _genesis(seeds)
    with TemporaryDirectory(prefix="yaoshi-bench-") as folder:
        empty = Bench(Path(folder) / "ledger.db", genesis, seeds, [])
        engine = empty.open()
        release, links = signing_key(seeds["release"]), [own_id(HOSPITAL, os.urandom) for _ in range(LINKS)]
        _open_links(engine, signing_key(seeds["desk"]), links)
        looks = [
            _sign(release, engine.id, links[number % LINKS], "look.made", commitment=b64u(os.urandom(32)))
            for number in range(ENTRIES)
        ]
        engine.close()
        yield Bench(empty.path, genesis, seeds, looks)


def _genesis(seeds: dict[str, bytes]) -> bytes:
    keys = {use: b64u(public_key(seed)) for use, seed in seeds.items()}
    operator = {"id": OPERATOR, "name": "Bench", "keys": {use: keys[use] for use in ("vote", "checkpoint")}}
    hospital = {
        "id": HOSPITAL,
        "code": "WX",
        "name": {"zh-CN": "测量", "en": "Bench"},
        "type": "hospital",
        "operator": OPERATOR,
        "base": f"http://localhost:8080/i/{HOSPITAL}",
        "keys": {use: keys[use] for use in INSTITUTION_USES},
    }
    document = build_genesis(
        name="Bench",
        origin="localhost:8080/ledger",
        wallet="http://127.0.0.1:8080",
        at=now_ms(),
        operators=[operator],
        institutions=[hospital],
        limits=LIMITS,
    )
    return sign_genesis(document, [seeds["vote"], seeds["offline"]])


def _open_links(engine: EmbeddedEngine, desk: SigningKey, links: list[str]) -> None:
    waiting = []
    for link in links:
        phone = os.urandom(32)
        said = {"ledger": engine.id, "subject": link, "institution": HOSPITAL}
        proof = sign_compact(phone, "yaoshi-proof", said)
        members = {"institution": HOSPITAL, "key": b64u(public_key(phone)), "proof": proof}
        waiting.append(engine.submit(_sign(desk, engine.id, link, "link.open", **members)))
    for future in waiting:
        future.result(60)


def _sign(signer: SigningKey, ledger_id: str, subject: str, kind: str, **members: object) -> str:
    payload = {"ledger": ledger_id, "subject": subject, "kind": kind, "at": now_ms(), **members}
    return signer.sign_compact("yaoshi-entry", payload)
