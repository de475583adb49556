"""A ledger small enough to read: state in a dict, entries judged by the contract, refusals change nothing.

Builders are valid by default; a test overrides the one thing that it is about. Time stands still until
moved.
"""

import base64
import copy
import hashlib
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings

from consent.errors import Refusal
from consent.lifecycle import ConsentContract

NOW = 1_780_000_000_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
LIMITS = {
    "skew_ms": 120_000,
    "grant_max_ms": 365 * DAY,
    "glass_ttl_max_ms": DAY,
    "rekey_delay_ms": DAY,
    "visit_ms": 30 * MINUTE,
    "link_keys_max": 8,
    "link_entries_per_hour": 600,
}
HOSPITAL, CLINIC = "a1" * 16, "b2" * 16
# A link's id begins like its institution's.
LINK, OTHER_LINK, CLINIC_LINK = HOSPITAL[:8] + "c3" * 12, HOSPITAL[:8] + "d4" * 12, CLINIC[:8] + "d4" * 12
# the same examples in every run
STEADY = settings(derandomize=True, deadline=None)
ALL = ["give", "manage", "revoke"]


def name32(text: str) -> str:
    """32 bytes in base64url that stand for this name: a kid, a key or a commitment."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@dataclass(frozen=True)
class Signer:
    kid: str
    subject: str
    subject_type: str
    use: str | None


@dataclass(frozen=True)
class Entry:
    id: str
    kind: str
    subject: str
    at: int
    payload: dict[str, Any]
    proven: str | None


def staff(use: str, institution: str = HOSPITAL) -> Signer:
    return Signer(name32(f"{institution} {use}"), institution, "institution", use)


def phone(name: str = "phone", link: str = LINK) -> Signer:
    return Signer(name32(name), link, "link", None)


def key_of(name: str) -> dict[str, Any]:
    """The members that bring a new key with its proof."""
    return {"key": name32(f"public {name}"), "proof": "h.p.s"}


@dataclass
class World:
    """One ledger. `put` applies an entry; `ids` remembers entry ids by the order of their records."""

    time: int = NOW
    index: int = 1
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    contract: ConsentContract = field(default_factory=ConsentContract)

    def __post_init__(self) -> None:
        self.state["limits"] = dict(LIMITS)
        for institution in (HOSPITAL, CLINIC):
            self.state[f"institution/{institution}"] = {"id": institution, "retired": False}

    def get(self, key: str) -> dict[str, Any] | None:
        return self.state.get(key)

    def judge(
        self,
        kind: str,
        signer: Signer,
        *,
        subject: str = LINK,
        at: int | None = None,
        new_key: str | None = None,
        **members: Any,
    ) -> tuple[str, dict[str, Any] | Refusal]:
        """The entry's id and the contract's answer; the state stays as it is."""
        payload = {
            "ledger": "e" * 64,
            "subject": subject,
            "kind": kind,
            "at": self.time if at is None else at,
            **({} if new_key is None else key_of(new_key)),
            **members,
        }
        entry_id = hashlib.sha256(f"{self.index} {sorted(payload.items())}".encode()).hexdigest()
        proven = None if new_key is None else name32(new_key)
        entry = Entry(entry_id, kind, subject, payload["at"], payload, proven)
        before = copy.deepcopy(self.state)
        answer = self.contract.apply(self, entry, signer, self.time)
        assert self.state == before, "the contract changes the state only through its answer"
        return entry_id, answer

    def put(self, kind: str, signer: Signer, **members: Any) -> str | Refusal:
        """Apply an entry: its id when accepted, else the refusal."""
        entry_id, answer = self.judge(kind, signer, **members)
        if isinstance(answer, Refusal):
            return answer
        for key, value in answer.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = copy.deepcopy(value)
        self.index += 1
        return entry_id

    def must(self, kind: str, signer: Signer, **members: Any) -> str:
        done = self.put(kind, signer, **members)
        assert isinstance(done, str), done
        return done

    def open(self, key: str | None = "phone", link: str = LINK, institution: str = HOSPITAL) -> str:
        return self.must(
            "link.open", staff("desk", institution), subject=link, new_key=key, institution=institution
        )

    def rekey(self, key: str = "new phone") -> str:
        return self.must("link.keys", staff("desk"), new_key=key, rights=ALL)

    def give(self, signer: Signer | None = None, **members: Any) -> str:
        return self.must("grant.give", signer or phone(), **grant(self, **members))

    def break_glass(self, **members: Any) -> str:
        return self.must("glass.broken", staff("release"), **glass(**members))

    def disclose(self, under: str, visit: str = "11" * 16, **members: Any) -> str | Refusal:
        return self.put("disclosure.made", staff("release"), **disclosure(under, visit, **members))


def grant(world: World, **members: Any) -> dict[str, Any]:
    return {"not_after": world.time + HOUR, "commitment": name32("terms"), **members}


def glass(**members: Any) -> dict[str, Any]:
    return {"ttl_ms": 4 * HOUR, "commitment": name32("declaration"), **members}


def disclosure(under: str, visit: str = "11" * 16, **members: Any) -> dict[str, Any]:
    return {"under": under, "visit": visit, "commitment": name32("details"), **members}


def code(answer: object) -> str:
    """A refusal's code, or "accepted"."""
    return answer.code if isinstance(answer, Refusal) else "accepted"


def linked() -> World:
    """A world in which one phone is linked with the hospital."""
    world = World()
    world.open()
    return world
