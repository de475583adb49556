"""Receipts and two hospitals, checked from outside by the command line: truths, lies, forks and silence."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands
from gateway.contracts import CONTRACTS
from ledger.audit import export_log
from ledger.encoding import b64u
from ledger.engine.embedded import EmbeddedEngine
from tests.ledger import world
from tests.ledger.engine_conformance import committed
from tests.ledger.light.blocks import DAY, MINUTE, Chain, a_chain
from tests.open_door import open_door

Doors = dict[str, Any]


@pytest.fixture(scope="module")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A ledger of three records, a year old, with a receipt, an export and what a hospital answers now."""
    folder: Path = tmp_path_factory.mktemp("far")
    chain, now = a_chain(), time.time_ns() // 1_000_000
    engine = EmbeddedEngine.open(
        str(folder / "ledger.db"),
        chain.genesis.data,
        contracts=CONTRACTS,
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=lambda: now,
    )
    author = world.Author(engine.id)
    sizes: dict[int, bytes] = {}
    for number in (1, 2):
        committed(engine, author.open_link(world.link_id(number), institution=world.HOSPITAL))
        with engine.view() as view:
            sizes[view.size] = view.root
            receipt = view.receipt(1)
            proof = [b64u(value) for value in view.consistency(2)]
    (folder / "receipt.json").write_text(json.dumps(receipt), "utf-8")
    earlier = chain.document(500_000, now - DAY, size=2, root=sizes[2])
    for name, certificate in (("export", earlier), ("bare", None)):
        file = io.BytesIO()
        with engine.view() as view:
            export_log(view, file, certificate=certificate)
        (folder / f"{name}.ndjson").write_bytes(file.getvalue())
    engine.close()
    newest = chain.document(501_000, now - MINUTE, size=3, root=sizes[3])
    doors: Doors = {
        "/ledger/genesis": json.loads(chain.genesis.data),
        "/ledger/light": newest,
        "/ledger/light/501000": newest,
        "/ledger/consistency/2/3": {"old": 2, "new": 3, "consistency": proof},
    }
    return {"chain": chain, "folder": folder, "doors": doors, "now": now, "roots": sizes}


