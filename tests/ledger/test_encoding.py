"""One meaning has one byte form: base64url, JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.encoding import MAX_ENTRY_BYTES, b64, b64u, canonical_json, is_hex, parse_json, unb64, unb64u
from ledger.errors import Malformed
from tests.ledger.vectors import folder

BAD_TEXTS = {
    "stray bits in the last character": "AR",
    "padding": "AQ==",
    "a length that no bytes have": "A",
    "the standard alphabet": "+/8",
    "a space": "A Q",
    "a newline": "AQ\n",
    "a letter beyond ASCII": "Aé",
    "a lone surrogate": "\ud800",
    "a NUL": "AQ\x00",
}


@pytest.mark.parametrize("text", BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_base64url_is_refused_when_it_has(text: str) -> None:
    with pytest.raises(Malformed) as refused:
        unb64u(text)
    assert refused.value.code == "encoding-not-canonical"


def test_base64url_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        unb64u("AQ", 2)
    assert refused.value.code == "length-wrong"


@given(st.binary(max_size=80))
def test_base64_goes_round(data: bytes) -> None:
    assert unb64u(b64u(data)) == data
    assert unb64(b64(data)) == data


@given(st.text(max_size=12))
def test_whatever_decodes_is_canonical(text: str) -> None:
    try:
        data = unb64u(text)
    except Malformed:
        return
    assert b64u(data) == text


BAD_JSON = {
    "a name twice": (b'{"a":1,"a":1}', "json-duplicate-key"),
    "a name twice further down": (b'{"b":[{"a":1,"a":1}]}', "json-duplicate-key"),
    "a name twice in two spellings": (b'{"a":1,"\\u0061":1}', "json-duplicate-key"),
    "a fraction": (b'{"a":1.0}', "number-not-integer"),
    "an exponent": (b'{"a":1e3}', "number-not-integer"),
    "NaN": (b'{"a":NaN}', "number-not-integer"),
    "minus Infinity": (b'{"a":-Infinity}', "number-not-integer"),
    "2^53": (b'{"a":9007199254740992}', "number-out-of-range"),
    "minus 2^53": (b'{"a":-9007199254740992}', "number-out-of-range"),
    "a number of 20 000 digits": (b'{"a":' + b"9" * 20_000 + b"}", "number-out-of-range"),
    "nine levels": (b'{"a":' + b"[" * 8 + b"]" * 8 + b"}", "too-deep"),
    "ten thousand levels": (b'{"a":' + b"[" * 10_000, "too-deep"),
    "a lone surrogate": (b'{"a":"\\ud800"}', "text-not-unicode"),
    "a lone surrogate as a name": (b'{"\\udc00":1}', "text-not-unicode"),
    "bytes that are not UTF-8": (b'{"a":"\xff"}', "text-not-unicode"),
    "a byte order mark": (b'\xef\xbb\xbf{"a":1}', "json-invalid"),
    "UTF-16": ('{"a":1}'.encode("utf-16"), "text-not-unicode"),
    "an array outside": (b"[1]", "json-not-object"),
    "something after the object": (b'{"a":1} x', "json-invalid"),
    "nothing": (b"", "json-invalid"),
    "a byte too many": (b'{"a":"' + b"x" * (MAX_ENTRY_BYTES - 7) + b'"}', "too-long"),
}


@pytest.mark.parametrize(("data", "code"), BAD_JSON.values(), ids=BAD_JSON.keys())
def test_json_is_refused_when_it_has(data: bytes, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_json(data)
    assert refused.value.code == code


GOOD_JSON = {
    "the greatest numbers": b'{"a":9007199254740991,"b":-9007199254740991}',
    "eight levels": b'{"a":' + b"[" * 7 + b"]" * 7 + b"}",
    "a pair of surrogates": b'{"a":"\\ud83d\\ude00"}',
    "the longest text": b'{"a":"' + b"x" * (MAX_ENTRY_BYTES - 8) + b'"}',
}


@pytest.mark.parametrize("data", GOOD_JSON.values(), ids=GOOD_JSON.keys())
def test_json_is_read_when_it_has(data: bytes) -> None:
    assert parse_json(data) == json.loads(data)


def test_hostile_json_is_malformed_or_read_but_never_a_fault() -> None:
    files = sorted(folder("vectors", "json-parsing").rglob("*.json"))
    assert len(files) > 190
    for file in files:
        data = file.read_bytes()
        try:
            value = parse_json(data, 1 << 20)
        except Malformed:
            continue
        assert not file.name.startswith("n_"), file.name
        assert value == json.loads(data), file.name


def test_canonical_json_follows_rfc_8785_where_it_has_no_floats() -> None:
    given_json = json.loads((folder("vectors", "jcs", "input") / "french.json").read_bytes())
    wanted = (folder("vectors", "jcs", "output") / "french.json").read_bytes()
    assert canonical_json(given_json) == wanted


def test_no_float_stands_under_a_hash() -> None:
    with pytest.raises(TypeError):
        canonical_json({"a": [1.5]})


def test_hexadecimal_is_lower_case_and_of_the_length() -> None:
    assert is_hex("0af9", 4)
    assert not any(is_hex(value, 4) for value in ("0AF9", "0af", "0afg", 1234, None, "0af٣"))
