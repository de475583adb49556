"""What a memory holds of the state is what JSON makes of it, and nobody who reads it can change it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.documents import copy_of, kept

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=4), inner, max_size=3),
    ),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)


@given(DOCUMENTS)
def test_a_node_that_never_stopped_sees_what_one_reads_that_did(document: dict[str, Any]) -> None:
    wanted = json.loads(json.dumps(document))
    held = kept(document)
    assert held == wanted
    assert repr(copy_of(held)) == repr(wanted), "a tuple, or True for 1, would show"


@given(DOCUMENTS)
def test_who_changes_what_he_read_changes_nothing_else(document: dict[str, Any]) -> None:
    held = kept(document)
    before = repr(held)
    _spoil(copy_of(held))
    _spoil(document)
    assert repr(held) == before


def _spoil(value: Any) -> None:
    if isinstance(value, dict):
        for one in value.values():
            _spoil(one)
        value["spoiled"] = True
    elif isinstance(value, list):
        for one in value:
            _spoil(one)
        value.append("spoiled")
    elif isinstance(value, tuple):
        for one in value:
            _spoil(one)
