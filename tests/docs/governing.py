"""Worked examples of governing and of a signed batch, with the keys and the ledger of the story."""

import hashlib
import zlib
from typing import Any

from ledger.compact import parse_compact
from ledger.encoding import canonical_json, unb64u
from ledger.envelope import open_envelope, pack_batch
from ledger.genesis import INSTITUTION_USES
from ledger.merkle import leaf_hash
from ledger.possession import possession_message, prove_possession
from ledger.signing import public_key, sign_batch, sign_compact, signing_input, thumbprint
from tests.docs.story import (
    CLINIC,
    HOSPITAL,
    LINK,
    OPERATOR,
    START,
    Story,
    digest,
    identity,
    institution,
    key,
)

_NEWCOMER = identity("newcomer")


def governing(story: Story) -> dict[str, str]:
    """Examples by name."""
    return {**_votes(story), **_batch(story), **_envelope(story)}


def _votes(story: Story) -> dict[str, str]:
    def payload(kind: str, subject: str, **members: Any) -> dict[str, Any]:
        return {"ledger": story.ledger, "subject": subject, "kind": kind, "at": START, **members}

    newcomer = institution("newcomer", "WN", "clinic", "示例新诊所（合成）", "Example new clinic (synthetic)")
    change = {
        "do": "institution.admit",
        "institution": newcomer,
        "proofs": {use: _proof(story, "newcomer", use) for use in INSTITUTION_USES},
    }
    proposal = payload("operator.propose", OPERATOR, change=change)
    entry = sign_compact(digest("operator/vote"), "yaoshi-entry", proposal)
    entry_id = parse_compact(entry).id
    vote = payload("operator.vote", identity("other operator"), proposal=entry_id, accept=True)
    return {
        **_rotation(story),
        "operator.propose.payload": canonical_json(proposal).decode(),
        "operator.propose.id": entry_id,
        "operator.vote.payload": canonical_json(vote).decode(),
        "institution.join.payload": canonical_json(
            payload("institution.join", _NEWCOMER, proposal=entry_id)
        ).decode(),
        "institution.retire.change": canonical_json(
            {"do": "institution.retire", "institution": CLINIC}
        ).decode(),
    }


def _proof(story: Story, party: str, use: str, name: str = "") -> str:
    """By the example's key called `name`, else the party's of this use."""
    seed = digest(name or f"{party}/{use}")
    return prove_possession(seed, story.ledger, identity(party), use)


def _rotation(story: Story) -> dict[str, str]:
    name = "hospital/next release"
    proof = _proof(story, "hospital", "release", name)
    payload = {
        "ledger": story.ledger,
        "subject": HOSPITAL,
        "kind": "institution.keys",
        "at": START,
        "keys": {"release": key(name)},
        "proofs": {"release": proof},
    }
    signed = possession_message(story.ledger, HOSPITAL, "release", key(name))
    rows = [
        ("signed begins", signed[:20].hex()),
        ("after the tag", signed[14:].decode()),
        ("signed by", f"the key called {name}"),
        ("proof", proof),
    ]
    return {
        "key.possession": _table(rows),
        "institution.keys.payload": canonical_json(payload).decode(),
    }


def _looks(story: Story) -> list[str]:
    """Three looks of the hospital's release key, signed together."""
    seed = digest("hospital/release")
    kid = thumbprint(public_key(seed))
    inputs = [
        signing_input(
            kid,
            "yaoshi-entry",
            {
                "ledger": story.ledger,
                "subject": LINK,
                "kind": "look.made",
                "at": START + number,
                "commitment": thumbprint(digest(f"look {number}")),
            },
        )
        for number in range(3)
    ]
    return sign_batch(seed, inputs)


def _batch(story: Story) -> dict[str, str]:
    inputs = [text.rpartition(".")[0].encode() for text in _looks(story)]
    entry = _looks(story)[1]
    part = unb64u(entry.rpartition(".")[2])
    message = parse_compact(entry).message
    rows = [
        ("leaf 0", leaf_hash(inputs[0]).hex()),
        ("leaf 1", leaf_hash(inputs[1]).hex()),
        ("leaf 2", leaf_hash(inputs[2]).hex()),
        ("index || size", part[:8].hex()),
        ("path", part[8:40].hex()),
        ("", part[40:72].hex()),
        ("signature", part[72:104].hex()),
        ("", part[104:].hex()),
        ("signed", message[:20].hex()),
        ("", message[20:].hex()),
        ("entry id", hashlib.sha256(inputs[1]).hexdigest()),
    ]
    return {"batch.entry": entry, "batch.parts": _table(rows)}


def _envelope(story: Story) -> dict[str, str]:
    """The same looks, packed by hand: how tightly the stream is made is each packer's own matter."""
    entries = _looks(story)
    plain = pack_batch(entries)
    content = plain[:65] + b"".join(
        len(part).to_bytes(2, "big") + part for text in entries for part in map(unb64u, text.split(".")[:2])
    )
    stored = b"\x03" + zlib.compress(content, 0)
    if open_envelope(stored) != open_envelope(plain):
        raise ValueError("the example does not unpack")
    first = content[65:]
    header = int.from_bytes(first[:2], "big")
    rows = [
        ("kind", content[:1].hex()),
        ("signature", content[1:33].hex()),
        ("", content[33:65].hex()),
        ("length", first[:2].hex()),
        ("header", first[2 : 2 + header].decode()),
        ("length", first[2 + header : 4 + header].hex()),
        ("payload", unb64u(entries[0].split(".")[1]).decode()),
        ("", "and so on, six parts in all"),
        ("bytes", f"{len(content)}, plain {len(plain)}"),
    ]
    return {"envelope.content": _table(rows), "envelope.stored": _lines(stored.hex())}


def _table(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {text}".rstrip() for name, text in rows)


def _lines(text: str) -> str:
    return "\n".join(text[at : at + 112] for at in range(0, len(text), 112))
