"""Two honest nodes never differ, whatever they are handed: SQLite, PostgreSQL, one that restarts.

Each is given the same blocks of entries that somebody made to be judged differently somewhere. Also what one
of them looked at before it was ordered changes nothing of what it judges.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.lifecycle import ConsentContract
from ledger.encoding import MAX_INTEGER
from ledger.entry import parse_entry
from ledger.envelope import pack_entries
from ledger.errors import Malformed
from ledger.genesis import INSTITUTION_USES, parse_genesis
from ledger.signing import PROOF_TYP, sign_compact
from ledger.store import tables
from ledger.store.place import Postgres
from ledger.store.reading import read_records
from tests.ledger import world
from tests.ledger.engine.test_application import TIME, Node, forged
from tests.ledger.voting import proven, rotation

LINKS = [world.own_link(number) for number in range(3)]
GENESIS = world.genesis_bytes(operators=4, validators=True, rules=2, link_entries_per_hour=6)
LEDGER = parse_genesis(GENESIS).id
OPERATORS = world.consortium()
NEW = world.operator_document("9c" * 16, ("vote", "checkpoint", "validator"))
NEW_INSTITUTION = {
    "id": "cd" * 16, "code": "NN", "name": {"zh-CN": "新\u0000院", "en": "😀\x1b"},
    "type": "hospital", "operator": OPERATORS[1], "base": "https://new.example",
    "keys": {use: world.key(f"new/{use}") for use in INSTITUTION_USES},
}  # fmt: skip
SIGNERS = [
    *(f"{world.HOSPITAL}/{use}" for use in ("desk", "release", "offline", "review")),
    f"{world.CLINIC}/release", *(f"{one}/vote" for one in OPERATORS), "phone", "second phone", "stranger",
    f"{NEW['id']}/vote", "new/offline",
]  # fmt: skip
ODD: list[Any] = [
    None, True, False, 0, 1, -1, MAX_INTEGER, -MAX_INTEGER, "", "\u0000", "\u0000" * 200, "é\u0301",
    "e\u0301", "İ", "😀" * 9, "x" * 3000, "'; --", "\\", "\ufeff", [], {}, [[[[]]]], {"\u0000": "\u0000"},
    {"x" * 3000: 1},
    LINKS[0], LINKS[0].upper(), world.HOSPITAL, OPERATORS[1], "00" * 32, "0" * 43, world.key("phone"),
]  # fmt: skip
ROTATION = rotation(LEDGER, world.HOSPITAL, release="new release")
CHANGES: list[Any] = [
    {"do": "operator.admit", "operator": NEW},
    proven(LEDGER, {"do": "operator.admit", "operator": NEW}),
    {"do": "operator.retire", "operator": OPERATORS[3]},
    {"do": "operator.retire", "operator": OPERATORS[0]},
    proven(
        LEDGER,
        {
            "do": "operator.keys",
            "operator": OPERATORS[2],
            "keys": {"validator": world.key("other validator")},
        },
        validator="other validator",
    ),
    proven(
        LEDGER,
        {"do": "institution.admit", "institution": NEW_INSTITUTION},
        **{use: f"new/{use}" for use in INSTITUTION_USES},
    ),
    {"do": "institution.change", "institution": world.CLINIC, "name": {"zh-CN": "\u0000", "en": "\u202e"}},
    {"do": "institution.retire", "institution": world.CLINIC},
    {"do": "rules.activate", "version": 3, "from": MAX_INTEGER, "release": "\u0000\x1b[2J"},
]


def members(name: str) -> st.SearchStrategy[Any]:
    """A payload's member, as it may be or as it may not."""
    known: dict[str, list[Any]] = {
        "institution": [world.HOSPITAL],
        "key": [world.key("phone"), world.key("second phone")],
        "rights": [["give", "manage", "revoke"]],
        "commitment": ["A" * 43],
        "visit": [LINKS[0]],
        "ttl_ms": [1, 3_600_000],
        "not_after": [TIME + 86_400_000],
        "keys": [ROTATION["keys"], {"desk": world.key("phone")}],
        "proofs": [ROTATION["proofs"], {"release": ROTATION["proofs"]["release"][:-1]}, {}],
        "change": CHANGES,
        "accept": [True, False],
    }
    right = known.get(name, [])
    return st.one_of(*[st.sampled_from(right)] * 9, st.sampled_from(ODD)) if right else st.sampled_from(ODD)


NAMES = {
    "link.open": ("institution", "key"),
    "link.keys": ("key", "rights"),
    "link.close": (),
    "grant.give": ("not_after", "commitment"),
    "grant.revoke": ("grant",),
    "look.made": ("commitment",),
    "disclosure.made": ("under", "visit", "commitment"),
    "glass.broken": ("ttl_ms", "commitment"),
    "institution.keys": ("keys", "proofs"),
    "operator.propose": ("change",),
    "operator.vote": ("proposal", "accept"),
    "operator.join": ("proposal",),
    "institution.join": ("proposal",),
    "no.kind": ("commitment",),
}


NAMED = {"grant.give": ("grant", "under"), "glass.broken": ("under",), "operator.propose": ("proposal",)}


