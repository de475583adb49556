"""Tells an emergency on a real ledger, once truly and once for each lie, as a phone would be served it.

The lies need a ledger that breaks its own rules: a contract that lets everything pass which has the form of
an entry. What is served is whole and proved; only the phone's own judgement can find what is wrong.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from consent.errors import Refusal
from consent.lifecycle import ConsentContract
from ledger.encoding import b64u
from ledger.engine.embedded import EmbeddedEngine
from ledger.signing import sign_compact
from tests.ledger.world import CHECKPOINT_SEED, CLINIC, HOSPITAL, genesis_bytes, kid, seed
from tests.static.wallet.ledger_story import DAY, LINK, MINUTE, STRANGER, Clock, Story

HOUR = 60 * MINUTE
DOCTOR = {"id": "d1", "name": "许文博（合成）", "role": "clinician"}
COLLEAGUE = {"id": "d2", "name": "别人（合成）", "role": "clinician"}
OFFICER = {"id": "p1", "name": "何静（合成）", "role": "privacy"}


class LaxContract(ConsentContract):
    """Lets pass what the real one refuses."""

    def apply(self, view: Any, entry: Any, signer: Any, time: int) -> Any:
        outcome = super().apply(view, entry, signer, time)
        return {} if isinstance(outcome, Refusal) else outcome


def declaration(ledger_id: str, signer: str = f"{CLINIC}/peer", **changes: Any) -> str:
    """A declaration by the clinic's doctor to the hospital, signed by the clinic unless told otherwise."""
    payload = {
        "ledger": ledger_id,
        "institution": CLINIC,
        "custodian": HOSPITAL,
        "identifier": {"system": None, "value": "1004-2236"},
        "birth_date": "1946-03-08",
        "clinician": {**DOCTOR, "department": "急诊科"},
        "reason": "unconscious",
        "text": None,
        "ttl_ms": 4 * HOUR,
        "at": 1_767_225_600_000,
        "nonce": "ab" * 16,
        **changes,
    }
    return sign_compact(seed(signer), "yaoshi-declaration", payload)


def broken(story: Story, jws: str | None = None, at: int | None = None, **changes: Any) -> str:
    """The custodian breaks the glass (or did, `at`); gives the entry's id. `changes` are to the details."""
    details = {
        "declaration": jws or declaration(story.engine.id),
        "declaring": CLINIC,
        "user": DOCTOR,
        "reason": "unconscious",
        "basis": "BTG",
        **changes,
    }
    members = {"ttl_ms": 4 * HOUR, **signed_at(at)}
    made = story.committed(f"{HOSPITAL}/release", "glass.broken", LINK, details, **members)
    return str(made.entry_id)


def signed_at(at: int | None) -> dict[str, Any]:
    return {} if at is None else {"at": at}


def released(story: Story, under: str, visit: str = "cd", at: int | None = None, **changes: Any) -> None:
    """A release (or one of some time ago, `at`) under a grant or a glass; `changes` are to the details."""
    details = {
        "assertion": "a.b.c",
        "query": "Observation?",
        "user": DOCTOR,
        "grantee": CLINIC,
        "purpose": "BTG",
        "counts": {"Observation": 2},
        "records": [["Observation/1", "00" * 32], ["Observation/2", "11" * 32]],
        **changes,
    }
    members = {"under": under, "visit": visit * 16, **signed_at(at)}
    story.committed(f"{HOSPITAL}/release", "disclosure.made", LINK, details, **members)


def reviewed(story: Story, glass: str, institution: str, signer: str | None = None, **changes: Any) -> None:
    """An institution's review; `changes` are to the details."""
    details = {
        "institution": institution,
        "verdict": "justified",
        "words": "抢救需要。",
        "reviewer": OFFICER,
        **changes,
    }
    story.committed(signer or f"{institution}/review", "glass.reviewed", LINK, details, glass=glass)


def opened(story: Story) -> None:
    story.submit(f"{HOSPITAL}/desk", "link.open", LINK, institution=HOSPITAL, **story.proof("phone", LINK))


def given(story: Story, **members: Any) -> str:
    """A grant to the clinic for two days."""
    terms = {
        "grantee": CLINIC,
        "clinician": DOCTOR,
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": "ab" * 32,
    }
    made = story.committed(
        "phone", "grant.give", LINK, terms, **{"not_after": story.clock.now + 2 * DAY, **members}
    )
    return str(made.entry_id)


