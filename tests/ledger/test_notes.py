"""Signed notes, checkpoints and the commitments: published vectors and what is refused."""

from __future__ import annotations

import base64

import pytest

from ledger.apphash import app_hash
from ledger.checkpoint import (
    checkpoint_text,
    open_checkpoint,
    parse_checkpoint_text,
    sign_checkpoint,
)
from ledger.commitment import commit
from ledger.digits import digits
from ledger.encoding import unb64
from ledger.errors import Malformed
from ledger.merkle import verify_inclusion
from ledger.note import (
    ED25519,
    Verifier,
    format_note,
    format_vkey,
    open_note,
    parse_vkey,
    signature_line,
)
from ledger.signing import public_key
from tests.ledger.test_merkle import LEAVES, ROOTS

SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_LINE = (
    "— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
SPEC_TEXT = "This is an example message.\n"
LOG_KEY = "yaoshi.example/ledger+686302d0+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
WITNESS_KEY = "clinic-b.example/witness+a9a881e2+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
TREE_NOTE = """yaoshi.example/ledger
8
XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

— yaoshi.example/ledger aGMC0OLzGlb4xtJVR8Ypk+BNFH1uYFjtNjPZyfBwuDx+6jB9tGtYj7XfHP9U/8N/bGqwXsDWr3YcoKH66MV6+XkrSAk=
— clinic-b.example/witness qaiB4gAAAABpVbkA5KHsQTEnjYslHZKE+TcaclzCpX124ARMBLNlmxMR5KhJ03EuVvSfOoFbY7KRRlbLVBqcwBOMJNQI8ntfE8rWBw==
"""  # noqa: E501
PROOF = [
    "vBoGQ7EuTS18d5GPROD095qDi2z57FtcKD4fTYhZnms=",
    "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
    "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
]
LOG_SEED = bytes([1]) * 32
ORIGIN = "yaoshi.example/ledger"


def test_the_published_note_opens() -> None:
    text, signed = open_note(format_note(SPEC_TEXT, [SPEC_LINE]), [parse_vkey(SPEC_KEY)])
    assert text == SPEC_TEXT
    assert [line.verifier for line in signed] == [parse_vkey(SPEC_KEY)]
    assert format_vkey(parse_vkey(SPEC_KEY)) == SPEC_KEY


def test_a_checkpoint_that_another_reader_accepted_opens_and_includes_its_leaf() -> None:
    log, witness = parse_vkey(LOG_KEY), parse_vkey(WITNESS_KEY)
    text, signed = open_note(TREE_NOTE, [log, witness])
    assert [(line.verifier, line.time) for line in signed] == [(log, None), (witness, 1767225600)]
    checkpoint = parse_checkpoint_text(text)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) == (ORIGIN, 8, ROOTS[8])
    assert verify_inclusion(LEAVES[5], 5, 8, [unb64(value) for value in PROOF], checkpoint.root)
    witnessed = signature_line(bytes([2]) * 32, witness, text, 1767225600)
    assert format_note(text, [signature_line(LOG_SEED, log, text), witnessed]) == TREE_NOTE


def _signed(text: str = SPEC_TEXT, count: int = 1) -> str:
    verifier = Verifier("log", ED25519, public_key(LOG_SEED))
    return format_note(text, [signature_line(LOG_SEED, verifier, text)] * count)


UNKNOWN = "— stranger " + base64.b64encode(bytes(68)).decode() + "\n"
OURS = Verifier("log", ED25519, public_key(LOG_SEED))
GOOD_NOTES = {
    "an unknown key before ours": format_note(SPEC_TEXT, [UNKNOWN]) + _signed().rpartition("\n\n")[2],
    "sixteen lines": _signed(count=16),
    "a hundred lines": _signed(count=100),
    "a blank line in the text": _signed("a\n\nb\n"),
}


@pytest.mark.parametrize("note", GOOD_NOTES.values(), ids=GOOD_NOTES.keys())
def test_a_note_opens_with(note: str) -> None:
    assert open_note(note, [OURS])[1]


BAD_NOTES = {
    "no signature": (SPEC_TEXT + "\n", "note-form"),
    "no blank line": (SPEC_TEXT + _signed().rpartition("\n\n")[2], "note-form"),
    "101 lines": (_signed(count=101), "note-form"),
    "no final newline": (_signed()[:-1], "note-form"),
    "CR LF": (_signed().replace("\n", "\r\n"), "note-form"),
    "a hyphen in place of the dash": (_signed().replace("—", "-"), "note-form"),
    "two spaces": (_signed().replace("— log ", "— log  "), "note-form"),
    "only unknown keys": (format_note(SPEC_TEXT, [UNKNOWN]), "note-signature"),
    "another text": (_signed().replace("example", "Example"), "note-signature"),
    "a known key that fails, beside one that holds": (
        _signed() + _signed("other\n").rpartition("\n\n")[2],
        "note-signature",
    ),
    "more than a megabyte": (_signed("x" * 1_000_000 + "\n"), "note-form"),
}