def _right(kind: str, link: str, operator: str) -> tuple[str, str]:
    """Who may sign this kind, and about whom."""
    match kind:
        case "link.open" | "link.keys":
            return f"{world.HOSPITAL}/desk", link
        case "look.made" | "disclosure.made" | "glass.broken":
            return f"{world.HOSPITAL}/release", link
        case "institution.keys":
            return f"{world.HOSPITAL}/offline", world.HOSPITAL
        case "operator.propose" | "operator.vote":
            return f"{operator}/vote", operator
        case "operator.join":
            return f"{NEW['id']}/vote", NEW["id"]
        case "institution.join":
            return "new/offline", NEW_INSTITUTION["id"]
    return "phone", link


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """Who signs what, about whom; `proposal` and `grant` may be those of an earlier entry."""
    kind = draw(st.sampled_from(sorted(NAMES)))
    subjects = [*LINKS, world.HOSPITAL, *OPERATORS, NEW["id"], NEW_INSTITUTION["id"]]
    said = {name: draw(members(name)) for name in NAMES[kind]}
    if draw(st.integers(0, 9)) == 0:
        said[draw(st.sampled_from(["more", "proof", "key", "\u0000"]))] = draw(st.sampled_from(ODD))
    signer, subject = draw(st.sampled_from(SIGNERS)), draw(st.sampled_from(subjects))
    if draw(st.integers(0, 3)):
        signer, subject = _right(kind, draw(st.sampled_from(LINKS)), draw(st.sampled_from(OPERATORS)))
    earlier = draw(st.integers(0, 9)) > 0
    return {"kind": kind, "signer": signer, "subject": subject, "said": said, "earlier": earlier}


def text_of(author: world.Author, made: dict[str, Any], before: dict[str, str]) -> str:
    said = dict(made["said"])
    if made["earlier"]:
        said |= {name: before[name] for name in said.keys() & before.keys()}
    if "key" in said and isinstance(said["key"], str) and "proof" not in said:
        name = "phone" if said["key"] == world.key("phone") else "second phone"
        proof = {
            "ledger": author.ledger,
            "subject": made["subject"],
            "institution": said.get("institution", ""),
        }
        said["proof"] = sign_compact(world.seed(name), PROOF_TYP, proof)
    return author.entry(made["signer"], made["kind"], made["subject"], **said)


def everything(node: Node) -> dict[str, list[Any]]:
    """All that the store holds, table by table."""
    with node.store.snapshot() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table)).all()), key=repr)
            for table in tables.metadata.sorted_tables
        }


def named(node: Node) -> dict[str, str]:
    """The newest entry that a later one may name, by the member in which it does."""
    found = {}
    with node.store.snapshot() as connection:
        for stored in read_records(connection, 1, 1000):
            entry = parse_entry(stored.record.entry.decode("ascii"))
            found |= dict.fromkeys(NAMED.get(entry.kind, ()), entry.id)
    return found


def open_nodes(folder: Path, place: Postgres) -> list[Node]:
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS ledger CASCADE")
    return [Node(each, GENESIS) for each in (folder / "one.db", place, folder / "two.db")]


@pytest.fixture
def place(postgres: str) -> Postgres:
    return Postgres(postgres)


@pytest.fixture(autouse=True)
def real_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "contracts", lambda: dict.fromkeys((2, 3), (ConsentContract(),)))


@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_anybody_hands_in_is_judged_alike(data: st.DataObject, place: Postgres) -> None:
    with tempfile.TemporaryDirectory() as folder:
        nodes = open_nodes(Path(folder), place)
        try:
            _blocks(data, nodes)
        finally:
            for node in nodes:
                node.store.close()


def _blocks(data: st.DataObject, nodes: list[Node]) -> None:
    one, _other, restarts = nodes
    before: dict[str, str] = {}
    time = TIME
    for node in nodes:
        node.block(pack_entries([world.Author(node.genesis.id).open_link(LINKS[0], "phone")]), time=time)
    for _ in range(data.draw(st.integers(6, 12))):
        texts = [
            text_of(one.author, made, before)
            for made in data.draw(st.lists(entries(), min_size=3, max_size=8))
        ]
        txs = [bytes(data.draw(st.binary(max_size=20)))]
        for text in texts:
            try:
                shape = data.draw(st.sampled_from(["alone", "alone", "twice", "forged beside", "all"]))
                beside = {"alone": [text], "twice": [text, text], "forged beside": [text, forged(text)]}
                txs.append(pack_entries(beside.get(shape, texts)))
            except Malformed:
                continue
        for tx in data.draw(st.lists(st.sampled_from(txs), max_size=4)):
            one.application.check_tx(tx)
        time += data.draw(st.sampled_from([0, 1, 1000, 3_600_000]))
        if data.draw(st.booleans()):
            restarts.restarted()
        results = [node.block(*txs, time=time) for node in nodes]
        for result in results[1:]:
            assert (list(result.codes), result.validators, result.app_hash) == (
                list(results[0].codes),
                results[0].validators,
                results[0].app_hash,
            )
        before = named(one)
    found = [everything(node) for node in nodes]
    assert found[0] == found[1] == found[2]