def truth(story: Story) -> None:
    """Declared, read twice, stopped by the phone, found justified here and not justified there."""
    glass = broken(story)
    released(story, glass)
    released(story, glass, user=DOCTOR)
    story.submit("phone", "glass.closed", LINK, glass=glass)
    reviewed(story, glass, HOSPITAL)
    reviewed(story, glass, CLINIC, verdict="not-justified", words="病人当时清醒。")
    again = broken(story)
    story.submit(f"{HOSPITAL}/review", "glass.closed", LINK, glass=again)
    grant = given(story)
    released(story, grant, visit="ef", purpose="TREAT")


def late(story: Story) -> None:
    """Declared and read while the hospitals did not agree, recorded a day later."""
    at = story.clock.now
    story.clock.now += DAY
    glass = broken(story, at=at)
    released(story, glass, at=at + MINUTE)
    released(story, glass, at=at + HOUR - 1, visit="ce")


def told_of_late(by: int, at: int) -> Callable[[Story], None]:
    """A glass recorded `by` after its own time, and a release `at` that time, told of two days later."""

    def tell(story: Story) -> None:
        begun = story.clock.now
        story.clock.now += by
        glass = broken(story, at=begun)
        story.clock.now += 2 * DAY
        released(story, glass, at=begun + at)

    return tell


def after_stop(story: Story) -> None:
    glass = broken(story)
    story.submit("phone", "glass.closed", LINK, glass=glass)
    released(story, glass)


def after_its_time(story: Story) -> None:
    glass = broken(story)
    story.clock.now += 4 * HOUR
    released(story, glass)


def under_nothing(story: Story) -> None:
    released(story, "77" * 32)


def to_a_colleague(story: Story) -> None:
    released(story, broken(story), user=COLLEAGUE)


def to_another_hospital(story: Story) -> None:
    released(story, broken(story), grantee="3a" * 16)


def for_another_purpose(story: Story) -> None:
    released(story, broken(story), purpose="HPAYMT")


def after_the_link_closed(story: Story) -> None:
    glass = broken(story)
    story.submit("phone", "link.close", LINK)
    released(story, glass)


def after_taking_back(story: Story) -> None:
    grant = given(story)
    story.submit("phone", "grant.revoke", LINK, grant=grant)
    released(story, grant, purpose="TREAT")


def after_the_grants_end(story: Story) -> None:
    grant = given(story)
    story.clock.now += 3 * DAY
    released(story, grant, purpose="TREAT")


def before_the_grant_begins(story: Story) -> None:
    released(story, given(story, not_before=story.clock.now + DAY), purpose="TREAT")


def after_a_change_of_phones(story: Story) -> None:
    grant = given(story)
    rights = ["give", "manage", "revoke"]
    story.submit(f"{HOSPITAL}/desk", "link.keys", LINK, rights=rights, **story.proof("second phone", LINK))
    released(story, grant, purpose="TREAT")


def broken_by_the_declarer(story: Story) -> None:
    details = {
        "declaration": declaration(story.engine.id),
        "declaring": CLINIC,
        "user": DOCTOR,
        "reason": "unconscious",
        "basis": "BTG",
    }
    story.committed(f"{CLINIC}/release", "glass.broken", LINK, details, ttl_ms=4 * HOUR)


def closed_by_the_declarer(story: Story) -> None:
    story.submit(f"{CLINIC}/review", "glass.closed", LINK, glass=broken(story))


def closed_by_a_stranger(story: Story) -> None:
    proof = story.proof("stranger", STRANGER)
    story.submit(f"{HOSPITAL}/desk", "link.open", STRANGER, institution=HOSPITAL, **proof)
    story.submit("stranger", "glass.closed", LINK, glass=broken(story))


def reviewed_by_the_release_key(story: Story) -> None:
    reviewed(story, broken(story), HOSPITAL, signer=f"{HOSPITAL}/release")


def reviewed_in_anothers_name(story: Story) -> None:
    reviewed(story, broken(story), CLINIC, signer=f"{HOSPITAL}/review")


def reviewed_with_another_word(story: Story) -> None:
    reviewed(story, broken(story), HOSPITAL, verdict="fine")


