"""JSON is read strictly and written back with every number as it came."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.records.elements.json_text import MAX_DEPTH, NotJson, Number, parse, write

NUMBERS = ["6.80", "2.0", "2.00", "1e2", "1E-7", "-0.0", "0.10000000000000000001", "9" * 5000, "1e999999"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda text: text[:24])
def test_a_number_is_written_back_as_it_came(number: str) -> None:
    assert write(parse(f'{{"value":{number}}}')) == f'{{"value":{number}}}'


def test_a_number_is_not_a_text() -> None:
    value = parse('{"a":1,"b":"1"}')
    assert type(value["a"]) is Number
    assert type(value["b"]) is str


REFUSED = {
    "a member is named twice": ('{"a":1,"a":2}', "duplicate-key"),
    "a member is named twice deep inside": ('[{"b":{"a":1,"a":1}}]', "duplicate-key"),
    "a number is NaN": ('{"a":NaN}', "not-json"),
    "a number is Infinity": ('{"a":-Infinity}', "not-json"),
    "a text holds NUL": (r'{"a":"\u0000"}', "control-character"),
    "a text holds a bell": (r'{"a":["x\u0007"]}', "control-character"),
    "a text holds a backspace": (r'{"a":"\b"}', "control-character"),
    "a name holds NUL": (r'{"a\u0000":1}', "control-character"),
    "something follows": ("{} {}", "not-json"),
    "it is nothing": ("", "not-json"),
    "it is nested without end": ("[" * 100_000, "too-deep"),
    "it is nested without end in objects": ('{"a":' * 100_000, "too-deep"),
}


@pytest.mark.parametrize(("text", "code"), REFUSED.values(), ids=REFUSED)
def test_text_is_refused_when(text: str, code: str) -> None:
    with pytest.raises(NotJson) as refused:
        parse(text)
    assert refused.value.code == code


def test_a_refusal_names_line_and_column() -> None:
    with pytest.raises(NotJson) as refused:
        parse('{\n  "a": 1,\n  }')
    assert (refused.value.line, refused.value.column) == (3, 3)


def test_an_escaped_backslash_before_u0000_is_plain_text() -> None:
    assert parse(r'{"a":"\\u0000"}') == {"a": r"\u0000"}


def test_half_a_character_is_not_written() -> None:
    with pytest.raises(NotJson) as refused:
        write(parse(r'{"a":"\ud800"}'))
    assert refused.value.code == "text-not-unicode"


def test_depth_up_to_the_limit_is_written() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert write(parse(text)) == text


_JSON = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(exclude_categories=("Cs", "Cc"))),
    lambda inside: (
        st.lists(inside) | st.dictionaries(st.text(st.characters(exclude_categories=("Cs", "Cc"))), inside)
    ),
    max_leaves=20,
)


@given(_JSON)
def test_writing_and_parsing_give_the_same_value(value: object) -> None:
    assert parse(write(value)) == value
    assert json.loads(write(value)) == value
