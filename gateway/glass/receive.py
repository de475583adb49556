"""The custodian's side of an emergency: judge a declaration, break the glass, answer; or say one thing only.

docs/formats/glass.md. Not here: the release (gateway.disclosure), HTTP (gateway.glass.door), the privacy
officer's queue (gateway.glass.cases). Invariants: (1) glass.broken is committed, or without a quorum waits
durably (docs/decisions/0017), before the answer holds a word about anybody; its opening and its case are
durable before that; (2) no match, several, a budget, a
forgery, a replay: one answer after the same work, the cause goes to the log and to the day's attempts;
(3) an outage is neither: it is raised, and nothing was opened; but one in which only the ledger takes nothing
is no outage here, or it would tell a match, which needs the ledger, from a miss.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from consent.declaration import Declaration, glass_details
from consent.glass_state import glass_state
from gateway.disclosure.openings import commit_details, opening_of
from gateway.glass import attempts
from gateway.glass.matching import charts_of
from gateway.glass.reading import Read, read_declaration
from gateway.glass.tables import glass_case
from gateway.glass.telling import tell
from gateway.identity.signing import sign_entry
from gateway.links.links import ensure_link, ledger_state, links_of_patient
from gateway.operation.watermark import BEHIND
from gateway.outbox.foresight import foresee
from gateway.records.patients import get_patient
from ledger.entry import parse_entry
from ledger.errors import Refusal, Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway


@dataclass(frozen=True)
class Broken:
    """What the declaring institution gets: ids in hex, times in ms, patient {name, sex, birth_date}.

    Exactly one of ``receipt`` and ``entries`` is there. The latter are those that wait for the ledger, as
    signed, oldest first: the opening of the link if that waits too, and the glass.broken itself.
    """

    glass: str
    opening: dict[str, str]
    until: int
    patient: dict[str, str]
    receipt: dict[str, Any] | None = None
    entries: list[str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Its JSON object."""
        return {name: value for name, value in asdict(self).items() if value is not None}


MISSED = Refusal("glass-not-possible", "Nothing was opened.")


def receive(gw: Gateway, custodian: str, text: str) -> Broken | Refusal:
    """Answer one declaration. Raises ledger.errors.Unavailable: nothing was opened, nothing was judged."""
    if gw.watermark.behind:
        # Before anybody is looked for: a match could not be written, and would answer otherwise than a miss.
        raise Unavailable(BEHIND, "nothing is written, so nothing is judged")
    gw.outbox.demand_room()
    now = gw.clock()
    read = read_declaration(gw, custodian, text, now)
    cause, patient_id = _judge(gw, custodian, read, now)
    if cause is None and read.declaration is not None:
        broken = _break(gw, custodian, patient_id, read.declaration, text)
        if isinstance(broken, Broken):
            return broken
        cause = broken.code
    # Ids are pseudonyms; neither the number that was typed nor a name ever stands in a log.
    gw.log.info("glass-not-broken", custodian=custodian, declaring=read.declaring, cause=cause)
    return MISSED


def _judge(gw: Gateway, custodian: str, read: Read, now: int) -> tuple[str | None, str]:
    """(why not, or None, patient id): every declaration is counted, searched for and noted alike."""
    declared = read.declaration
    who, nonce = (declared.clinician.id, declared.nonce) if declared else ("", "")
    wanted = (declared.system, declared.value, declared.birth_date) if declared else (None, "", "")
    with gw.db.begin() as conn:
        repeated = attempts.was_used(conn, custodian, read.declaring or "", nonce)
        used = attempts.used(conn, custodian, read.declaring or "", who, now)
        charts = charts_of(conn, custodian, *wanted)
        links = links_of_patient(conn, custodian, charts[0] if charts else "")
        cause = read.cause or _cause(repeated, used, charts) or _closed(gw, links)
        # A replay proves nothing about who brought it: it counts against nobody.
        named = read.declaring if read.declaring is not None and not repeated else None
        declarer = None if named is None else (named, who, nonce or None)
        attempts.note(conn, custodian, now, cause or attempts.MATCHED, declarer)
    return cause, charts[0] if charts else ""


def _cause(repeated: bool, used: attempts.Used, charts: list[str]) -> str | None:
    if repeated:
        return "declaration-repeated"
    if used.up:
        return attempts.BUDGET
    return None if len(charts) == 1 else "no-match" if not charts else "several-match"


def _closed(gw: Gateway, links: list[str]) -> str | None:
    """Why nothing can be broken on the link that the chart has: said here, it is a miss like every other."""
    states = (ledger_state(gw, link) for link in links)
    state = next((each for each in states if each is not None), None)
    return "link-closed" if state is not None and state["closed"] else None


def _break(
    gw: Gateway, custodian: str, patient_id: str, declared: Declaration, text: str
) -> Broken | Refusal:
    link = ensure_link(gw, custodian, patient_id, urgent=True)
    if isinstance(link, Refusal):
        return link
    declaring = declared.institution
    commitment = commit_details(gw, custodian, link, glass_details(declared, text), declaring)
    payload = {
        "ledger": gw.ledger.id,
        "subject": link,
        "kind": "glass.broken",
        "at": gw.clock(),
        "ttl_ms": declared.ttl_ms,
        "commitment": commitment,
    }
    entry = sign_entry(gw, custodian, "release", payload)
    # The case is there before the glass: a crash leaves a case without a glass, which nobody is shown.
    with gw.db.begin() as conn:
        row = {"glass": parse_entry(entry).id, "custodian": custodian, "declaring": declaring, "link": link}
        of_whom = {"patient_id": patient_id, "nonce": declared.nonce, "made_at": gw.clock()}
        conn.execute(insert(glass_case).values(**row, **of_whom))
    made = gw.outbox.record(entry, urgent=True)
    if isinstance(made, Refusal):
        return made
    tell(gw, made.entry_id)
    return _answer(gw, custodian, patient_id, made.entry_id, commitment)


def _answer(gw: Gateway, custodian: str, patient_id: str, name: str, commitment: str) -> Broken | Refusal:
    waiting = gw.outbox.about(name)  # before the view: what is recorded in between is in it
    with gw.ledger.view() as view:
        glass, index = glass_state(foresee(view, waiting), name), view.entry_index(name)
        receipt = view.receipt(index) if index is not None else None
    with gw.db.connect() as conn:
        opening, patient = opening_of(conn, commitment), get_patient(conn, custodian, patient_id)
    if glass is None or opening is None or patient is None:
        return Refusal("glass-unknown", "what was just written is not there")
    shown = {"name": patient.name, "sex": patient.sex, "birth_date": patient.birth_date}
    promise = [each.text for each in waiting if each.kind in ("link.open", "glass.broken")]
    if receipt is not None:
        return Broken(name, opening, glass["until"], shown, receipt=receipt)
    return Broken(name, opening, glass["until"], shown, entries=promise)