@pytest.mark.parametrize(("note", "code"), BAD_NOTES.values(), ids=BAD_NOTES.keys())
def test_a_note_is_refused_with(note: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        open_note(note, [OURS])
    assert refused.value.code == code


BAD_KEYS = [
    "",
    "log",
    "a b+00000000+AA==",
    SPEC_KEY.replace("530d903a", "530d903b"),
    SPEC_KEY[:-4],
    "a+b+c+d",
]


@pytest.mark.parametrize("text", BAD_KEYS)
def test_a_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_vkey(text)


ROOT_TEXT = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="
BAD_CHECKPOINTS = {
    "leading zeros": f"{ORIGIN}\n007\n{ROOT_TEXT}\n",
    "a negative size": f"{ORIGIN}\n-1\n{ROOT_TEXT}\n",
    "2^63": f"{ORIGIN}\n{2**63}\n{ROOT_TEXT}\n",
    "digits of another script": f"{ORIGIN}\n٣\n{ROOT_TEXT}\n",
    "a root of 31 bytes": f"{ORIGIN}\n8\n{base64.b64encode(bytes(31)).decode()}\n",
    "no origin": f"\n8\n{ROOT_TEXT}\n",
    "an extension line": f"{ORIGIN}\n8\n{ROOT_TEXT}\nmore\n",
    "two lines": f"{ORIGIN}\n8\n",
}


@pytest.mark.parametrize("text", BAD_CHECKPOINTS.values(), ids=BAD_CHECKPOINTS.keys())
def test_a_checkpoint_is_refused_with(text: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint_text(text)


def test_a_checkpoint_goes_round_and_carries_its_time() -> None:
    root = bytes.fromhex(ROOTS[8])
    note = sign_checkpoint(LOG_SEED, ORIGIN, 8, root, 1767225600999)
    checkpoint = open_checkpoint(note, ORIGIN, public_key(LOG_SEED))
    assert (checkpoint.size, checkpoint.root, checkpoint.time) == (8, root, 1767225600)
    assert parse_checkpoint_text(checkpoint_text(ORIGIN, 2**63 - 1, root)).size == 2**63 - 1


def test_a_checkpoint_of_another_log_or_without_its_time_is_refused() -> None:
    key = public_key(LOG_SEED)
    note = sign_checkpoint(LOG_SEED, ORIGIN, 8, bytes(32), 1000)
    with pytest.raises(Malformed) as refused:
        open_checkpoint(note, "elsewhere", key)
    assert refused.value.code == "note-signature"
    without_time = "".join(note.splitlines(keepends=True)[:-1])
    with pytest.raises(Malformed) as refused:
        open_checkpoint(without_time, ORIGIN, key)
    assert refused.value.code == "note-signature"
    stranger = checkpoint_text("elsewhere", 8, bytes(32))
    both = [Verifier(ORIGIN, kind, key) for kind in (1, 4)]
    lines = [signature_line(LOG_SEED, verifier, stranger, 1) for verifier in both]
    with pytest.raises(Malformed) as refused:
        open_checkpoint(format_note(stranger, lines), ORIGIN, key)
    assert refused.value.code == "checkpoint-origin"


def test_the_published_commitment() -> None:
    details = b'{"codes":["4548-4"],"from":"2026-01-01"}'
    assert commit(bytes(range(32)), details) == "p5Jcv84uzR1U3L93cfCVFwrWt-BcuaG9APp-kUZvoxY"
    with pytest.raises(ValueError, match="salt"):
        commit(bytes(31), details)


def test_digits_depend_on_each_of_their_parts() -> None:
    parts = ("ab" * 32, "cd" * 16, "7HPR3C8N", bytes(32))
    first = digits(*parts)
    assert len(first) == 3
    assert first.isdecimal()
    changed = [
        digits("ac" * 32, *parts[1:]),
        digits(parts[0], "ce" * 16, *parts[2:]),
        digits(*parts[:2], "7HPR3C8M", parts[3]),
        digits(*parts[:3], bytes([1]) * 32),
    ]
    assert len({first, *changed}) == 5


def test_the_app_hash_names_size_and_root() -> None:
    assert len({app_hash(1, bytes(32)), app_hash(2, bytes(32)), app_hash(1, bytes([1]) * 32)}) == 3
