"""An audit of an exported file finds each change of it, and names the first."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import AuditResult, export_log, verify_log
from ledger.checkpoint import sign_checkpoint
from ledger.encoding import b64u, canonical_json, unb64u
from ledger.record import decode_record
from tests.ledger import world
from tests.ledger.engine_conformance import LINK, OTHER, committed
from tests.ledger.test_embedded import SettableClock, open_engine

Lines = list[dict[str, Any]]
Tamper = Callable[[Lines], Lines]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Lines]:
    path: Path = tmp_path_factory.mktemp("audit") / "ledger.db"
    engine = open_engine(path, SettableClock())
    author = world.Author(engine.id)
    for entry in (
        author.open_link(LINK, "phone"),
        author.open_link(OTHER),
        author.look(LINK),
        author.look(OTHER),
    ):
        committed(engine, entry)
    file = io.BytesIO()
    with engine.view() as view:
        export_log(view, file)
    engine.close()
    return engine.id, [json.loads(line) for line in file.getvalue().splitlines()]


def audit(lines: Lines, expected_id: str | None = None, tail: bytes = b"") -> AuditResult:
    data = b"".join(canonical_json(line) + b"\n" for line in lines) + tail
    return verify_log(io.BytesIO(data), world.contracts(), expected_id)


def _record(index: int, /, **changes: Any) -> Tamper:
    def tamper(lines: Lines) -> Lines:
        record = decode_record(unb64u(lines[index + 1]["record"]))
        return _line(index, record=b64u(replace(record, **changes).encode()))(lines)

    return tamper


def _line(index: int, /, **changes: Any) -> Tamper:
    return lambda lines: [*lines[: index + 1], {**lines[index + 1], **changes}, *lines[index + 2 :]]


def _forged(lines: Lines) -> Lines:
    record = decode_record(unb64u(lines[4]["record"]))
    entry = record.entry[:-1] + (b"A" if record.entry[-1:] != b"A" else b"Q")
    return _record(3, entry=entry)(lines)


def _other_checkpoint(lines: Lines) -> Lines:
    note = sign_checkpoint(world.CHECKPOINT_SEED, "localhost:8080/ledger", 5, bytes(32), 1000)
    return [{**lines[0], "checkpoint": note}, *lines[1:]]


def _strangers_checkpoint(lines: Lines) -> Lines:
    note = sign_checkpoint(bytes(32), "localhost:8080/ledger", 5, unb64u(lines[0]["root"]), 1000)
    return [{**lines[0], "checkpoint": note}, *lines[1:]]


ZERO = b64u(bytes(32))
TAMPERINGS: dict[str, tuple[Tamper, str, str]] = {
    "a record was left out": (lambda x: x[:3] + x[4:], "unaltered", "record 2: its line is missing"),
    "the last record was cut off": (lambda x: x[:-1], "unaltered", "record 4: its line is missing"),
    "two records changed places": (
        lambda x: [*x[:3], {**x[4], "index": 2}, {**x[3], "index": 3}, x[5]],
        "unaltered",
        "record 2: its index differs",
    ),
    "one record stands twice": (
        lambda x: [{**x[0], "size": 6}, *x[1:], {**x[5], "index": 5}],
        "unaltered",
        "record 5: the same entry stands in the log twice",
    ),
    "a time was changed": (_record(3, time=world.START), "unaltered", "record 3: its time is before"),
    "a later time was written": (
        _record(3, time=world.START + 10**9),
        "unaltered",
        "record 3: its heads root differs",
    ),
    "a seq was changed": (_record(3, seq=3), "unaltered", "record 3: its seq differs"),
    "a prev was changed": (_record(3, prev=bytes(32)), "unaltered", "record 3: its prev differs"),
    "a number was changed": (_record(3, number=4), "unaltered", "record 3: its subject number differs"),
    "an index was changed": (_record(3, index=4), "unaltered", "record 3: its index differs"),
    "an entry was changed": (_record(3, entry=b"a.b.c"), "signed", "record 3: it holds no valid entry"),
    "a signature was changed": (_forged, "signed", "record 3: it"),
    "a heads root was changed": (_line(3, heads=ZERO), "unaltered", "record 3: its heads root differs"),
    "the genesis was changed": (_record(0, entry=b"{}"), "signed", "record 0: it holds no valid genesis"),
    "the root was changed": (lambda x: [{**x[0], "root": ZERO}, *x[1:]], "unaltered", "the log root differs"),
    "the size was lowered": (lambda x: [{**x[0], "size": 4}, *x[1:]], "unaltered", "the file goes on"),
    "the ledger was renamed": (
        lambda x: [{**x[0], "ledger": "00" * 32}, *x[1:]],
        "unaltered",
        "record 0: the genesis is not that",
    ),
    "the first line is missing": (lambda x: x[1:], "unaltered", "the first line is not"),
    "nothing is left": (lambda _: [], "unaltered", "the first line is missing"),
    "the checkpoint is of another root": (_other_checkpoint, "checkpoint", "the checkpoint states another"),
    "the checkpoint is a stranger's": (_strangers_checkpoint, "checkpoint", "the checkpoint is not signed"),
    "a record is not base64url": (_line(3, record="="), "unaltered", "record 3: its line is malformed"),
    "a record is a number": (_line(3, record=7), "unaltered", "record 3: its line is malformed"),
}


@pytest.mark.parametrize(("tamper", "claim", "first"), TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_an_audit_finds_that(exported: tuple[str, Lines], tamper: Tamper, claim: str, first: str) -> None:
    result = audit(tamper(exported[1]))
    assert not result.ok
    assert result.first_difference is not None
    assert result.first_difference.startswith(first)
    assert result.claims[claim] is False


def test_an_untouched_export_holds(exported: tuple[str, Lines]) -> None:
    result = audit(exported[1], exported[0])
    assert (result.ok, result.size, result.first_difference) == (True, 5, None)
    assert result.claims == {"unaltered": True, "signed": True, "checkpoint": True}


def test_an_export_without_checkpoint_claims_none(exported: tuple[str, Lines]) -> None:
    result = audit([{**exported[1][0], "checkpoint": None}, *exported[1][1:]])
    assert result.ok
    assert result.claims["checkpoint"] is None


def test_an_export_of_another_ledger_is_not_the_expected_one(exported: tuple[str, Lines]) -> None:
    assert not audit(exported[1], "00" * 32).ok


def test_other_rules_give_another_verdict(exported: tuple[str, Lines]) -> None:
    data = b"".join(canonical_json(line) + b"\n" for line in exported[1])
    result = verify_log(io.BytesIO(data), {1: []})
    assert result.first_difference == "record 1: the rules refuse it (entry-kind-unknown)"


@pytest.mark.parametrize("tail", [b"\n", b"x", b"{}\n"])
def test_bytes_after_the_end_are_found(exported: tuple[str, Lines], tail: bytes) -> None:
    assert audit(exported[1], tail=tail).first_difference == "the file goes on after its last record"


@pytest.mark.parametrize("data", [b"", b"\xff\n", b"[]\n", b"{}", b"{" * 5_000 + b"\n", b'{"yaoshi":[]}\n'])
def test_hostile_files_differ_and_never_fail(data: bytes) -> None:
    assert not verify_log(io.BytesIO(data), world.contracts()).ok