def declared_by(signer: str) -> Callable[[Story], None]:
    def tell(story: Story) -> None:
        broken(story, declaration(story.engine.id, signer))

    return tell


def declared_about(**changes: Any) -> Callable[[Story], None]:
    def tell(story: Story) -> None:
        broken(story, declaration(story.engine.id, **changes))

    return tell


def declared_without(story: Story) -> None:
    broken(story, "a.b.c")


LIES: dict[str, tuple[str, Callable[[Story], None]]] = {
    "records are released after the patient stopped it": ("unpermitted", after_stop),
    "records are released after its time": ("unpermitted", after_its_time),
    "a release is told of late from after an hour": (
        "unpermitted",
        told_of_late(0, HOUR + 2 * MINUTE),
    ),
    "a release is told of late from after a late one's hour": ("unpermitted", told_of_late(DAY, HOUR)),
    "a release is told of late from before its glass": ("unpermitted", told_of_late(DAY, -3 * MINUTE)),
    "records are released under nothing": ("unpermitted", under_nothing),
    "records are released to a colleague": ("unpermitted", to_a_colleague),
    "records are released to a third hospital": ("unpermitted", to_another_hospital),
    "records are released for something else": ("unpermitted", for_another_purpose),
    "records are released on a closed link": ("unpermitted", after_the_link_closed),
    "records are released after the grant was taken back": ("unpermitted", after_taking_back),
    "records are released after the grant's end": ("unpermitted", after_the_grants_end),
    "records are released before the grant begins": ("unpermitted", before_the_grant_begins),
    "records are released under a grant from before the phone was replaced": (
        "unpermitted",
        after_a_change_of_phones,
    ),
    "the hospital that asks breaks the glass itself": ("signature", broken_by_the_declarer),
    "the hospital that asked says that it was stopped": ("signature", closed_by_the_declarer),
    "a stranger's phone says that it was stopped": ("signature", closed_by_a_stranger),
    "a review is signed by the key that releases": ("signature", reviewed_by_the_release_key),
    "a review is given in the other hospital's name": ("signature", reviewed_in_anothers_name),
    "a review says a word that is no verdict": ("signature", reviewed_with_another_word),
    "the custodian signed the declaration itself": ("signature", declared_by(f"{HOSPITAL}/peer")),
    "the declaration is signed by another key of the hospital": ("signature", declared_by(f"{CLINIC}/desk")),
    "the declaration gives another reason": ("signature", declared_about(reason="allergy-check")),
    "the declaration is for a shorter time": ("signature", declared_about(ttl_ms=HOUR)),
    "the declaration names another person": (
        "signature",
        declared_about(clinician={**COLLEAGUE, "department": "急诊科"}),
    ),
    "the declaration was made to another custodian": ("signature", declared_about(custodian="3a" * 16)),
    "the declaration belongs to another ledger": ("signature", declared_about(ledger="00" * 32)),
    "there is no declaration": ("signature", declared_without),
}


def _served(folder: Path, genesis: bytes, contract: ConsentContract, tell: Callable[[Story], None]) -> Any:
    clock = Clock()
    engine = EmbeddedEngine.open(
        folder, genesis, contracts={1: [contract]}, checkpoint_seed=CHECKPOINT_SEED, clock=clock
    )
    try:
        story = Story(engine, clock)
        opened(story)
        tell(story)
        return {"proof": story.proof_of(LINK, None), "now": clock.now, "ledger": engine.id}
    finally:
        engine.close()


def main(target: Path) -> None:
    """Writes {genesis, subject, institution, declaring, kid, truth, late, lies: {name: {alarm, …}}}."""
    genesis = genesis_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told = _served(folder / "truth.db", genesis, ConsentContract(), truth)
        later = _served(folder / "late.db", genesis, ConsentContract(), late)
        lies = {
            lie: {"alarm": alarm, **_served(folder / f"{place}.db", genesis, LaxContract(), tell)}
            for place, (lie, (alarm, tell)) in enumerate(LIES.items())
        }
    out = {
        "genesis": b64u(genesis),
        "subject": LINK,
        "institution": HOSPITAL,
        "declaring": CLINIC,
        "kid": kid("phone"),
        "truth": told,
        "late": later,
        "lies": lies,
    }
    target.write_text(json.dumps(out, ensure_ascii=False), encoding="utf-8")
