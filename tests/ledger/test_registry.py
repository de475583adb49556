"""The registry says which operators take part and which consensus key is whose, in older files, too."""

from __future__ import annotations

import pytest

from ledger.genesis import parse_genesis
from ledger.registry import OPERATORS, active_operators, genesis_documents, validators
from tests.ledger import world


def test_every_operator_of_a_genesis_is_active_and_its_validator_is_known() -> None:
    genesis = parse_genesis(world.genesis_bytes(operators=4, validators=True))
    documents = genesis_documents(genesis)
    assert active_operators(documents.get, genesis) == world.consortium()
    assert validators(documents.get) == {world.key(f"{each}/validator"): each for each in world.consortium()}


@pytest.mark.parametrize("operators", [1, 4])
def test_a_ledger_of_an_earlier_release_has_its_operators_and_no_validators(operators: int) -> None:
    genesis = parse_genesis(world.genesis_bytes(operators=operators))
    documents = genesis_documents(genesis)
    del documents[OPERATORS]
    assert active_operators(documents.get, genesis) == world.consortium(operators)
    assert validators(documents.get) == {}
