"""The machine judges each entry by rules that every node computes alike, and hosts the contracts.

Same sequence of (entry, time), same state, on any engine: no clock, no entropy, no I/O but reading state
by key. Order of the checks: ledger, known key, signature (`authenticate`); key in use, kind, subject,
`at` not ahead of time + skew, quota, admissible key, proof of possession (`judge`); then the registry's own
rules, or the contract of the kind, of the version that is in force at the record's index. A lower bound on
`at` is not here: entries may be late, and a contract that cannot allow it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from ledger.compact import parse_compact
from ledger.encoding import is_hex, unb64u
from ledger.entry import Entry
from ledger.errors import Fatal, Malformed, Refusal
from ledger.genesis import Genesis
from ledger.governance import CREATES, KINDS, govern
from ledger.heads import TYPE_NAMES, TYPE_NUMBERS, Subject
from ledger.members import Case
from ledger.quota import spend
from ledger.registry import KEYS_KIND, Changes, Document, GetDocument, Signer, rotate_keys
from ledger.rules import PROVEN, step_at
from ledger.signing import PROOF_TYP, admit_key, thumbprint, verify

KEY_RETIRED = Refusal("key-retired", "the key was replaced")
_OWN_KINDS = {KEYS_KIND: "institution", **KINDS}
_OWN_DOCUMENTS = (
    "limits", "operator", "institution/", "quota/", "members", "proposal", "approval/", "begins/", "rules",
)  # fmt: skip


class State(Protocol):
    """What the machine reads: documents by key, and subjects by id."""

    def get(self, key: str) -> Document | None: ...
    def subject(self, subject_id: str) -> Subject | None: ...


class ContractView(Protocol):
    """What a contract reads: documents by key, and the index that the record will take."""

    @property
    def index(self) -> int: ...
    def get(self, key: str) -> Document | None: ...


class Contract(Protocol):
    """Deterministic rules for some kinds; `apply` gives documents to put (None deletes), or a refusal.

    `institution_of` says which institution answers for a subject that the contract made.
    """

    @property
    def kinds(self) -> Mapping[str, str]: ...
    @property
    def creates(self) -> Set[str]: ...
    def institution_of(self, get: GetDocument, subject: str) -> str | None: ...
    def apply(self, view: ContractView, entry: Entry, signer: Signer, time: int) -> Any: ...


class Accepted(NamedTuple):
    """An entry to be recorded: the type of the subject that it `creates`, if any, and the state's changes."""

    creates: int | None
    changes: Changes


@dataclass(frozen=True, slots=True)
class _View:
    get: Callable[[str], Document | None]
    index: int


Contracts = Mapping[int, Iterable[Contract]]
# The same keys sign again and again; a text always stands for the same bytes.
_key_bytes = lru_cache(maxsize=16_384)(unb64u)


