"""The registry knows every operator and institution and which key may do what for them.

State documents: "limits", "operators" (those that are active), "members" (all that ever were),
"operator/<id>", "institution/<id>", "key/<kid>". They begin in the genesis and change by the operators' votes
(`ledger.governance`); an institution changes its own keys by an `institution.keys` entry that its offline key
signs. A key serves one subject for ever, and a replaced key stays known with use null, so that what it signed
before still verifies. A ledger file of an earlier release lacks "operators" and "members": those of its
genesis stand for them, and no operator has a validator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.entry import Entry
from ledger.errors import Malformed, Refusal
from ledger.genesis import INSTITUTION_USES, VALIDATOR_USE, Genesis
from ledger.heads import INSTITUTION, OPERATOR
from ledger.possession import possession_fault
from ledger.signing import admit_key, thumbprint

Document = dict[str, Any]
Changes = dict[str, Document | None]
GetDocument = Callable[[str], Document | None]

KEYS_KIND = "institution.keys"
OPERATORS = "operators"
MEMBERS = "members"
RULES = "rules"
_KEYS_MEMBERS = {"ledger", "subject", "kind", "at", "keys"}


class Signer(NamedTuple):
    """Who signed: `subject_type` operator, institution or link; `use` is None for a link's key."""

    kid: str
    subject: str
    subject_type: str
    use: str | None

    @property
    def retired(self) -> bool:
        """Whether the key was replaced, or whose it is takes part no longer: it signs nothing from now on."""
        return self.use is None and self.subject_type != "link"


@dataclass(frozen=True, slots=True)
class Institution:
    """An institution as the ledger shows it; `keys` by use in base64url, `name` by language."""

    id: str
    code: str
    name: dict[str, str]
    type: str
    base: str
    operator: str
    keys: dict[str, str]
    retired: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as the ledger shows it; `keys` by use in base64url."""

    id: str
    name: str
    keys: dict[str, str]
    active: bool


def genesis_subjects(genesis: Genesis) -> list[tuple[int, str]]:
    """(type, id) of every subject that the genesis creates, in order of its number."""
    operators = [(OPERATOR, operator["id"]) for operator in genesis.operators]
    return operators + [(INSTITUTION, institution["id"]) for institution in genesis.institutions]


def genesis_documents(genesis: Genesis) -> dict[str, Document]:
    """The state documents with which the ledger begins."""
    documents: dict[str, Document] = {
        "limits": genesis.limits,
        OPERATORS: _operators_at_first(genesis),
        MEMBERS: _members_at_first(genesis),
    }
    if genesis.rules > 1:
        documents[RULES] = {"steps": [{"from": 0, "version": genesis.rules, "release": ""}]}
    for operator in genesis.operators:
        documents[f"operator/{operator['id']}"] = operator
        for use, key in operator["keys"].items():
            documents.update(key_document(key, operator["id"], "operator", use))
    for institution in genesis.institutions:
        documents[f"institution/{institution['id']}"] = {**institution, "retired": False}
        for use, key in institution["keys"].items():
            documents.update(key_document(key, institution["id"], "institution", use))
    return documents


def active_operators(get: GetDocument, genesis: Genesis) -> list[str]:
    """The ids of the operators that take part now, in the order in which they came."""
    active: list[str] = (get(OPERATORS) or _operators_at_first(genesis))["active"]
    return active


def members_of(get: GetDocument, genesis: Genesis) -> Document:
    """All that are or were members, by number: {"operators": [ids], "institutions": [ids]}."""
    return get(MEMBERS) or _members_at_first(genesis)


def validators(get: GetDocument) -> dict[str, str]:
    """The consensus keys of the active operators: {public key in base64url: operator id}."""
    found: dict[str, str] = {}
    for operator_id in (get(OPERATORS) or {"active": []})["active"]:
        operator = get(f"operator/{operator_id}")
        if operator is not None and VALIDATOR_USE in operator["keys"]:
            found[operator["keys"][VALIDATOR_USE]] = operator_id
    return found


def checkpoint_keys(get: GetDocument, genesis: Genesis) -> dict[str, str]:
    """{operator id: its checkpoint key in base64url} of all that are or were members."""
    found = {one: get(f"operator/{one}") for one in members_of(get, genesis)["operators"]}
    return {one: operator["keys"]["checkpoint"] for one, operator in found.items() if operator is not None}


def institution_of(document: Document) -> Institution:
    """The institution in a state document."""
    return Institution(**document)


def rotate_keys(entry: Entry, signer: Signer, get: GetDocument, proven: bool) -> Changes | Refusal:
    """Judge an `institution.keys` entry; `proven`: each new key shows that it is held."""
    if signer.subject != entry.subject or signer.use != "offline":
        return Refusal("key-use", "an institution's own offline key changes its keys")
    keys = entry.payload.get("keys")
    members = _KEYS_MEMBERS | ({"proofs"} if proven else set())
    if entry.payload.keys() != members or not isinstance(keys, dict) or not keys:
        carried = "keys and proofs" if proven else "keys"
        return Refusal("entry-members", f"institution.keys carries {carried}, and nothing else")
    if not keys.keys() <= set(INSTITUTION_USES):
        return Refusal("key-use", "a use that institutions do not have")
    institution = get(f"institution/{entry.subject}")
    if institution is None or institution["retired"]:
        return Refusal("institution-inactive", "the institution no longer takes part")
    changes: Changes = {}
    for use, key in sorted(keys.items()):
        try:
            kid = thumbprint(admit_key(key))
        except Malformed as malformed:
            return Refusal(malformed.code, malformed.detail)
        if get(f"key/{kid}") is not None or f"key/{kid}" in changes:
            return Refusal("key-known", "a key serves one subject and one use, once")
        changes.update(key_document(key, entry.subject, "institution", use))
        changes.update(key_document(institution["keys"][use], entry.subject, "institution", None))
    if proven:
        fault = possession_fault(entry.ledger, entry.subject, keys, entry.payload["proofs"])
        if fault is not None:
            return fault
    changes[f"institution/{entry.subject}"] = {**institution, "keys": {**institution["keys"], **keys}}
    return changes


def _operators_at_first(genesis: Genesis) -> Document:
    return {"active": [operator["id"] for operator in genesis.operators]}


def _members_at_first(genesis: Genesis) -> Document:
    operators = [operator["id"] for operator in genesis.operators]
    return {"operators": operators, "institutions": [one["id"] for one in genesis.institutions]}


def key_document(key: str, subject: str, subject_type: str, use: str | None) -> dict[str, Document]:
    """The state document of an operator's or institution's key; `use` None: known, and out of use."""
    kid = thumbprint(key)
    return {
        f"key/{kid}": {"kid": kid, "key": key, "subject": subject, "subject_type": subject_type, "use": use}
    }
