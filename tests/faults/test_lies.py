"""A member that means ill, or whose machine is wrong: only it is stopped, and nothing of it gets in."""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from consent.links import own_id
from ledger.committed import Committed
from ledger.encoding import b64u
from ledger.envelope import pack_entries
from ledger.signing import sign_compact
from ledger.store.reading import read_records
from tests.faults.cases import Case, is_recorded, link
from tests.faults.load import noise, signed
from tests.faults.network import CODES, Hospital, await_that, milliseconds

AT = "BQ"
OTHERS = tuple(code for code in CODES if code != AT)
FAR = 10
STANDS_AFTER_S, REBUILT_AFTER_S = 60.0, 120.0
FLOOD, EACH, REPLAYED = 200, 20, 2000


def hand_in(hospital: Hospital, txs: Iterable[bytes]) -> list[int]:
    """Give the member's own node these bytes, past its gateway; its codes (-1: an error)."""
    parts = urlsplit(hospital.settings.consensus)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    codes = []
    try:
        for tx in txs:
            body = {"tx": base64.b64encode(tx).decode()}
            asked = {"jsonrpc": "2.0", "id": 0, "method": "broadcast_tx_sync", "params": body}
            connection.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            codes.append(int(answer.get("result", {}).get("code", -1)))
    finally:
        connection.close()
    return codes


def faulty(case: Case, fault: str) -> None:
    application = case.network.part(AT, "application")
    application.stop()
    application.start(argv=[sys.executable, "-m", "tests.faults.application", fault])


def size(case: Case) -> int:
    return case.network.hospitals[OTHERS[0]].tip()[1]


def nonsense(hospital: Hospital) -> list[bytes]:
    """Bytes of no form, entries that nobody signed, of no kind, of strangers, and too many."""
    good = link(hospital)
    head, body, _ = good.split(".")
    stranger = {"ledger": hospital.genesis.id, "subject": os.urandom(16).hex(), "kind": "link.open"}
    return [
        b"",
        b"\x00",
        os.urandom(3000),
        b"\xff" * 60_000,
        good.encode(),
        pack_entries([f"{head}.{body}.{b64u(bytes(64))}"]),
        pack_entries([good])[:-1],
        pack_entries([good]) + b"\x00",
        pack_entries([good, f"{head}.{body}.{b64u(os.urandom(64))}"]),
        pack_entries([sign_compact(os.urandom(32), "yaoshi-entry", {**stranger, "at": milliseconds()})]),
        pack_entries([signed(hospital, "desk", "no.kind", os.urandom(16).hex())]),
        pack_entries([signed(hospital, "release", "look.made", os.urandom(16).hex(), commitment=noise())]),
        pack_entries([signed(hospital, "desk", "link.open", os.urandom(16).hex(), institution="\u0000" * 9)]),
    ]


@pytest.mark.parametrize("application", ["as it is", "believes-all"])
def test_a_member_signs_nonsense(case: Case, application: str) -> None:
    member = case.network.hospitals[AT]
    if application == "believes-all":
        faulty(case, application)
        await_that(lambda: is_recorded(member, link(member)), "its node is back")
    for _ in range(20):
        with suppress(OSError):  # one that believes all is left by its peers, and its own node may hang
            hand_in(member, nonsense(member))
    case.moves(OTHERS if application == "believes-all" else CODES)


def test_a_member_floods(case: Case) -> None:
    member = case.network.hospitals[AT]
    subject = own_id(member.institution, os.urandom)
    opened = signed(member, "desk", "link.open", subject, institution=member.institution)
    assert isinstance(member.engine.record(opened, 20), Committed)
    before = size(case)
    envelopes = [
        pack_entries(
            [signed(member, "release", "look.made", subject, commitment=noise()) for _ in range(EACH)]
        )
        for _ in range(FLOOD)
    ]
    assert set(hand_in(member, envelopes)) <= {0}
    case.moves(OTHERS)
    await_that(lambda: size(case) >= before + FLOOD * EACH, "what it flooded with is recorded")


def test_a_member_replays(case: Case) -> None:
    """What stands on the ledger already, alone and in other envelopes; revoked grants among it."""
    member = case.network.hospitals[AT]
    with member.reader.snapshot() as connection:
        entries = [one.record.entry.decode() for one in read_records(connection, 1, REPLAYED)]
    hand_in(member, (pack_entries([one]) for one in entries[:300]))
    hand_in(member, (pack_entries(entries[at : at + 7]) for at in range(0, len(entries), 7)))
    hand_in(member, [pack_entries([entries[0]] * 50)])
    case.moves(OTHERS)


def test_the_same_entry_at_four_gateways_at_once(case: Case) -> None:
    for _ in range(20):
        entry = link(case.network.hospitals[AT])
        waiting = [one.engine.submit(entry) for one in case.network.hospitals.values()]
        answers = [one.result(20) for one in waiting]
        assert {type(one) for one in answers} == {Committed}
        assert len({one.index for one in answers if isinstance(one, Committed)}) == 1
        for one in answers:
            if isinstance(one, Committed):
                case.acknowledged.add(one.entry_id, one.index)


def test_an_application_says_a_wrong_hash(case: Case) -> None:
    """Only that node stops; it is emptied but for its keys and builds itself again (docs/consortium.md)."""
    network, parts = (
        case.network,
        [case.network.part(AT, part) for part in ("node", "application", "gateway")],
    )
    faulty(case, "wrong-hash")
    case.moves(OTHERS)
    stood = network.hospitals[AT].node_height
    await_that(lambda: _behind(case) > FAR, "it stands still", STANDS_AFTER_S)
    before = stood()
    case.moves(OTHERS)
    assert stood() in (before, -1)
    assert _behind(case) > 0
    for part in parts:
        part.kill()
    member = network.hospitals[AT]
    member.close()
    _empty(member)
    for part in reversed(parts[:2]):
        part.start()
    await_that(lambda: member.settings.application_path.exists(), "its application")
    member.open()
    await_that(lambda: _behind(case) <= 0, "all blocks are here again", REBUILT_AFTER_S)
    parts[2].start()
    await_that(member.is_ready, "its gateway")


def _behind(case: Case) -> int:
    """How many blocks it lacks; very many when its node does not answer."""
    height = case.network.hospitals[AT].node_height()
    return case.network.hospitals[OTHERS[0]].node_height() - height if height > 0 else 10**9


def _empty(member: Hospital) -> None:
    data = member.settings.node_path / "data"
    for path in data.iterdir():
        if path.name != "priv_validator_state.json":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    # A socket that nobody serves any more is only a file: when it is there again, so is the new ledger.
    for path in (*member.settings.data.glob("ledger.db*"), member.settings.application_path):
        path.unlink()
