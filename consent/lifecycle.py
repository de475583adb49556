"""The consent contract: the rules by which every node accepts or refuses an entry about a link.

The table of kinds in docs/formats/entry.md, one function a kind (links, grants, glass, disclosures, and the
custodian's notices here). Deterministic: it sees only its arguments; the same entries with the same times
give the same state everywhere. An unforeseen kind is refused. Not here: batches.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from consent import disclosures, glass, grants, links
from consent.errors import Refusal, refuse
from consent.host import ApplyView, Case, Changes, Entry, Signer
from consent.members import member_fault
from consent.state import link_state


def _note(case: Case) -> Changes | Refusal:
    """look.made, result.reused: the custodian writes down what it did, on a closed link too."""
    link = link_state(case.view, case.entry.subject)
    if link is None:
        return refuse("link-unknown")
    if not links.signed_by(case, link["institution"], "release"):
        return refuse("signer-not-allowed", "The release key of the link's institution signs this.")
    return {}


def _erase(case: Case) -> Changes | Refusal:
    """details.erased: the custodian no longer holds what a record's commitment stood for."""
    fault = _note(case)
    if not isinstance(fault, Refusal) and case.entry.payload["record"] >= case.view.index:
        return refuse("record-unknown")
    return fault


_RULES: dict[str, Callable[[Case], Changes | Refusal]] = {
    "link.open": links.open_link,
    "link.keys": links.change_keys,
    "link.confirm": links.confirm,
    "link.contest": links.contest,
    "link.settle": links.settle,
    "link.close": links.close,
    "grant.give": grants.give,
    "grant.revoke": grants.revoke,
    "glass.broken": glass.broken,
    "glass.closed": glass.closed,
    "glass.reviewed": glass.reviewed,
    "disclosure.made": disclosures.disclose,
    "look.made": _note,
    "result.reused": _note,
    "details.erased": _erase,
}


class ConsentContract:
    """What the ledger's machine hosts: the kinds it knows, and the judgement of one entry."""

    kinds: ClassVar[dict[str, str]] = dict.fromkeys(_RULES, "link")
    creates: ClassVar[frozenset[str]] = frozenset({"link.open"})

    def __init__(self, own_ids: bool = True) -> None:
        """`own_ids` is False for version 1 of the rules, which let any institution open any id."""
        self._own_ids = own_ids

    def institution_of(self, get: Callable[[str], dict[str, Any] | None], subject: str) -> str | None:
        """The institution whose link this is; None for what is no link."""
        link = get(f"link/{subject}")
        return None if link is None else str(link["institution"])

    def apply(self, view: ApplyView, entry: Entry, signer: Signer, time: int) -> Changes | Refusal:
        """Changes to state by key (None deletes), or a refusal. `time` is the record's, ms UTC."""
        rule = _RULES.get(entry.kind)
        if rule is None:
            return refuse("kind-unknown")
        return member_fault(entry.kind, entry.payload) or rule(Case(view, entry, signer, time, self._own_ids))
