"""What the declaring institution asks about an emergency afterwards: its state, its end, its review.

docs/formats/glass.md, "Afterwards". Not here: the answer (gateway.glass.afterwards). Invariant: of an
emergency whose custodian does not answer nothing is made up; its reviewers read that nothing is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.glass.afterwards import ASK_TYP, END, READ, REVIEW, state_of
from gateway.peers.custodian import custodian_of
from gateway.peers.http import ANSWER_SECONDS, Deadline
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.glass.cases import Case


def ask_about(
    gw: Gateway,
    declaring: str,
    custodian: str,
    glass: str,
    want: str,
    deadline: Deadline | None = None,
    review: dict[str, str] | None = None,
) -> dict[str, Any] | Refusal:
    """The declaring side: what gateway.glass.afterwards.state_of gives.

    `review` {"salt", "details"} goes with REVIEW. Refuses ``emergency-unknown``, and with END what the ledger
    refuses. Raises ledger.errors.Unavailable.
    """
    way = custodian_of(gw, custodian)
    if isinstance(way, Refusal):
        return way
    payload: dict[str, Any] = {
        "ledger": gw.ledger.id,
        "institution": declaring,
        "custodian": custodian,
        "glass": glass,
        "want": want,
        "at": gw.clock(),
        **({} if review is None else {"review": review}),
    }
    ask = gw.keys.sign(declaring, "peer", ASK_TYP, payload)
    return way.about_glass(glass, ask, deadline or Deadline.after(ANSWER_SECONDS))


def end_as_declarer(gw: Gateway, declaring: str, custodian: str, glass: str) -> Refusal | None:
    """End an emergency that this institution declared. Raises ledger.errors.Unavailable."""
    answer = ask_about(gw, declaring, custodian, glass, END)
    return answer if isinstance(answer, Refusal) else None


def tell_review(gw: Gateway, case: Case, review: dict[str, str]) -> Refusal | None:
    """Have the custodian keep what stands behind the declaring side's review. Raises Unavailable."""
    answer = ask_about(gw, case.declaring, case.custodian, case.glass, REVIEW, review=review)
    return answer if isinstance(answer, Refusal) else None


def known_of(gw: Gateway, case: Case, deadline: Deadline) -> dict[str, Any]:
    """As ask_about, on either side; nothing is known where the custodian does not answer in time."""
    if case.side == "custodian":
        return state_of(gw, case.custodian, case.glass)
    try:
        answer = ask_about(gw, case.declaring, case.custodian, case.glass, READ, deadline)
    except Unavailable as outage:
        gw.log.info("glass-not-read", custodian=case.custodian, cause=outage.code)
        answer = Refusal(outage.code, "")
    nothing = {"told": None, "objection": None, "review": None}
    return nothing if isinstance(answer, Refusal) else answer
