"""Which version of the rules judges a record, an operator's quota, and ledgers of an earlier release."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.errors import Fatal
from ledger.registry import OPERATORS
from tests.ledger import world
from tests.ledger.voting import NEW_INSTITUTION, Council, admit_institution, rules

LINK = world.link_id(1)


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    made = Council(tmp_path)
    yield made
    made.engine.close()


class Generous(world.CountingContract):
    """A later version of the rules: an unlucky number is counted, too."""

    def apply(self, view: Any, entry: Any, signer: Any, time: int) -> Any:
        if entry.kind == "look.made":
            link = view.get(f"link/{entry.subject}")
            return {f"link/{entry.subject}": {**link, "count": link["count"] + 1000}}
        return super().apply(view, entry, signer, time)


def test_a_version_of_the_rules_judges_from_its_index_on_and_for_ever(tmp_path: Path) -> None:
    council = Council(tmp_path)
    council.engine.close()
    council.contracts = {**world.contracts(), 3: [Generous()]}
    council.engine = council.open()
    council.done(f"{world.HOSPITAL}/desk", "link.open", LINK, institution=world.HOSPITAL)
    proposal = council.propose(rules(start=6))
    assert all(isinstance(council.vote(by, proposal), Committed) for by in (1, 2))
    look = (f"{world.HOSPITAL}/release", "look.made", LINK)
    assert council.refused(*look, step=13) == "step-unlucky", "record 5 is judged by version 1"
    assert council.done(*look).index == 5
    assert council.done(*look, step=13).index == 6
    assert council.get(f"link/{LINK}")["count"] == 1001
    file = io.BytesIO()
    with council.engine.view() as view:
        export_log(view, file)
    council.engine.close()
    assert verify_log(io.BytesIO(file.getvalue()), council.contracts).ok
    with pytest.raises(Fatal, match=r"yaoshi 9\.0"):
        verify_log(io.BytesIO(file.getvalue()), world.contracts())
    council.contracts = world.contracts()
    with pytest.raises(Fatal) as unknown:
        council.open()
    assert unknown.value.code == "rules-unknown"
    assert "from record 6 on" in str(unknown.value)


def test_a_node_that_does_not_know_the_rules_writes_nothing_more(
    council: Council, caplog: pytest.LogCaptureFixture
) -> None:
    council.done(f"{world.HOSPITAL}/desk", "link.open", LINK, institution=world.HOSPITAL)
    council.decide(rules())
    with pytest.raises(Fatal) as unknown:
        council.submit(f"{world.HOSPITAL}/release", "look.made", LINK)
    assert unknown.value.code == "rules-unknown"
    assert "install yaoshi 9.0 or later" in caplog.text
    with council.engine.view() as view:
        assert view.size == 5, "what was recorded can still be read"


def test_an_operators_quota_holds_up_its_institutions_but_never_a_look(tmp_path: Path) -> None:
    council = Council(tmp_path, operator_entries_per_hour=3)
    other = council.operators[1]
    council.decide({"do": "institution.change", "institution": world.CLINIC, "operator": other})
    for number in range(3):
        council.done(f"{world.HOSPITAL}/desk", "link.open", world.link_id(number), institution=world.HOSPITAL)
    opening = (f"{world.HOSPITAL}/desk", "link.open", world.link_id(9))
    assert council.refused(*opening, institution=world.HOSPITAL) == "operator-quota-exceeded"
    council.done(f"{world.HOSPITAL}/release", "look.made", world.link_id(0))
    council.done(f"{world.CLINIC}/desk", "link.open", world.link_id(8), institution=world.CLINIC)
    council.clock.now += 3_600_000
    council.done(*opening, institution=world.HOSPITAL)
    council.engine.close()


def test_a_ledger_of_an_earlier_release_is_governed_like_any_other(tmp_path: Path) -> None:
    council = Council(tmp_path, operators=1, validators=False)
    council.engine.close()
    _forget(council.path, "operators", "members")
    council.engine = council.open()
    assert council.get(OPERATORS) is None
    with council.engine.view() as view:
        assert [one.code for one in view.institutions()] == ["WX", "WY"]
    proposal = council.propose(admit_institution())
    council.done(f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION, proposal=proposal)
    with council.engine.view() as view:
        assert [one.code for one in view.institutions()] == ["WX", "WY", "ZZ"]
    council.engine.close()


def _forget(path: Path, *keys: str) -> None:
    """Take documents out of a closed ledger file that an earlier release did not write."""
    with sqlite3.connect(path) as connection:
        connection.executemany("DELETE FROM state WHERE key = ?", [(key,) for key in keys])
    connection.close()
