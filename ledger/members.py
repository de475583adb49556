"""What a change that the operators agreed on does: to operators, institutions, and the version of the rules.

docs/formats/governance.md, table of changes. `effect_of` gives the documents to put, or says why the change
cannot take effect now; it is asked when a change is proposed and again when it is decided. Invariants: a key
serves one subject for ever; no id and no code comes back; the last operator stays; a retired member's keys
are out of use from the next record on, and what they signed before goes on verifying. From version 2 of the
rules on each new key shows that it is held, and no two ids of members begin alike: a member's links begin
like its own id, so that nobody can take an id that is on its way. State document "begins/<8 digits>": {id},
whom the operators approved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.encoding import is_hex
from ledger.entry import Entry
from ledger.errors import Malformed, Refusal
from ledger.genesis import ID_BEGINNING, VALIDATOR_USE, Genesis, check_institution, check_operator
from ledger.heads import Subject
from ledger.possession import possession_fault
from ledger.registry import (
    MEMBERS,
    OPERATORS,
    Changes,
    Document,
    GetDocument,
    Signer,
    active_operators,
    key_document,
    members_of,
)
from ledger.rules import PROVEN, Step, step_at, with_step
from ledger.signing import admit_key, thumbprint

TERM_MS = 30 * 86_400_000
_JOINING_USE = {"operator": "vote", "institution": "offline"}
_CHANGEABLE = {"vote", VALIDATOR_USE}
_MAX_RELEASE = 100


@dataclass(frozen=True, slots=True)
class Case:
    """An authenticated entry that would be record `index` at `time` (ms UTC), and the state before it."""

    entry: Entry
    signer: Signer
    genesis: Genesis
    get: GetDocument
    subject: Callable[[str], Subject | None]
    index: int
    time: int

    @property
    def active(self) -> list[str]:
        """The operators that take part now."""
        return active_operators(self.get, self.genesis)

    @property
    def proven(self) -> bool:
        """Whether the version in force asks new keys to show that they are held."""
        return step_at(self.get, self.index).version >= PROVEN


def effect_of(change: object, case: Case, proposal: str) -> Changes | Refusal:
    """What the change does to the state if it is decided by this entry; `proposal` is its entry id."""
    kind = change.get("do") if isinstance(change, dict) else None
    if not isinstance(change, dict) or not isinstance(kind, str) or kind not in _EFFECTS:
        return Refusal("change-form", "no change that this ledger knows")
    members, effect = _EFFECTS[kind]
    proven = case.proven and kind in _NEW_KEYS
    wanted = {"do", *members, *(("proofs",) if proven else ())}
    optional = {"name", "base", "operator"} if kind == "institution.change" else set()
    if not wanted <= change.keys() <= wanted | optional:
        return Refusal("change-form", f"{kind} has other members")
    try:
        outcome = effect(change, case, proposal)
    except Malformed as malformed:
        code = malformed.code if malformed.code == "key-invalid" else "change-form"
        return Refusal(code, malformed.detail)
    if isinstance(outcome, Refusal) or not proven:
        return outcome
    return possession_fault(case.genesis.id, *_NEW_KEYS[kind](change), change["proofs"]) or outcome


def join(case: Case) -> Changes | Refusal:
    """operator.join, institution.join: the approved party begins its own chain with its own key."""
    kind = case.entry.kind.split(".")[0]
    if case.signer.subject != case.entry.subject or case.signer.use != _JOINING_USE[kind]:
        return Refusal("key-use", "the approved party's own key joins")
    approval = case.get(f"approval/{case.entry.subject}")
    if approval is None or approval["type"] != kind or approval["proposal"] != case.entry.payload["proposal"]:
        return Refusal("approval-missing", "the operators did not approve this")
    if case.time >= approval["until"]:
        return Refusal("approval-missing", "the approval is over")
    document = approval["document"]
    fault = _party_fault(kind, document, case)
    if fault is not None:
        return fault
    changes: Changes = {f"approval/{case.entry.subject}": None}
    for use, key in document["keys"].items():
        changes.update(key_document(key, document["id"], kind, use))
    known = members_of(case.get, case.genesis)
    changes[MEMBERS] = {**known, f"{kind}s": [*known[f"{kind}s"], document["id"]]}
    if kind == "operator":
        active = {"active": [*case.active, document["id"]]}
        return {**changes, OPERATORS: active, f"operator/{document['id']}": document}
    return {**changes, f"institution/{document['id']}": {**document, "retired": False}}


def _admit_operator(change: Document, case: Case, proposal: str) -> Changes | Refusal:
    check_operator(change["operator"])
    present = case.get(f"operator/{case.active[0]}") or {"keys": {}}
    if (VALIDATOR_USE in change["operator"]["keys"]) != (VALIDATOR_USE in present["keys"]):
        return Refusal("change-form", "either every operator has a validator, or none has")
    return _approve("operator", change["operator"], case, proposal)


def _admit_institution(change: Document, case: Case, proposal: str) -> Changes | Refusal:
    check_institution(change["institution"])
    return _approve("institution", change["institution"], case, proposal)


def _approve(kind: str, document: Document, case: Case, proposal: str) -> Changes | Refusal:
    fault = _party_fault(kind, document, case)
    if fault is not None:
        return fault
    changes: Changes = {}
    earlier = case.get(f"approval/{document['id']}")
    if earlier is not None:
        key = earlier["document"]["keys"][_JOINING_USE[earlier["type"]]]
        changes.update(key_document(key, document["id"], earlier["type"], None))
    use = _JOINING_USE[kind]
    changes.update(key_document(document["keys"][use], document["id"], kind, use))
    if case.proven:
        changes[_begins(document["id"])] = {"id": document["id"]}
    approval = {"type": kind, "document": document, "proposal": proposal, "until": case.time + TERM_MS}
    return {**changes, f"approval/{document['id']}": approval}


def _party_fault(kind: str, document: Document, case: Case) -> Refusal | None:
    """Why a party with this document cannot come in now."""
    if case.subject(document["id"]) is not None:
        return Refusal("party-known", "the id is on the ledger already")
    if case.proven and _begins_alike(document["id"], case):
        return Refusal("party-known", "another member's id begins like this one")
    if kind == "institution":
        if document["operator"] not in case.active:
            return Refusal("party-unknown", "no active operator with this id")
        others = (
            case.get(f"institution/{each}") for each in members_of(case.get, case.genesis)["institutions"]
        )
        if any(other is not None and other["code"] == document["code"] for other in others):
            return Refusal("party-known", "the code is an institution's already")
    joining = document["keys"][_JOINING_USE[kind]]
    return _keys_fault(document["keys"], case, document["id"], joining)


def _begins_alike(party: str, case: Case) -> bool:
    known = members_of(case.get, case.genesis)
    approved = (case.get(_begins(party)) or {"id": party})["id"]
    others = {approved, *known["operators"], *known["institutions"]} - {party}
    return any(other.startswith(party[:ID_BEGINNING]) for other in others)


def _begins(party: str) -> str:
    return f"begins/{party[:ID_BEGINNING]}"


def _keys_fault(keys: dict[str, Any], case: Case, subject: str, joining: str | None = None) -> Refusal | None:
    if len(set(keys.values())) != len(keys):
        return Refusal("key-known", "a key serves one use")
    for key in keys.values():
        known = case.get(f"key/{thumbprint(key)}")
        if known is not None and (key != joining or known["subject"] != subject):
            return Refusal("key-known", "a key serves one subject and one use, once")
    return None


def _change_operator_keys(change: Document, case: Case, _proposal: str) -> Changes | Refusal:
    operator, keys = _operator(change["operator"], case), change["keys"]
    if operator is None:
        return Refusal("party-unknown", "no active operator with this id")
    if not isinstance(keys, dict) or not keys or not keys.keys() <= _CHANGEABLE & operator["keys"].keys():
        return Refusal("change-form", "an operator's vote and validator keys can change")
    for key in keys.values():
        admit_key(key)
    fault = _keys_fault(keys, case, operator["id"])
    if fault is not None:
        return fault
    changes: Changes = {f"operator/{operator['id']}": {**operator, "keys": {**operator["keys"], **keys}}}
    for use, key in keys.items():
        changes.update(key_document(operator["keys"][use], operator["id"], "operator", None))
        changes.update(key_document(key, operator["id"], "operator", use))
    return changes


def _retire_operator(change: Document, case: Case, _proposal: str) -> Changes | Refusal:
    operator = _operator(change["operator"], case)
    if operator is None:
        return Refusal("party-unknown", "no active operator with this id")
    remaining = [each for each in case.active if each != operator["id"]]
    if not remaining:
        return Refusal("last-operator", "a ledger keeps at least one operator")
    changes: Changes = {OPERATORS: {"active": remaining}, **_without_keys(operator, "operator")}
    for proposal_id in (case.get(f"proposals/{operator['id']}") or {"open": []})["open"]:
        changes[f"proposal/{proposal_id}"] = None
    changes[f"proposals/{operator['id']}"] = None
    for each in members_of(case.get, case.genesis)["institutions"]:
        institution = case.get(f"institution/{each}")
        if institution is not None and institution["operator"] == operator["id"]:
            changes.update(_retired(institution))
    return changes


def _change_institution(change: Document, case: Case, _proposal: str) -> Changes | Refusal:
    institution = _institution(change["institution"], case)
    if institution is None:
        return Refusal("party-unknown", "no active institution with this id")
    new: Document = {name: change[name] for name in ("name", "base", "operator") if name in change}
    changed: Document = {**institution, **new}
    check_institution({name: value for name, value in changed.items() if name != "retired"})
    if not new or changed == institution:
        return Refusal("change-form", "nothing would change")
    if changed["operator"] not in case.active:
        return Refusal("party-unknown", "no active operator with this id")
    return {f"institution/{institution['id']}": changed}


def _retire_institution(change: Document, case: Case, _proposal: str) -> Changes | Refusal:
    institution = _institution(change["institution"], case)
    if institution is None:
        return Refusal("party-unknown", "no active institution with this id")
    return _retired(institution)


def _retired(institution: Document) -> Changes:
    if institution["retired"]:
        return {}
    changes = _without_keys(institution, "institution")
    return {**changes, f"institution/{institution['id']}": {**institution, "retired": True}}


def _without_keys(member: Document, kind: str) -> Changes:
    changes: Changes = {}
    for key in member["keys"].values():
        changes.update(key_document(key, member["id"], kind, None))
    return changes


def _activate_rules(change: Document, case: Case, _proposal: str) -> Changes | Refusal:
    version, start, release = change["version"], change["from"], change["release"]
    whole = all(type(value) is int and value >= 0 for value in (version, start))
    if not whole or not isinstance(release, str) or not 0 < len(release) <= _MAX_RELEASE:
        return Refusal("change-form", "rules.activate has a version, an index and the name of a release")
    changes = with_step(case.get, Step(max(start, case.index + 1), version, release))
    return changes or Refusal("rules-order", "a later version takes effect after all others")


def _operator(operator_id: object, case: Case) -> Document | None:
    known = isinstance(operator_id, str) and operator_id in case.active
    return case.get(f"operator/{operator_id}") if known else None


def _institution(institution_id: object, case: Case) -> Document | None:
    found = case.get(f"institution/{institution_id}") if is_hex(institution_id, 32) else None
    return None if found is None or found["retired"] else found


def new_keys(change: Document) -> tuple[str, dict[str, str]] | None:
    """The party whose keys a change of an accepted form brings, and the keys by use; None: it brings none."""
    found = _NEW_KEYS.get(change["do"])
    return None if found is None else found(change)


# Which keys a change brings, and whose they become: each has to show that it is held.
_NEW_KEYS: dict[str, Callable[[Document], tuple[str, dict[str, str]]]] = {
    "operator.admit": lambda change: (change["operator"]["id"], change["operator"]["keys"]),
    "operator.keys": lambda change: (change["operator"], change["keys"]),
    "institution.admit": lambda change: (change["institution"]["id"], change["institution"]["keys"]),
}
_Effect = Callable[[Document, Case, str], Changes | Refusal]
_EFFECTS: dict[str, tuple[tuple[str, ...], _Effect]] = {
    "operator.admit": (("operator",), _admit_operator),
    "operator.keys": (("operator", "keys"), _change_operator_keys),
    "operator.retire": (("operator",), _retire_operator),
    "institution.admit": (("institution",), _admit_institution),
    "institution.change": (("institution",), _change_institution),
    "institution.retire": (("institution",), _retire_institution),
    "rules.activate": (("version", "from", "release"), _activate_rules),
}
