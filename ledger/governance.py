"""Operators govern the ledger together: one proposes a change, and it takes effect when more than 2/3 agree.

docs/formats/governance.md. One vote an operator, by its offline `vote` key; a proposal is its proposer's yes.
The change takes effect in the record of the vote that decides it (`ledger.members` says what that does), and
an approved operator or institution then joins by an entry of its own. State documents: "proposal/<entry id>"
while a proposal is open, "proposals/<operator>" to bound and find them, "approval/<id>" until its party
joined. Nothing here knows of contracts or engines.
"""

from __future__ import annotations

from collections.abc import Callable

from ledger.encoding import is_hex
from ledger.errors import Refusal
from ledger.members import TERM_MS, Case, effect_of, join
from ledger.registry import Changes, Document, GetDocument

KINDS = {
    "operator.propose": "operator",
    "operator.vote": "operator",
    "operator.join": "operator",
    "institution.join": "institution",
}
CREATES = frozenset({"operator.join", "institution.join"})
OPEN_MAX = 8
_COMMON = {"ledger", "subject", "kind", "at"}
_MEMBERS = {
    "operator.propose": {"change"},
    "operator.vote": {"proposal", "accept"},
    "operator.join": {"proposal"},
    "institution.join": {"proposal"},
}


def govern(case: Case) -> Changes | Refusal:
    """Judge an entry of one of KINDS."""
    kind = case.entry.kind
    if case.entry.payload.keys() != _COMMON | _MEMBERS[kind]:
        return Refusal("entry-members", f"{kind} has other members")
    return _RULES[kind](case)


def open_proposals(get: GetDocument, operator: str, time: int) -> list[Document]:
    """The proposals of an operator that can still be voted on: {id, by, change, until, yes, no}."""
    listed = (get(f"proposals/{operator}") or {"open": []})["open"]
    found = [get(f"proposal/{each}") for each in listed]
    return [each for each in found if each is not None and time < each["until"]]


def is_decided(yes: list[str], active: list[str]) -> bool:
    """Whether more than two thirds of the active operators agree."""
    return 3 * len(set(yes) & set(active)) > 2 * len(active)


def _propose(case: Case) -> Changes | Refusal:
    operator = case.entry.subject
    effect = _voter_fault(case) or effect_of(case.entry.payload["change"], case, case.entry.id)
    if isinstance(effect, Refusal):
        return effect
    still_open = [each["id"] for each in open_proposals(case.get, operator, case.time)]
    if len(still_open) >= OPEN_MAX:
        return Refusal("proposals-full", "the operator has too many open proposals")
    listed = (case.get(f"proposals/{operator}") or {"open": []})["open"]
    over: Changes = {f"proposal/{each}": None for each in listed if each not in still_open}
    if is_decided([operator], case.active):
        return {**over, f"proposals/{operator}": {"open": still_open}, **effect}
    proposal = {
        "id": case.entry.id,
        "by": operator,
        "change": case.entry.payload["change"],
        "until": case.time + TERM_MS,
        "yes": [operator],
        "no": [],
    }
    opened = {"open": [*still_open, case.entry.id]}
    return {**over, f"proposal/{case.entry.id}": proposal, f"proposals/{operator}": opened}


def _vote(case: Case) -> Changes | Refusal:
    fault = _voter_fault(case)
    if fault is not None:
        return fault
    operator, accept = case.entry.subject, case.entry.payload["accept"]
    if not isinstance(accept, bool):
        return Refusal("entry-members", "accept is true or false")
    proposal_id = case.entry.payload["proposal"]
    proposal = case.get(f"proposal/{proposal_id}") if is_hex(proposal_id, 64) else None
    if proposal is None or case.time >= proposal["until"]:
        return Refusal("proposal-not-open", "no such proposal, or it is decided or over")
    if operator in (*proposal["yes"], *proposal["no"]):
        return Refusal("vote-given", "an operator votes once on a proposal")
    side = "yes" if accept else "no"
    proposal[side] = [*proposal[side], operator]
    if not accept or not is_decided(proposal["yes"], case.active):
        return {f"proposal/{proposal_id}": proposal}
    effect = effect_of(proposal["change"], case, proposal["id"])
    if isinstance(effect, Refusal):
        return effect
    listed = case.get(f"proposals/{proposal['by']}") or {"open": []}
    left = {"open": [each for each in listed["open"] if each != proposal_id]}
    return {f"proposal/{proposal_id}": None, f"proposals/{proposal['by']}": left, **effect}


def _voter_fault(case: Case) -> Refusal | None:
    signer = case.signer
    if signer.subject != case.entry.subject or signer.use != "vote" or signer.subject not in case.active:
        return Refusal("key-use", "an active operator's own vote key proposes and votes")
    return None


_RULES: dict[str, Callable[[Case], Changes | Refusal]] = {
    "operator.propose": _propose,
    "operator.vote": _vote,
    "operator.join": join,
    "institution.join": join,
}
