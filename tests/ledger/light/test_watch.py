"""An export with what the validators signed in it: checked against the votes in the very records."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import AuditResult, export_log, verify_log
from ledger.encoding import b64u, canonical_json, parse_json
from ledger.engine.embedded import EmbeddedEngine
from tests.ledger import world
from tests.ledger.engine_conformance import committed
from tests.ledger.light.blocks import DAY, Chain, a_chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    return a_chain()


@pytest.fixture(scope="module")
def log(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The lines of an export of four records, and the root of each size."""
    engine = EmbeddedEngine.open(
        str(tmp_path_factory.mktemp("watch") / "ledger.db"),
        chain.genesis.data,
        contracts=world.contracts(),
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=lambda: world.START,
    )
    author, roots = world.Author(engine.id), {}
    for number in range(1, 4):
        with engine.view() as view:
            roots[view.size] = view.root
        committed(engine, author.open_link(world.link_id(number)))
    file = io.BytesIO()
    with engine.view() as view:
        roots[view.size] = view.root
        export_log(view, file)
    engine.close()
    return {"lines": file.getvalue().splitlines(keepends=True), "roots": roots}


def audit(log: dict[str, Any], certificate: object, known: dict[int, bytes] | None = None) -> AuditResult:
    header = {**parse_json(log["lines"][0]), "certificate": certificate}
    data = b"".join([canonical_json(header) + b"\n", *log["lines"][1:]])
    return verify_log(io.BytesIO(data), world.contracts(), known=known)


def test_what_the_validators_signed_holds_for_each_size(chain: Chain, log: dict[str, Any]) -> None:
    for size, root in log["roots"].items():
        # A year later: the votes in the log tell the validators, no trusted header is too old for that.
        document = chain.document(400, world.START + 365 * DAY, size=size, root=root)
        found = audit(log, document)
        assert (found.ok, found.claims["certificate"]) == (True, True), found.first_difference


def test_a_file_without_a_certificate_has_no_such_claim(log: dict[str, Any]) -> None:
    assert "certificate" not in audit(log, None).claims


@pytest.mark.parametrize(
    ("name", "difference"),
    [
        ("signed by strangers", "light-voted"),
        ("signed by two of four", "light-power"),
        ("while the validators change", "light-changing"),
        ("of another log", "another log of 3 records"),
        ("of a longer log", "ends before record 8"),
        ("with another size", "light-app-hash"),
        ("that is none", "light-form"),
    ],
)
def test_a_certificate_is_refused(name: str, difference: str, chain: Chain, log: dict[str, Any]) -> None:
    now, root = world.START + DAY, log["roots"][3]
    strangers = chain.with_validators(*(f"stranger/{number}" for number in range(4)))
    documents: dict[str, object] = {
        "signed by strangers": chain.document(9, now, strangers, size=3, root=root),
        "signed by two of four": chain.document(9, now, silent=[0, 3], size=3, root=root),
        "while the validators change": chain.document(9, now, chain.first, strangers, size=3, root=root),
        "of another log": chain.document(9, now, size=3, root=bytes(32)),
        "of a longer log": chain.document(9, now, size=9, root=root),
        "with another size": {**chain.document(9, now, size=3, root=root), "size": 2},
        "that is none": {"root": b64u(root)},
    }
    found = audit(log, documents[name])
    assert not found.ok
    assert found.claims["certificate"] is False
    assert difference in str(found.first_difference)


def test_a_root_that_somebody_kept_is_found_in_the_log_or_shouted(log: dict[str, Any]) -> None:
    assert audit(log, None, {2: log["roots"][2], 4: log["roots"][4]}).ok
    wrong = audit(log, None, {2: bytes(32)})
    assert (wrong.ok, wrong.claims["checkpoint"]) == (False, False)
    assert "ends before record 6" in str(audit(log, None, {7: bytes(32)}).first_difference)


def test_an_export_carries_the_certificate_that_it_is_given(tmp_path: Path, chain: Chain) -> None:
    engine = EmbeddedEngine.open(
        str(tmp_path / "ledger.db"),
        chain.genesis.data,
        contracts=world.contracts(),
        checkpoint_seed=world.CHECKPOINT_SEED,
        clock=lambda: world.START,
    )
    file = io.BytesIO()
    with engine.view() as view:
        certificate = chain.document(2, world.START, size=view.size, root=view.root)
        export_log(view, file, certificate=certificate)
    engine.close()
    file.seek(0)
    assert verify_log(file, world.contracts()).claims == {
        "unaltered": True, "signed": True, "checkpoint": True, "certificate": True,
    }  # fmt: skip
