"""Entries that are not what they say: one answer for all, and the ledger stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger.encoding import MAX_ENTRY_BYTES, b64u, unb64u
from ledger.signing import public_key, sign
from tests.gateway.hostile.doors import linked_at_clinic
from tests.gateway.hostile.forge import compact, head, lengthened, second_signature, spellings
from tests.gateway.hostile.knocks import code_of, from_wallet, knock, same, size
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import Story

WYCHEPROOF = Path(__file__).resolve().parents[3] / "../shared/data/vectors/wycheproof/ed25519_test.json"
Make = Callable[[Phone, Story], str]


@pytest.fixture(scope="module")
def phone(town: Story) -> Phone:
    return town.linked()


def submit(town: Story, entry: Any, institution: str | None = None) -> Any:
    url = f"/i/{institution or town.hospital}/wallet/entries"
    return knock(town.gw, town.client(), "POST", url, json={"entry": entry}, headers=from_wallet())


def payload(phone: Phone, **changes: Any) -> dict[str, Any]:
    right = {
        "ledger": phone.gw.ledger.id,
        "subject": phone.link,
        "kind": "grant.revoke",
        "at": phone.gw.clock(),
        "grant": "0" * 64,
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def with_head(**changes: Any) -> Make:
    return lambda phone, town: compact(phone.seed, head(phone.seed, **changes), payload(phone))


def with_payload(**changes: Any) -> Make:
    return lambda phone, town: compact(phone.seed, head(phone.seed), payload(phone, **changes))


def written(header: Callable[[str], str] | None = None, body: Callable[[str], str] | None = None) -> Make:
    """Header or payload rewritten as text before it is signed."""

    def make(phone: Phone, town: Story) -> str:
        first, second = json.dumps(head(phone.seed)), json.dumps(payload(phone))
        first, second = header(first) if header else first, body(second) if body else second
        return compact(
            phone.seed, first.encode("utf-8", "surrogatepass"), second.encode("utf-8", "surrogatepass")
        )

    return make


def resigned(change: Callable[[bytes], bytes]) -> Make:
    def make(phone: Phone, town: Story) -> str:
        said, _, signature = phone.entry("grant.revoke", grant="0" * 64).rpartition(".")
        return f"{said}.{b64u(change(unb64u(signature)))}"

    return make


def rewritten(change: Callable[[str], str]) -> Make:
    return lambda phone, town: change(phone.entry("grant.revoke", grant="0" * 64))


def as_institution(use: str) -> Make:
    def make(phone: Phone, town: Story) -> str:
        return town.gw.keys.sign(town.hospital, use, "yaoshi-entry", payload(phone))

    return make


FORGED: dict[str, Make] = {
    "typ of a login": with_head(typ="yaoshi-login"),
    "typ of a proof": with_head(typ="yaoshi-proof"),
    "typ of a request": with_head(typ="yaoshi-request"),
    "typ of a client assertion": with_head(typ="JWT"),
    "typ in other case": with_head(typ="Yaoshi-Entry"),
    "typ of another kind": with_head(typ=["yaoshi-entry"]),
    "no typ": with_head(typ=None),
    "no algorithm": with_head(alg=None),
    "algorithm none": with_head(alg="none"),
    "algorithm EdDSA": with_head(alg="EdDSA"),
    "algorithm in other case": with_head(alg="ed25519"),
    "algorithm HS256": with_head(alg="HS256"),
    "algorithm ES256": with_head(alg="ES256"),
    "algorithm Ed448": with_head(alg="Ed448"),
    "a list of algorithms": with_head(alg=["Ed25519"]),
    "no key id": with_head(kid=None),
    "a number as key id": with_head(kid=5),
    "an empty key id": with_head(kid=""),
    "a long key id": with_head(kid="A" * 65),
    "a key id that leads elsewhere in the state": with_head(kid="../link/x"),
    "the id of a key that nobody knows": with_head(kid="A" * 43),
    "a critical member": with_head(crit=["exp"], exp=1),
    "an unencoded payload": with_head(b64=False, crit=["b64"]),
    "its own key in the header": with_head(jwk={"kty": "OKP", "crv": "Ed25519", "x": "A" * 43}),
    "an address of keys": with_head(jku="https://evil.example/jwks.json"),
    "a compressed payload": with_head(zip="DEF"),
    "a header member twice": written(header=lambda text: text[:-1] + ',"alg":"Ed25519"}'),
    "a header that is a list": written(header=lambda text: f"[{text}]"),
    "an empty header": written(header=lambda text: "{}"),
    "a header with a mark of byte order": written(header=lambda text: "\ufeff" + text),
    "a header with a tail": written(header=lambda text: text + "{}"),
    "a payload member twice": written(body=lambda text: text[:-1] + ',"kind":"grant.revoke"}'),
    "a payload member twice, one escaped": written(
        body=lambda text: text[:-1] + ',"\\u006bind":"link.close"}'
    ),
    "a payload member twice, deep inside": written(body=lambda text: text[:-1] + ',"x":{"a":1,"a":1}}'),
    "a payload that is a list": written(body=lambda text: f"[{text}]"),
    "a fraction": written(body=lambda text: text[:-1] + ',"x":1.5}'),
    "a whole number written as a fraction": written(body=lambda text: text[:-1] + ',"x":1.0}'),
    "an exponent": written(body=lambda text: text[:-1] + ',"x":1e3}'),
    "a number beyond 2^53": written(body=lambda text: text[:-1] + ',"x":9007199254740992}'),
    "a number of ten thousand digits": written(body=lambda text: text[:-1] + ',"x":' + "9" * 10_000 + "}"),
    "infinity": written(body=lambda text: text[:-1] + ',"x":Infinity}'),
    "a lone surrogate": written(body=lambda text: text[:-1] + ',"x":"\\ud800"}'),
    "a lone surrogate as bytes": written(body=lambda text: text[:-1] + ',"x":"\ud800"}'),
    "nine levels": written(body=lambda text: text[:-1] + ',"x":' + "[" * 8 + "]" * 8 + "}"),
    "ten thousand levels": written(body=lambda text: text[:-1] + ',"x":' + "[" * 10_000 + "]" * 10_000 + "}"),
    "a time that is true": with_payload(at=True),
    "a time that is a text": with_payload(at="1767225600000"),
    "a time before all times": with_payload(at=-1),
    "no time": with_payload(at=None),
    "no kind": with_payload(kind=None),
    "a kind of one word": with_payload(kind="revoke"),
    "a kind with a line break": with_payload(kind="grant.revoke\n"),
    "a list of kinds": with_payload(kind=["grant.revoke"]),
    "no subject": with_payload(subject=None),
    "a subject in capitals": with_payload(subject="A" * 32),
    "the subject of an institution": lambda phone, town: with_payload(subject=town.hospital)(phone, town),
    "a subject that nobody has": with_payload(subject="0" * 32),
    "a subject of full-width digits": with_payload(subject="０" * 32),
    "another ledger": with_payload(ledger="0" * 64),
    "no ledger": with_payload(ledger=None),
    "another key than it says": lambda phone, town: compact(
        town.phone().seed, head(phone.seed), payload(phone)
    ),
    "a stranger's key": lambda phone, town: compact((k := town.phone().seed), head(k), payload(phone)),
    "the desk's key": as_institution("desk"),
    "the release key": as_institution("release"),
    "the peer key": as_institution("peer"),
    "a signature of zeros": resigned(lambda _: bytes(64)),
    "a signature whose S is not reduced": resigned(lengthened),
    "a signature with its last bit set": resigned(lambda raw: raw[:63] + bytes([raw[63] | 128])),
    "a signature with one bit changed": resigned(lambda raw: bytes([raw[0] ^ 1]) + raw[1:]),
    "a signature with its halves changed": resigned(lambda raw: raw[32:] + raw[:32]),
    "a signature of the neutral point": resigned(lambda raw: b"\x01" + bytes(63)),
    "a signature that is too short": resigned(lambda raw: raw[:63]),
    "a signature that is too long": resigned(lambda raw: raw + b"\x00"),
    "no signature": rewritten(lambda entry: entry.rpartition(".")[0] + "."),
    "two parts": rewritten(lambda entry: entry.rpartition(".")[0]),
    "four parts": rewritten(lambda entry: entry + ".AAAA"),
    "padding": rewritten(lambda entry: entry + "=="),
    "a line break at its end": rewritten(lambda entry: entry + "\n"),
    "a blank before it": rewritten(lambda entry: " " + entry),
    "a blank in the middle": rewritten(lambda entry: entry[:50] + " " + entry[50:]),
    "the other alphabet of base64": rewritten(lambda entry: entry.replace("-", "+").replace("_", "/") + "+"),
    "letters of no alphabet": rewritten(lambda entry: "é" + entry[1:]),
    "a full-width letter": rewritten(lambda entry: "ｅ" + entry[1:]),
    "the JSON form of a signature": rewritten(lambda entry: json.dumps({"payload": entry.split(".")[1]})),
}


def test_one_answer_for_every_forgery(town: Story, phone: Phone) -> None:
    stranger = town.phone()
    stranger.link = "f" * 32
    nobody = submit(town, stranger.entry("grant.revoke", grant="0" * 64))
    assert (nobody.status_code, code_of(nobody)) == (403, "entry-refused")
    for name, make in FORGED.items():
        answer = submit(town, make(phone, town))
        assert same(answer, nobody), (name, answer.data)


def test_there_is_one_spelling_of_an_entry(town: Story, phone: Phone) -> None:
    first, second, third = phone.entry("grant.revoke", grant="0" * 64).split(".")
    assert code_of(submit(town, f"{first}.{second}.{third}")) == "grant-unknown"
    assert len(spellings(third)) == 15
    lax = [f"{first}.{second}.{other}" for other in spellings(third)]
    # Signed over the lax spelling itself, so that only its form can be what is wrong.
    for padding in ("", " ", "  "):
        body = b64u((json.dumps(payload(phone)) + padding).encode())
        said = [f"{other}.{body}" for other in spellings(first)] + [
            f"{first}.{other}" for other in spellings(body)
        ]
        lax += [f"{one}.{b64u(sign(phone.seed, one.encode()))}" for one in said]
    assert len(lax) > 15 + 15
    assert {code_of(submit(town, one)) for one in lax} == {"entry-refused"}


@pytest.mark.skipif(not WYCHEPROOF.is_file(), reason="../shared/data/vectors/wycheproof is not there")
def test_no_signature_of_wycheproof_passes_for_the_phones(town: Story, phone: Phone) -> None:
    groups = json.loads(WYCHEPROOF.read_bytes())["testGroups"]
    said = phone.entry("grant.revoke", grant="0" * 64).rpartition(".")[0]
    cases = [case for group in groups for case in group["tests"]]
    assert len(cases) > 90
    for case in cases:
        answer = submit(town, f"{said}.{b64u(bytes.fromhex(case['sig']))}")
        assert code_of(answer) == "entry-refused", case["tcId"]


NOT_FROM_PHONES = [
    "link.open", "link.settle", "look.made", "disclosure.made", "result.reused", "details.erased",
    "institution.keys", "glass.broken", "grant.made", "genesis.made",
]  # fmt: skip


def test_a_phone_makes_no_entries_of_an_institution(town: Story, phone: Phone) -> None:
    for kind in NOT_FROM_PHONES:
        entry = compact(
            phone.seed, head(phone.seed), payload(phone, kind=kind, grant=None, commitment="A" * 43)
        )
        assert code_of(submit(town, entry)) == "entry-not-from-phone", kind


MEMBERS: dict[str, tuple[dict[str, Any], str]] = {
    "a member too many": ({"more": 1}, "member-unknown"),
    "a hostile member": ({"__proto__": {}}, "member-unknown"),
    "a member named like the engine's own": ({"proven": "x"}, "member-unknown"),
    "a proof without a key": ({"proof": "a.b.c"}, "proof-invalid"),
    "no grant": ({"grant": None}, "member-missing"),
    "a grant that is true": ({"grant": True}, "member-wrong"),
    "a grant in capitals": ({"grant": "A" * 64}, "member-wrong"),
    "a list of grants": ({"grant": ["0" * 64]}, "member-wrong"),
    "the ledger itself as grant": ({"grant": "LEDGER"}, "grant-unknown"),
    "a visit's place in the state as grant": ({"grant": "0" * 64 + "/visit/" + "0" * 32}, "member-wrong"),
    "a time far ahead": ({"at": 2**53 - 1}, "entry-early"),
}


@pytest.mark.parametrize(("changes", "code"), MEMBERS.values(), ids=MEMBERS.keys())
def test_a_signed_entry_is_refused_with(
    town: Story, phone: Phone, changes: dict[str, Any], code: str
) -> None:
    changes = {name: town.gw.ledger.id if value == "LEDGER" else value for name, value in changes.items()}
    assert code_of(submit(town, with_payload(**changes)(phone, town))) == code


@pytest.mark.parametrize(
    ("over", "code"), [(-1, "grant-unknown"), (0, "grant-unknown"), (1, "request-invalid")]
)
def test_an_entry_has_32_kibibytes_and_not_one_more(town: Story, phone: Phone, over: int, code: str) -> None:
    entry = of_length(phone, MAX_ENTRY_BYTES + over)
    assert code_of(submit(town, entry)) == code


def of_length(phone: Phone, length: int, **changes: Any) -> str:
    """A signed entry of exactly this many characters: its JSON has blanks."""
    body = json.dumps(payload(phone, **changes))
    for first in range(3):
        header = json.dumps(head(phone.seed)) + " " * first
        # 2 dots, 86 characters of signature; base64url never has a length of 4n + 1
        left = length - len(b64u(header.encode())) - 88
        if left % 4 != 1:
            entry = compact(phone.seed, header.encode(), body.ljust(left * 3 // 4).encode())
            assert len(entry) == length
            return entry
    raise AssertionError("no header fits")


def test_the_longest_entry_is_taken_and_read_back(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    taken = submit(story, of_length(phone, MAX_ENTRY_BYTES, grant=offer["grant"]))
    assert taken.status_code == 201
    assert len(phone.timeline()["records"]) >= 3


def test_the_same_entry_signed_anew_is_the_same_entry(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    entry = phone.entry("grant.revoke", grant=offer["grant"])
    first, after = submit(story, entry), size(story.gw)
    said = entry.rpartition(".")[0]
    other = second_signature(phone.seed, said.encode())
    assert b64u(other) != entry.rpartition(".")[2]
    for again in (entry, f"{said}.{b64u(other)}", entry):
        answer = submit(story, again)
        assert answer.status_code == 201
        assert answer.json["entry_id"] == first.json["entry_id"]
        assert answer.json["receipt"]["record"] == first.json["receipt"]["record"]
    assert size(story.gw) == after


def test_an_entry_goes_to_the_institution_of_its_link_only(story: Story) -> None:
    phone, other = story.linked(), linked_at_clinic(story)
    nobody = submit(story, "x")
    assert same(submit(story, phone.entry("link.close"), story.clinic), nobody)
    assert same(submit(story, other.entry("link.close")), nobody)
    crossed = compact(other.seed, head(other.seed), payload(phone, kind="link.close", grant=None))
    assert same(submit(story, crossed), nobody)
    assert same(submit(story, crossed, story.clinic), nobody)


def test_nobody_takes_back_somebody_elses_grant(story: Story) -> None:
    phone, other = story.linked(), linked_at_clinic(story)
    _, offer = story.granted(phone)
    entry = other.entry("grant.revoke", grant=offer["grant"])
    assert code_of(submit(story, entry, story.clinic)) == "grant-unknown"
    assert story.gw.ledger.genesis.institutions[0]["id"] == story.hospital
    assert public_key(other.seed) != public_key(phone.seed)