@contextmanager
def hospital(doors: Doors) -> Iterator[str]:
    """A hospital that answers from a table, and 404 beyond it."""

    def answer(path: str) -> str:
        # A genesis is canonical JSON, and nothing else minds.
        return json.dumps(doors[path], sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    with open_door(lambda path: answer(path) if path in doors else None) as address:
        yield address


def run(told: dict[str, Any], *words: str) -> Result:
    named = [str(told["folder"] / word) if word.endswith("json") else word for word in words]
    return FlaskCliRunner(commands).invoke(args=["ledger", *named, "--ledger", told["chain"].genesis.id])


def test_a_receipt_is_proven_offline_by_an_export_that_two_thirds_signed(world_of: dict[str, Any]) -> None:
    found = run(world_of, "verify", "receipt.json", "--in", "export.ndjson")
    assert found.exit_code == 0, found.output
    assert "More than two thirds" in found.output
    assert "超过三分之二" in found.output
    assert "record 1 of this ledger" in found.output
    bare = run(world_of, "verify", "receipt.json", "--in", "bare.ndjson")
    assert (bare.exit_code, "holds no signatures" in bare.output) == (0, True)


def test_a_receipt_of_another_log_is_refused(world_of: dict[str, Any], tmp_path: Path) -> None:
    receipt = json.loads((world_of["folder"] / "receipt.json").read_text("utf-8"))
    lines = receipt["checkpoint"].splitlines(keepends=True)
    for name, lie, code in (
        (
            "another root",
            {"checkpoint": "".join([lines[0], lines[1], "A" * 43 + "=\n", *lines[3:]])},
            "receipt",
        ),
        ("another log", {"checkpoint": "".join(["other/ledger\n", *lines[1:]])}, "checkpoint-origin"),
        ("no proof", {"inclusion": []}, "receipt-inclusion"),
        ("no hashes", {"inclusion": [1]}, "encoding"),
    ):
        path = tmp_path / "lie.json"
        path.write_text(json.dumps({**receipt, **lie}), "utf-8")
        found = run(world_of, "verify", str(path), "--in", "export.ndjson")
        assert (found.exit_code, code in found.output) == (1, True), (name, found.output)


def test_after_fourteen_days_a_hospital_alone_is_not_believed(world_of: dict[str, Any]) -> None:
    with hospital(world_of["doors"]) as at:
        found = run(world_of, "verify", "receipt.json", "--at", at)
    assert (found.exit_code, "light-far" in found.output) == (1, True), found.output


def test_two_hospitals_are_compared_from_an_export_on(world_of: dict[str, Any]) -> None:
    with hospital(world_of["doors"]) as one, hospital(world_of["doors"]) as other:
        same = run(world_of, "compare", one, other, "--in", "export.ndjson")
        assert (same.exit_code, "same block at height 501000" in same.output) == (0, True), same.output
        proven = run(world_of, "verify", "receipt.json", "--at", one, "--in", "export.ndjson")
        assert proven.exit_code == 0, proven.output


def test_a_fork_is_shouted_and_its_evidence_printed(world_of: dict[str, Any]) -> None:
    chain: Chain = world_of["chain"]
    forged = chain.document(501_000, world_of["now"] - MINUTE, size=3, root=bytes(32))
    doors = {**world_of["doors"], "/ledger/light": forged, "/ledger/light/501000": forged}
    with hospital(world_of["doors"]) as one, hospital(doors) as other:
        found = run(world_of, "compare", one, other, "--in", "export.ndjson")
    assert (found.exit_code, "light-fork" in found.output, "不同的区块" in found.output) == (1, True, True)
    evidence = json.JSONDecoder().raw_decode(found.output[found.output.index("{") :])[0]
    assert [evidence[one], evidence[other]] == [world_of["doors"]["/ledger/light"], forged]


@pytest.mark.parametrize(("lie", "code"), [
    ("strangers", "light-untrusted"), ("two of four", "light-power"), ("another root", "light-app-hash"),
    ("nonsense", "light-form"), ("another genesis", "genesis-form"),
])  # fmt: skip
def test_a_liar_is_caught_by_its(lie: str, code: str, world_of: dict[str, Any]) -> None:
    chain, now, root = world_of["chain"], world_of["now"] - MINUTE, world_of["roots"][3]
    strangers = chain.with_validators(*(f"stranger/{number}" for number in range(4)))
    newest = world_of["doors"]["/ledger/light"]
    shown = {
        "strangers": chain.document(500_001, now, strangers, size=3, root=root),
        "two of four": chain.document(501_000, now, silent=[0, 1], size=3, root=root),
        "another root": {**newest, "root": b64u(bytes(32))},
        "nonsense": {"light": []},
    }.get(lie, newest)
    doors = {**world_of["doors"], "/ledger/light": shown}
    if lie == "another genesis":
        doors["/ledger/genesis"] = json.loads(world.genesis_bytes())
    with hospital(doors) as one, hospital(world_of["doors"]) as other:
        found = run(world_of, "compare", one, other, "--in", "export.ndjson")
    assert (found.exit_code, code in found.output) == (1, True), found.output


def test_a_log_that_is_not_the_signed_one_is_refused_whatever_its_operator_signed(
    world_of: dict[str, Any],
) -> None:
    signed = world_of["chain"].document(501_000, world_of["now"] - MINUTE, size=2, root=world_of["roots"][2])
    for proof in ([b64u(bytes(32))], [], ["?"], [1], None):
        doors = {**world_of["doors"], "/ledger/light": signed}
        doors["/ledger/consistency/2/3"] = {"consistency": proof}
        with hospital(doors) as at:
            found = run(world_of, "verify", "receipt.json", "--at", at, "--in", "export.ndjson")
        assert found.exit_code == 1, found.output


def test_silence_is_neither_true_nor_false(world_of: dict[str, Any]) -> None:
    with hospital(world_of["doors"]) as one, hospital({}) as other:
        for address in (other, "http://127.0.0.1:9", "http://elsewhere.example"):
            found = run(world_of, "compare", one, address, "--in", "export.ndjson")
            assert found.exit_code == 3, found.output


def test_a_receipt_needs_something_to_be_held_against(world_of: dict[str, Any]) -> None:
    assert run(world_of, "verify", "receipt.json").exit_code == 2
