"""An independent verifier, written from docs/formats alone, accepts the example timeline and no altered one.

It reads the pages' own text. Taken from the project: nothing but the Ed25519 primitive (RFC 8032).
"""

import base64
import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.signing import verify as ed25519
from tests.docs.write_examples import shown

PAGE = {name: text for _, name, text in shown()}
KEPT_SIZE = 3


class Lie(Exception):  # noqa: N818 - what the verifier found
    pass


def want(holds: bool, what: str) -> None:
    if not holds:
        raise Lie(what)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def un(text: str) -> bytes:
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    want(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, "canonical base64url")
    return data


def node(left: bytes, right: bytes) -> bytes:
    return sha(b"\x01", left, right)


def included(h: bytes, i: int, n: int, proof: list[bytes], root: bytes) -> bool:
    if not 0 <= i < n:
        return False
    fn, sn, r = i, n - 1, h
    for p in proof:
        if sn == 0:
            return False
        if fn % 2 or fn == sn:
            r = node(p, r)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistent(m: int, n: int, old: bytes, new: bytes, proof: list[bytes]) -> bool:
    if m == n:
        return not proof and old == new
    hashes = [old, *proof] if m & (m - 1) == 0 else list(proof)
    if not proof:
        return False
    fn, sn = m - 1, n - 1
    while fn % 2:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for c in hashes[1:]:
        if sn == 0:
            return False
        if fn % 2 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn % 2 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old and sr == new and sn == 0


def checkpoint(note: str, origin: str, key: bytes) -> tuple[int, bytes]:
    text, _, tail = note.rpartition("\n\n")
    text += "\n"
    seen = set()
    for line in tail.splitlines():
        dash, name, data = line.split(" ")
        blob = base64.b64decode(data)
        for kind, message, signature in (
            (1, text.encode(), blob[4:]),
            (4, f"cosignature/v1\ntime {int.from_bytes(blob[4:12])}\n{text}".encode(), blob[12:]),
        ):
            key_id = sha(f"{name}\n".encode(), bytes([kind]), key)[:4]
            if (dash, name, blob[:4]) == ("—", origin, key_id):
                want(ed25519(key, message, signature), "signature of the checkpoint")
                seen.add(kind)
    want(seen == {1, 4}, "both signatures of the checkpoint")
    said, size, root = text.splitlines()
    want(said == origin, "origin")
    return int(size), base64.b64decode(root)


def record(text: str) -> dict[str, Any]:
    data = un(text)
    tag = b"yaoshi/record/v1\x00"
    want(data.startswith(tag), "tag of a record")
    at = len(tag)
    index, time, number, seq = (int.from_bytes(data[at + 8 * k : at + 8 * k + 8]) for k in range(4))
    entry = data[at + 68 :]
    want(len(entry) == int.from_bytes(data[at + 64 : at + 68]), "length of a record")
    prev = data[at + 32 : at + 64]
    return {
        "index": index, "time": time, "number": number, "seq": seq, "prev": prev, "entry": entry,
        "hash": sha(data),
    }  # fmt: skip


def envelope(jws: str, typ: str, key: str) -> dict[str, Any]:
    header, payload, signature = jws.split(".")
    kid = base64.urlsafe_b64encode(sha(f'{{"crv":"Ed25519","kty":"OKP","x":"{key}"}}'.encode()))
    expected = {"alg": "Ed25519", "kid": kid.rstrip(b"=").decode(), "typ": typ}
    want(json.loads(un(header)) == expected, "header")
    want(ed25519(un(key), f"{header}.{payload}".encode(), un(signature)), "signature of an entry")
    read: dict[str, Any] = json.loads(un(payload))
    return read


