"""Resources are cut out of a Bundle as the very text that came, however the Bundle is written."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.peers.searchset import Searchset, WrongBundle, read_searchset
from gateway.records.elements.json_text import NotJson

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def resource(number: int, more: dict[str, Any]) -> dict[str, Any]:
    return {**more, "resourceType": "Observation", "id": f"o-{number}"}


@given(
    st.lists(st.dictionaries(texts, values, max_size=4), max_size=4),
    st.sampled_from([None, 1, 3]),
    st.booleans(),
)
def test_each_text_is_the_one_that_came(
    more: list[dict[str, Any]], indent: int | None, ascii_only: bool
) -> None:
    made = [
        json.dumps(resource(number, each), indent=indent, ensure_ascii=ascii_only)
        for number, each in enumerate(more)
    ]
    entries = ", ".join(f'{{"search" : {{"mode":"match"}},\n"resource" :  {each} }}' for each in made)
    link = '{"relation":"next","url":"https://x.example/fhir/Observation?_cursor=abc"}'
    bundle = f'{{ "type":"searchset", "link" : [{link}], "entry" : [ {entries} ],"resourceType":"Bundle" }}\n'

    assert read_searchset(bundle, "Observation", 200) == Searchset(
        [(f"Observation/o-{number}", text) for number, text in enumerate(made)], "abc"
    )


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_else_comes_is_refused_by_name(noise: bytes) -> None:
    with pytest.raises((NotJson, WrongBundle)):
        read_searchset(noise.decode("utf-8", "replace"), "Observation", 200)


@given(values)
def test_a_bundle_of_anything_gives_a_page_or_is_refused_by_name(value: Any) -> None:
    for member in ("entry", "link", "type"):
        bundle = {"resourceType": "Bundle", "type": "searchset", "entry": [], member: value}
        try:
            page = read_searchset(json.dumps(bundle), "Observation", 200)
        except (NotJson, WrongBundle):
            continue
        assert page.records == []


def test_a_page_without_anything_is_a_page() -> None:
    assert read_searchset('{"resourceType":"Bundle","type":"searchset"}', "Patient", 200) == Searchset(
        [], None
    )