class Machine:
    """The rules of one ledger: its genesis, and for each version that this release knows its contracts."""

    def __init__(self, genesis: Genesis, contracts: Contracts) -> None:
        self._genesis = genesis
        self._limits = genesis.limits
        self._versions = {version: _by_kind(hosted) for version, hosted in contracts.items()}
        self._hosted = [contract for version in sorted(self._versions) for contract in contracts[version]]

    def check_rules(self, get: GetDocument, index: int) -> None:
        """Raises Fatal(rules-unknown) when record `index` is not for this release to judge."""
        self._rules_at(get, index)

    def authenticate(
        self, entry: Entry, state: State, verifies: Callable[[Entry, bytes], bool]
    ) -> Signer | Refusal:
        """Who signed the entry; a key that was replaced still authenticates what it signed.

        Raises Malformed(signature-invalid).
        """
        if entry.ledger != self._genesis.id:
            return Refusal("entry-wrong-ledger", "the entry is for another ledger")
        key = state.get(f"key/{entry.kid}")
        if key is None:
            return Refusal("entry-unknown-key", "no such key on this ledger")
        if entry.batched and key["subject_type"] != "institution":
            return Refusal("batch-signer", "only an institution signs entries together")
        if not verifies(entry, _key_bytes(key["key"])):
            raise Malformed("signature-invalid", "the signature does not verify")
        return Signer(entry.kid, key["subject"], key["subject_type"], key["use"])

    def operator_behind(self, kid: str, get: GetDocument) -> str | None:
        """Whose institution, or institution's link, this key serves; None when nobody is known."""
        key = get(f"key/{kid}")
        if key is None or key["subject_type"] == "operator":
            return None if key is None else str(key["subject"])
        subject = key["subject"]
        if key["subject_type"] == "link":
            subject = next(filter(None, (one.institution_of(get, subject) for one in self._hosted)), None)
        institution = None if subject is None else get(f"institution/{subject}")
        return None if institution is None else str(institution["operator"])

    def judge(self, entry: Entry, signer: Signer, state: State, index: int, time: int) -> Accepted | Refusal:
        """The judgement of an authenticated entry that would be record `index` at `time` (ms UTC).

        Raises Fatal(rules-unknown).
        """
        rules = self._rules_at(state.get, index)
        if signer.retired:
            return KEY_RETIRED
        subject_type, creates = _kind(entry.kind, rules)
        if subject_type is None:
            return Refusal("entry-kind-unknown", "no rules for this kind of entry")
        refusal = _check_subject(state.subject(entry.subject), subject_type, creates)
        if refusal is not None:
            return refusal
        if entry.at > time + self._limits["skew_ms"]:
            return Refusal("entry-early", "the entry's time is ahead of the ledger's")
        quota = spend(entry, signer, state.get, self._limits, time)
        if isinstance(quota, Refusal):
            return quota
        entry_or_refusal = self._prove_key(entry, signer, state)
        if isinstance(entry_or_refusal, Refusal):
            return entry_or_refusal
        outcome = self._apply(entry_or_refusal, signer, state, index, time, rules)
        if isinstance(outcome, Refusal):
            return outcome
        return Accepted(TYPE_NUMBERS[subject_type] if creates else None, {**outcome, **quota})

    def _rules_at(self, get: GetDocument, index: int) -> Mapping[str, Contract]:
        step = step_at(get, index)
        rules = self._versions.get(step.version)
        if rules is None:
            raise Fatal(
                "rules-unknown",
                f"from record {step.start} on, this ledger is judged by version {step.version} of its rules; "
                f"install {step.release} or later (this release knows {sorted(self._versions)})",
            )
        return rules

    def _prove_key(self, entry: Entry, signer: Signer, state: State) -> Entry | Refusal:
        """Check payload.key (admissible, of no other subject) and payload.proof (possession of it)."""
        payload = entry.payload
        if "key" not in payload:
            return entry if "proof" not in payload else Refusal("proof-invalid", "a proof without a key")
        try:
            key = admit_key(payload["key"])
        except Malformed as malformed:
            return Refusal(malformed.code, malformed.detail)
        kid = thumbprint(payload["key"])
        known = state.get(f"key/{kid}")
        if known is not None and known["subject"] != entry.subject:
            return Refusal("key-known", "the key serves another subject")
        if "proof" not in payload:
            return entry
        if not self._is_proof(payload["proof"], key, entry, signer, state):
            return Refusal("proof-invalid", "the proof does not show possession of the key for this link")
        return entry._replace(proven=kid)

    def _is_proof(self, proof: object, key: bytes, entry: Entry, signer: Signer, state: State) -> bool:
        try:
            compact = parse_compact(proof, PROOF_TYP) if isinstance(proof, str) else None
        except Malformed:
            return False
        if compact is None or compact.kid != thumbprint(key):
            return False
        said = compact.payload
        if said.keys() != {"ledger", "subject", "institution"} or said["ledger"] != self._genesis.id:
            return False
        if said["subject"] != entry.subject or not isinstance(said["institution"], str):
            return False
        institution = entry.payload.get("institution")
        if institution is None and signer.subject_type == "institution":
            institution = signer.subject
        if institution is None:
            # Asked only for what can be one: a long name would be remembered as one that is not there.
            named = is_hex(said["institution"], 32)
            named = named and state.get(f"institution/{said['institution']}") is not None
        else:
            named = said["institution"] == institution
        return named and verify(key, compact.signing_input, compact.signature)

    def _apply(
        self, entry: Entry, signer: Signer, state: State, index: int, time: int, rules: Mapping[str, Contract]
    ) -> Changes | Refusal:
        if entry.kind == KEYS_KIND:
            proven = step_at(state.get, index).version >= PROVEN
            return rotate_keys(entry, signer, state.get, proven)
        if entry.kind in KINDS:
            return govern(Case(entry, signer, self._genesis, state.get, state.subject, index, time))
        outcome = rules[entry.kind].apply(_View(state.get, index), entry, signer, time)
        if not isinstance(outcome, dict):
            return Refusal(outcome.code, outcome.detail)
        return _check_changes(outcome, entry, state)


def _by_kind(contracts: Iterable[Contract]) -> dict[str, Contract]:
    found: dict[str, Contract] = {}
    for contract in contracts:
        for kind in contract.kinds:
            if kind in found or kind in _OWN_KINDS:
                raise ValueError(f"two contracts for {kind}")
            found[kind] = contract
    return found


def _kind(kind: str, rules: Mapping[str, Contract]) -> tuple[str | None, bool]:
    """The type of subject that the kind concerns, and whether it creates it."""
    if kind in _OWN_KINDS:
        return _OWN_KINDS[kind], kind in CREATES
    contract = rules.get(kind)
    return (contract.kinds[kind], kind in contract.creates) if contract else (None, False)


def _check_subject(found: Subject | None, subject_type: str, creates: bool) -> Refusal | None:
    if creates:
        return Refusal("subject-exists", "the subject is already on the ledger") if found else None
    if found is None:
        return Refusal("subject-unknown", "no such subject on this ledger")
    if TYPE_NAMES[found.type] != subject_type:
        return Refusal("subject-type", "this kind of entry concerns another type of subject")
    return None


def _check_changes(changes: Changes, entry: Entry, state: State) -> Changes:
    """A contract owns neither the registry nor other subjects' keys; a slip here is a fault of its code."""
    for name, document in changes.items():
        if name.startswith(_OWN_DOCUMENTS):
            raise ValueError("a contract may not write the machine's documents")
        if name.startswith("key/"):
            known = state.get(name)
            admitted = known is not None or name == f"key/{_payload_kid(entry)}"
            if document is None or document["subject"] != entry.subject or not admitted:
                raise ValueError("a contract may only put checked keys of its own subject")
            if known is not None and known["subject"] != entry.subject:
                raise ValueError("a key never changes its subject")
    return changes


def _payload_kid(entry: Entry) -> str | None:
    key = entry.payload.get("key")
    return thumbprint(key) if isinstance(key, str) else None