def head_is_in(head: dict[str, Any], heads: bytes) -> bool:
    proof, number = [un(value) for value in head["proof"]], head["number"]
    leaf = sha(
        b"\x00yaoshi/head/v1\x00", number.to_bytes(8), bytes([head["type"]]), bytes.fromhex(head["id"]),
        head["seq"].to_bytes(8), un(head["head"]),
    )  # fmt: skip
    sizes = [
        ((number >> inner) << inner) + 2**inner
        for inner in range(53)
        if inner + (number >> inner).bit_count() == len(proof)
        and (inner == 0 or not number >> (inner - 1) & 1)
    ]
    return any(included(leaf, number, size, proof, heads) for size in sizes)


def check_timeline(served: dict[str, Any], genesis: bytes, link: str, kept: bytes) -> list[str]:
    """The kinds of the link's entries, when everything holds; else raises Lie."""
    document = json.loads(genesis)
    size, root = checkpoint(
        served["checkpoint"], document["origin"], un(document["operators"][0]["keys"]["checkpoint"])
    )
    want(consistent(KEPT_SIZE, size, kept, root, [un(v) for v in served["consistency"]]), "consistency")
    newest, head = served["newest"], served["head"]
    heads = un(newest["heads"])
    leaf = sha(b"\x00", heads, un(newest["record_hash"]))
    want(included(leaf, size - 1, size, [un(v) for v in newest["inclusion"]], root), "newest leaf")
    beginning = record(served["registry"]["records"][0])
    want(beginning["entry"] == genesis, "record 0")
    for subject in served["registry"]["subjects"]:
        want(un(subject["head"]) == beginning["hash"] and head_is_in(subject, heads), "registry")
    want((head["type"], head["id"]) == (3, link) and head_is_in(head, heads), "head")
    return check_chain(served, document, head, size, root)


def check_chain(
    served: dict[str, Any], document: dict[str, Any], head: dict[str, Any], size: int, root: bytes
) -> list[str]:
    keys, prev, kinds = document["institutions"][0]["keys"], bytes(32), []
    uses = {"link.open": keys["desk"], "disclosure.made": keys["release"], "look.made": keys["release"]}
    for place, row in enumerate(served["records"], 1):
        found = record(row["record"])
        want((found["number"], found["seq"], found["prev"]) == (head["number"], place, prev), "chain")
        leaf = sha(b"\x00", un(row["heads"]), found["hash"])
        proof = [un(value) for value in row["inclusion"]]
        want(included(leaf, found["index"], size, proof, root), "inclusion")
        kind = json.loads(un(found["entry"].decode().split(".")[1]))["kind"]
        payload = envelope(found["entry"].decode(), "yaoshi-entry", uses.get(kind) or uses["phone"])
        if kind == "link.open":
            envelope(payload["proof"], "yaoshi-proof", payload["key"])
            want(
                document["rules"] == 1 or payload["subject"][:8] == payload["institution"][:8], "a link's id"
            )
            uses["phone"] = payload["key"]
        if "commitment" in payload:
            opening = served["openings"].get(payload["commitment"])
            want(opening is not None, "withheld")
            opened = sha(b"yaoshi/commit/v1\x00", un(opening["salt"]), opening["details"].encode())
            want(opened == un(payload["commitment"]), "opening")
        kinds.append(kind)
        prev = found["hash"]
    want((len(served["records"]), prev) == (head["seq"], un(head["head"])), "end of the chain")
    return kinds


def kept_root(served: dict[str, Any]) -> bytes:
    """The root at size 3, from the three leaves that the example shows."""
    beginning = record(served["registry"]["records"][0])
    subjects = [
        sha(
            b"\x00yaoshi/head/v1\x00", one["number"].to_bytes(8), bytes([one["type"]]),
            bytes.fromhex(one["id"]), (1).to_bytes(8), beginning["hash"],
        )
        for one in served["registry"]["subjects"]
    ]  # fmt: skip
    heads_zero = node(node(subjects[0], subjects[1]), subjects[2])
    leaves = [sha(b"\x00", heads_zero, beginning["hash"])] + [
        sha(b"\x00", un(row["heads"]), record(row["record"])["hash"]) for row in served["records"][:2]
    ]
    return node(node(leaves[0], leaves[1]), leaves[2])


