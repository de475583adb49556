"""Tells one link's story on a real ledger and writes down what a phone would be served.

Synthetic throughout. One JSON document: genesis, the phone's context, the link's proof at two sizes with
its openings, receipts, a request, digits; and a second link's records, for a liar to use.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from gateway.contracts import CONTRACTS
from ledger.commitment import commit
from ledger.digits import digits
from ledger.encoding import b64u, canonical_json
from ledger.engine.embedded import EmbeddedEngine
from ledger.signing import PROOF_TYP, sign_compact
from tests.ledger.world import (
    CHECKPOINT_SEED,
    CLINIC,
    HOSPITAL,
    START,
    genesis_bytes,
    key,
    kid,
    own_link,
    seed,
)

DAY = 86_400_000
MINUTE = 60_000
LINK, STRANGER = own_link(1), own_link(2)


class Clock:
    """Milliseconds that move when told to."""

    def __init__(self) -> None:
        self.now = START + DAY

    def __call__(self) -> int:
        return self.now


class Story:
    """Submits entries and keeps the openings of those that commit to details."""

    def __init__(self, engine: EmbeddedEngine, clock: Clock) -> None:
        self.engine, self.clock = engine, clock
        self.openings: dict[str, dict[str, str]] = {}
        self.receipts: dict[str, Any] = {}

    def submit(self, signer: str, kind: str, subject: str, **members: Any) -> Any:
        self.clock.now += MINUTE
        payload = {
            "ledger": self.engine.id,
            "subject": subject,
            "kind": kind,
            "at": self.clock.now - 5_000,
            **members,
        }
        done = self.engine.submit(sign_compact(seed(signer), "yaoshi-entry", payload)).result(10)
        if hasattr(done, "code"):
            raise AssertionError(f"{kind} was refused: {done.code}")
        return done

    def committed(self, signer: str, kind: str, subject: str, details: dict[str, Any], **members: Any) -> Any:
        text = canonical_json(details)
        salt = seed(f"salt {len(self.openings)}")
        commitment = commit(salt, text)
        self.openings[commitment] = {"salt": b64u(salt), "details": text.decode()}
        return self.submit(signer, kind, subject, commitment=commitment, **members)

    def proof(self, name: str, link: str) -> dict[str, str]:
        about = {"ledger": self.engine.id, "subject": link, "institution": HOSPITAL}
        return {"key": key(name), "proof": sign_compact(seed(name), PROOF_TYP, about)}

    def look(self, link: str, name: str) -> Any:
        details = {
            "basis": "own-care",
            "user": {"id": "u1", "name": name, "role": "nurse"},
            "what": {"kinds": [], "count": 0},
        }
        return self.committed(f"{HOSPITAL}/release", "look.made", link, details)

    def receipt(self, index: int) -> Any:
        with self.engine.view() as view:
            return view.receipt(index)

    def proof_of(self, link: str, kept: int | None) -> Any:
        with self.engine.view() as view:
            return {
                **view.link_proof(link, kept),
                "openings": self.openings,
                "time": self.clock.now,
                "reading": "full",
            }


def tell(story: Story) -> dict[str, Any]:
    """Open, look, rotate the release key, give, release twice, revoke; keep, go on, rekey."""
    out: dict[str, Any] = {}
    opened = story.submit(f"{HOSPITAL}/desk", "link.open", LINK, institution=HOSPITAL)
    story.look(LINK, "李护士（合成）")
    claimed = story.submit(
        f"{HOSPITAL}/desk",
        "link.keys",
        LINK,
        rights=["give", "manage", "revoke"],
        **story.proof("phone", LINK),
    )
    story.submit(
        f"{HOSPITAL}/desk", "link.open", STRANGER, institution=HOSPITAL, **story.proof("stranger", STRANGER)
    )
    story.look(STRANGER, "陌生人（合成）")
    story.submit(f"{HOSPITAL}/offline", "institution.keys", HOSPITAL, keys={"release": key("new release")})
    terms = {
        "grantee": CLINIC,
        "clinician": {"id": "c1", "name": "陈思远（合成）", "role": "clinician"},
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": "ab" * 32,
    }
    grant = story.committed("phone", "grant.give", LINK, terms, not_after=story.clock.now + 2 * DAY)
    for _ in range(2):
        details = {
            "assertion": "a.b.c",
            "query": "Observation?",
            "user": terms["clinician"],
            "grantee": CLINIC,
            "purpose": "TREAT",
            "counts": {"Observation": 1},
            "records": [["Observation/1", "00" * 32]],
        }
        story.committed(
            "new release", "disclosure.made", LINK, details, under=grant.entry_id, visit="cd" * 16
        )
    out["kept_proof"] = story.proof_of(LINK, None)
    story.submit("phone", "grant.revoke", LINK, grant=grant.entry_id)
    withheld = story.committed(
        "new release",
        "look.made",
        LINK,
        {"basis": "own-care", "user": {"id": "u2", "name": "x", "role": "nurse"}, "what": {}},
    )
    story.submit("new release", "details.erased", LINK, record=withheld.index, basis="retention-ended")
    out["erased_commitment"] = withheld.payload["commitment"]
    with story.engine.view() as view:
        out["kept_size"] = len(list(view.records(0, 1000))) - 3
    out["proof"] = story.proof_of(LINK, out["kept_size"])
    out["now"] = story.clock.now
    out["stranger"] = story.proof_of(STRANGER, None)
    out["receipts"] = {
        "claimed": story.receipt(claimed.index),
        "opened": story.receipt(opened.index),
        "grant": story.receipt(grant.index),
    }
    out["grant"] = grant.entry_id
    story.submit(
        f"{HOSPITAL}/desk",
        "link.keys",
        LINK,
        rights=["give", "manage", "revoke"],
        **story.proof("second phone", LINK),
    )
    story.submit("phone", "link.confirm", LINK, entry=_newest_entry(story))
    out["after_rekey"] = story.proof_of(LINK, None)
    out["after_rekey_now"] = story.clock.now
    return out


def _newest_entry(story: Story) -> str:
    with story.engine.view() as view:
        subject = view.subject(LINK)
        return str(view.get(f"link/{subject.id}")["pending"]["entry"])


def request_of(ledger: str) -> str:
    """A request signed by the clinic's peer key."""
    payload = {
        "ledger": ledger,
        "institution": CLINIC,
        "reference": "7HPR3C8N",
        "purpose": "TREAT",
        "reason": "糖尿病复诊",
        "clinician": {"id": "c1", "name": "陈思远（合成）", "role": "clinician", "department": "内分泌科"},
        "kinds": ["laboratory"],
        "from": "2024-01-01",
        "not_after": START + 9 * DAY,
        "at": START,
        "expires": START + 2 * DAY,
    }
    return sign_compact(seed(f"{CLINIC}/peer"), "yaoshi-request", payload)


def main(target: Path) -> None:
    clock = Clock()
    genesis = genesis_bytes()
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine.open(
            Path(folder) / "ledger.db",
            genesis,
            contracts=CONTRACTS,
            checkpoint_seed=CHECKPOINT_SEED,
            clock=clock,
        )
        try:
            story = Story(engine, clock)
            out = tell(story)
            out |= {
                "genesis": b64u(genesis),
                "ledger": engine.id,
                "subject": LINK,
                "institution": HOSPITAL,
                "clinic": CLINIC,
                "kid": kid("phone"),
                "key": key("phone"),
                "request": request_of(engine.id),
                "start": START,
                "digits": digits(engine.id, CLINIC, "7HPR3C8N", bytes.fromhex("07" * 32)),
            }
        finally:
            engine.close()
    target.write_text(json.dumps(out, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
