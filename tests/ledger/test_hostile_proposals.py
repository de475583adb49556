"""Whatever is proposed, by either version of the rules, is answered and never fails."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import parse_entry
from ledger.errors import Refusal
from ledger.genesis import parse_genesis
from ledger.governance import govern
from ledger.members import Case
from ledger.registry import Signer, genesis_documents
from tests.ledger import world
from tests.ledger.voting import admit_institution, admit_operator, proven, rules

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_VALID: list[dict[str, Any]] = [
    admit_operator(),
    admit_institution(),
    rules(),
    {"do": "operator.keys", "operator": world.OPERATOR, "keys": {"vote": world.key("next")}},
    {"do": "operator.retire", "operator": world.OPERATOR},
    {"do": "institution.retire", "institution": world.CLINIC},
    {"do": "institution.change", "institution": world.CLINIC, "base": "https://x.example", "operator": "x"},
]


def _spoiled(change: dict[str, Any], path: list[int], value: Any) -> Any:
    """The change with any value at any place of it."""
    if not path or not isinstance(change, dict):
        return value
    names = sorted(change)
    name = names[path[0] % len(names)]
    return {**change, name: _spoiled(change[name], path[1:], value)}


GENESES = {version: parse_genesis(world.genesis_bytes(4, True, rules=version)) for version in (1, 2)}
_PROVEN = [proven(GENESES[2].id, admit_operator()), proven(GENESES[2].id, admit_institution())]


@given(
    st.sampled_from([1, 2]),
    st.sampled_from([*_VALID, *_PROVEN]),
    st.lists(st.integers(0, 9), max_size=3),
    _ANY,
)
def test_whatever_is_proposed_is_answered_and_never_fails(
    version: int, change: dict[str, Any], path: list[int], value: Any
) -> None:
    genesis = GENESES[version]
    documents = genesis_documents(genesis)
    spoiled = _spoiled(change, path, value)
    entry = parse_entry(
        world.Author(genesis.id).entry(
            f"{world.OPERATOR}/vote", "operator.propose", world.OPERATOR, change=spoiled
        )
    )
    signer = Signer(entry.kid, world.OPERATOR, "operator", "vote")
    case = Case(entry, signer, genesis, documents.get, lambda _subject: None, 1, world.START)
    answer = govern(case)
    assert isinstance(answer, Refusal) or f"proposal/{entry.id}" in answer