def example() -> tuple[dict[str, Any], bytes, str, bytes]:
    served = json.loads(PAGE["wallet.timeline"])
    link = json.loads(PAGE["link.open.payload"])["subject"]
    return served, PAGE["genesis"].encode(), link, kept_root(served)


def test_the_example_timeline_verifies_by_the_pages_alone() -> None:
    assert check_timeline(*example()) == [
        "link.open",
        "grant.give",
        "disclosure.made",
        "look.made",
        "grant.revoke",
    ]


def drop(place: int) -> Callable[[dict[str, Any]], object]:
    return lambda served: served["records"].pop(place)


def flip(*path: Any) -> Callable[[dict[str, Any]], object]:
    def change(served: dict[str, Any]) -> None:
        at: Any = served
        for step in path[:-1]:
            at = at[step]
        text = at[path[-1]]
        at[path[-1]] = ("B" if text[0] == "A" else "A") + text[1:]

    return change


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "the newest entry is left out": drop(-1),
    "an entry in the middle is left out": drop(2),
    "two entries change places": lambda served: served["records"].insert(1, served["records"].pop(2)),
    "an entry stands twice": lambda served: served["records"].insert(1, served["records"][1]),
    "a heads root is another": flip("records", 1, "heads"),
    "a hash of a proof is another": flip("records", 1, "inclusion", 0),
    "the consistency proof is another": flip("consistency", 0),
    "the head is another": flip("head", "head"),
    "the head's place is another": lambda served: served["head"].update(number=2),
    "the head's seq is smaller": lambda served: served["head"].update(seq=4),
    "an opening is withheld": lambda served: served["openings"].popitem(),
    "details are others": lambda served: next(iter(served["openings"].values())).update(details="{}"),
    "the checkpoint is of another size": lambda served: served.update(
        checkpoint=served["checkpoint"].replace("\n6\n", "\n7\n")
    ),
    "the newest leaf is another": flip("newest", "record_hash"),
    "the registry's head is another": flip("registry", "subjects", 1, "head"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_the_reader_finds_out_when(lie: Callable[[dict[str, Any]], object]) -> None:
    served, *known = copy.deepcopy(example())
    lie(served)
    with pytest.raises(Lie):
        check_timeline(served, *known)


def check_held(ledger: str, subject: str, keys: dict[str, str], proofs: dict[str, str]) -> None:
    """Governance, "New keys": each new key, and no other, signed what it is to be."""
    want(keys.keys() == proofs.keys(), "a proof for each new key")
    for use, key in keys.items():
        said = {"key": key, "ledger": ledger, "subject": subject, "use": use}
        text = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        want(ed25519(un(key), b"yaoshi/key/v1\x00" + text, un(proofs[use])), f"proof of the {use} key")


def brought(name: str) -> tuple[str, str, dict[str, str], dict[str, str]]:
    """Ledger, subject, keys and proofs of an example."""
    payload = json.loads(PAGE[name])
    if payload["kind"] == "institution.keys":
        return payload["ledger"], payload["subject"], payload["keys"], payload["proofs"]
    party = payload["change"]["institution"]
    return payload["ledger"], party["id"], party["keys"], payload["change"]["proofs"]


@pytest.mark.parametrize("name", ["institution.keys.payload", "operator.propose.payload"])
def test_new_keys_are_shown_to_be_held_by_the_pages_alone(name: str) -> None:
    ledger, subject, keys, proofs = brought(name)
    assert ledger == sha(PAGE["genesis"].encode()).hex()
    check_held(ledger, subject, keys, proofs)
    for use in keys:
        for lie in (
            ("00" * 32, subject, keys, proofs),
            (ledger, "00" * 16, keys, proofs),
            (ledger, subject, {**keys, use: json.loads(PAGE["wallet.claim"])["key"]}, proofs),
            (ledger, subject, {**keys, "more": keys[use]}, {**proofs, "more": proofs[use]}),
            (ledger, subject, keys, {**proofs, "more": proofs[use]}),
        ):
            with pytest.raises(Lie):
                check_held(*lie)
