"""Signatures are what libsodium says, of one form, by admitted keys only."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.compact import parse_compact
from ledger.encoding import MAX_ENTRY_BYTES, b64u, unb64u
from ledger.entry import parse_entry
from ledger.errors import Malformed
from ledger.signing import (
    admit_key,
    is_admissible,
    open_compact,
    peek_compact,
    public_key,
    sign,
    sign_compact,
    thumbprint,
    verify,
)
from tests.ledger.vectors import folder

SEED = bytes([3]) * 32
ENTRY = (
    "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoiazEiLCJ0eXAiOiJ5YW9zaGktZW50cnkifQ"
    ".eyJraW5kIjoiZ3JhbnQucmV2b2tlIiwiYXQiOjE3NjcyMjU2MDAwMDB9"
    ".x1_BOPoEwGwc6Xba2l-knl-3CwVJCpXf-Y_fvlVcb6_g5MxliOlskC6weAZ0_SjC5Z3CqwM52YaHK883tdD7Aw"
)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_the_published_entry_verifies_and_has_its_id() -> None:
    compact = parse_compact(ENTRY, "yaoshi-entry")
    assert verify(public_key(SEED), compact.signing_input, compact.signature)
    assert compact.id == "1b1d69e9493c39dfcdbfebbe68dbe4cb7f96475e4cc529f00d79075ace061a21"
    assert b64u(public_key(SEED)) == "7UkoxijRwsbq6QM4kFmVYSlZJzpcY_k2NsFGFKyHN9E"
    assert thumbprint(public_key(SEED)) == "nRIE2VmKdMjL1JD7tbV7fXVgXxmv0GKnMFWRUJMTf9Q"


def test_a_signature_has_one_of_its_16_spellings() -> None:
    stem, last = ENTRY[:-1], ALPHABET.index(ENTRY[-1])
    accepted = []
    for spelling in range(last & ~15, (last & ~15) + 16):
        try:
            parse_compact(stem + ALPHABET[spelling])
        except Malformed as malformed:
            assert malformed.code == "encoding-not-canonical"  # noqa: PT017
        else:
            accepted.append(ALPHABET[spelling])
    assert accepted == [ENTRY[-1]]


def _with_header(header: str) -> str:
    return ".".join([b64u(header.encode()), *ENTRY.split(".")[1:]])


BAD_ENVELOPES = {
    "two parts": (ENTRY.rpartition(".")[0], "compact-form"),
    "four parts": (ENTRY + ".", "compact-form"),
    "nothing": ("", "compact-form"),
    "a space at the end": (ENTRY + " ", "encoding-not-canonical"),
    "a short signature": (ENTRY[:-2], "signature-length"),
    "no signature": (ENTRY.rpartition(".")[0] + ".", "signature-length"),
    "EdDSA as algorithm": (_with_header('{"alg":"EdDSA","kid":"k1","typ":"yaoshi-entry"}'), "alg-wrong"),
    "none as algorithm": (_with_header('{"alg":"none","kid":"k1","typ":"yaoshi-entry"}'), "alg-wrong"),
    "the type of a login": (_with_header('{"alg":"Ed25519","kid":"k1","typ":"yaoshi-login"}'), "typ-wrong"),
    "a missing kid": (_with_header('{"alg":"Ed25519","typ":"yaoshi-entry"}'), "header-wrong"),
    "an empty kid": (_with_header('{"alg":"Ed25519","kid":"","typ":"yaoshi-entry"}'), "header-wrong"),
    "a kid that is a number": (
        _with_header('{"alg":"Ed25519","kid":1,"typ":"yaoshi-entry"}'),
        "header-wrong",
    ),
    "crit": (_with_header('{"alg":"Ed25519","crit":[],"kid":"k1","typ":"yaoshi-entry"}'), "header-wrong"),
    "an unencoded payload": (
        _with_header('{"alg":"Ed25519","b64":false,"kid":"k1","typ":"yaoshi-entry"}'),
        "header-wrong",
    ),
    "alg twice": (
        _with_header('{"alg":"Ed25519","alg":"Ed25519","kid":"k1","typ":"yaoshi-entry"}'),
        "json-duplicate-key",
    ),
    "65 536 bytes": (ENTRY + "A" * (65_536 - len(ENTRY)), "too-long"),
    "one byte over the limit": (ENTRY + "A" * (MAX_ENTRY_BYTES + 1 - len(ENTRY)), "too-long"),
    "letters beyond ASCII": (ENTRY.replace("e", "é"), "encoding-not-canonical"),
}


@pytest.mark.parametrize(("text", "code"), BAD_ENVELOPES.values(), ids=BAD_ENVELOPES.keys())
def test_an_envelope_is_malformed_when_it_has(text: str, code: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_compact(text, "yaoshi-entry")
    assert refused.value.code == code


def test_the_order_of_the_header_is_free() -> None:
    assert parse_compact(_with_header('{"typ":"yaoshi-entry","kid":"k1","alg":"Ed25519"}')).kid == "k1"


def test_an_envelope_goes_round() -> None:
    jws = sign_compact(SEED, "yaoshi-login", {"b": 2, "a": "医"})
    assert open_compact(jws, "yaoshi-login", public_key(SEED)) == {"a": "医", "b": 2}
    header, payload = peek_compact(jws)
    assert header == {"alg": "Ed25519", "kid": thumbprint(public_key(SEED)), "typ": "yaoshi-login"}
    assert payload["b"] == 2


def test_an_envelope_is_opened_by_no_other_key_and_as_no_other_type() -> None:
    jws, other = sign_compact(SEED, "yaoshi-login", {"a": 1}), public_key(bytes([4]) * 32)
    broken = jws[:-10] + ("A" if jws[-10] != "A" else "B") + jws[-9:]
    cases = [
        (jws, "yaoshi-login", other, "kid-wrong"),
        (jws, "yaoshi-entry", public_key(SEED), "typ-wrong"),
        (broken, "yaoshi-login", public_key(SEED), "signature-invalid"),
    ]
    for text, typ, key, code in cases:
        with pytest.raises(Malformed) as refused:
            open_compact(text, typ, key)
        assert refused.value.code == code


BAD_ENTRIES = {
    "no ledger": {"ledger": None},
    "a ledger in capitals": {"ledger": "AB" * 32},
    "a short subject": {"subject": "ab" * 15},
    "a kind of one word": {"kind": "grant"},
    "a kind with a newline": {"kind": "grant.give\n"},
    "a kind that is a list": {"kind": ["grant.give"]},
    "at as a text": {"at": "1"},
    "at as a truth": {"at": True},
    "at before 1970": {"at": -1},
}


@pytest.mark.parametrize("change", BAD_ENTRIES.values(), ids=BAD_ENTRIES.keys())
def test_an_entry_is_malformed_when_it_has(change: dict[str, object]) -> None:
    payload = {"ledger": "ab" * 32, "subject": "cd" * 16, "kind": "look.made", "at": 1}
    assert parse_entry(sign_compact(SEED, "yaoshi-entry", payload)).kind == "look.made"
    with pytest.raises(Malformed) as refused:
        parse_entry(sign_compact(SEED, "yaoshi-entry", {**payload, **change}))
    assert refused.value.code == "entry-form"


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    with pytest.raises(Malformed):
        parse_entry(text)


# novifinancial/ed25519-speccheck gives which of its cases libsodium accepts: case 3 alone. Keys by kind.
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
MIXED_ORDER = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d"
NOT_CANONICAL = [
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("key", [*SMALL_ORDER, MIXED_ORDER, *NOT_CANONICAL])
def test_a_key_of_small_or_mixed_order_or_not_canonical_is_not_admitted(key: str) -> None:
    assert not is_admissible(bytes.fromhex(key))


@pytest.mark.parametrize("key", [None, 7, "", "AQ", b64u(bytes(31)), b64u(bytes(32)), "=" * 43])
def test_what_is_no_key_is_not_admitted(key: object) -> None:
    with pytest.raises(Malformed) as refused:
        admit_key(key)
    assert refused.value.code == "key-invalid"
    assert admit_key(b64u(public_key(SEED))) == public_key(SEED)


ORDINARY = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"


def test_edge_signatures_by_an_honest_key_are_refused_as_libsodium_refuses_them() -> None:
    seed = bytes(range(32))
    key = public_key(seed)
    assert key.hex() == ORDINARY
    assert verify(key, b"yaoshi", sign(seed, b"yaoshi"))
    identity = bytes([1, *bytes(31)])
    crafted = identity + bytes.fromhex("1e59376c26fcfe3bffcbd26ccccaf95926be5529a0911c203593c3cd9a128f02")
    assert not verify(key, b"yaoshi", crafted)
    malleated = bytes.fromhex(
        "3efe4865fc7fb241dff5492d428caa8e9bdf21bb8da7ce23170bd08f7a3e4583"
        "ae9fade733cd57aa8f5bd7be00380d9806f1e408c88bbfc9e13f9639f0385617"
    )
    assert not verify(key, b"yaoshi", malleated)
    order = 2**252 + 27742317777372353535851937790883648493
    honest = sign(seed, b"yaoshi")
    assert malleated == honest[:32] + (int.from_bytes(honest[32:], "little") + order).to_bytes(32, "little")


def test_wrong_lengths_are_a_no_and_not_a_fault() -> None:
    key, signature = public_key(SEED), sign(SEED, b"m")
    assert verify(key, b"m", signature)
    for bad_key, bad_signature in (
        (key[:31], signature),
        (key, signature[:63]),
        (b"", b""),
        (key, signature + b"x"),
    ):
        assert not verify(bad_key, b"m", bad_signature)


def test_wycheproof_agrees() -> None:
    data = json.loads((folder("vectors", "wycheproof") / "ed25519_test.json").read_text())
    seen = 0
    for group in data["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            verdict = verify(key, bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
            assert verdict == (case["result"] == "valid"), case["tcId"]
            seen += 1
    assert seen == 97


def test_a_thumbprint_is_that_of_rfc_7638() -> None:
    wanted = hashlib.sha256(
        json.dumps(
            {"crv": "Ed25519", "kty": "OKP", "x": b64u(public_key(SEED))}, separators=(",", ":")
        ).encode()
    )
    assert unb64u(thumbprint(public_key(SEED))) == wanted.digest()
