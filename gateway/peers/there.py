"""A custodian on another node, over HTTP: its doors in the order and form that the formats fix.

docs/formats/pull.md (SMART Backend Services, FHIR search), glass.md and offer.md. Not here: connections and
their bounds (gateway.peers.http), what is believed (gateway.peers.pull). Invariants: (1) only an answer that
has the custodian's own word for it is a refusal; everything else that is not what was asked for, an error
page of a proxy too, is an outage; (2) what arrives well-formed and is wrong is ``disclosure-unproven``;
(3) a patient's id travels in a body, never in an address.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from consent.details import is_text
from gateway.glass.receive import MISSED, Broken
from gateway.peers.assertion import ASSERTION_TYPE
from gateway.peers.http import ANSWER_SECONDS, MIB, Answer, Deadline, Question, unreachable
from gateway.peers.protocol import PAGE, Arrived
from gateway.peers.searchset import Searchset, WrongBundle, read_searchset
from gateway.records.elements.json_text import NotJson
from gateway.web.bodies import FORM
from ledger.encoding import is_hex, parse_json
from ledger.errors import Malformed, Refusal

if TYPE_CHECKING:
    from gateway.composition import Gateway

PULL_SECONDS = 30.0
LONGEST_PAGE = 16 * MIB
MOST_BYTES = 64 * MIB  # of one pull, in all
MOST_QUESTIONS = 1000  # of one pull, in all
JSON, PROBLEM, FHIR = "application/json", "application/problem+json", "application/fhir+json"
ENDED = ("glass-closed", "glass-expired")  # what the ledger says of a second ending
# RFC 6749 section 5.2, as the custodian's token door answers (docs/formats/pull.md).
_TOKEN_REFUSALS = frozenset(
    ["invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client"]
)
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]{1,512}=*", re.ASCII)
_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}", re.ASCII)
_SCOPES = re.compile(r"[!-~ ]{1,4000}", re.ASCII)


@dataclass(frozen=True)
class There:
    """gateway.peers.protocol.Custodian."""

    gw: Gateway
    institution: str
    base: str

    def begin(self, assertion: str) -> ThereSession | Refusal:
        """POST <base>/token."""
        form = {
            "grant_type": "client_credentials",
            "scope": "system/*.rs",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion,
        }
        deadline = Deadline.after(PULL_SECONDS)
        question = Question(
            "POST", "/token", {"Content-Type": FORM, "Accept": JSON}, urlencode(form).encode()
        )
        answer = self.gw.peers.ask(self.base, question, deadline)
        said = _object(answer, JSON)
        if answer.status == 200:
            return self._session(said, deadline)
        cause = said.get("error")
        if cause not in _TOKEN_REFUSALS:
            raise unreachable(f"status {answer.status} without a meaning")
        self.gw.log.info("pull-refused", custodian=self.institution, cause=cause)
        return Refusal("not-granted", "The custodian gives no token.")

    def declare(self, declaration: str) -> Broken | Refusal:
        """POST <base>/glass."""
        answer = self._post("/glass", {"declaration": declaration})
        if answer.status != 201:
            return _refused(answer, MISSED)
        said = _object(answer, JSON)
        return Broken(**said) if _is_broken(said) else Refusal("disclosure-unproven", "not the answer's form")

    def about_glass(self, glass: str, ask: str, deadline: Deadline) -> dict[str, Any] | Refusal:
        """POST <base>/glass/<glass>; what the ledger refused comes as a problem of status 409."""
        answer = self._post(f"/glass/{glass}", {"ask": ask}, deadline)
        if answer.status == 200:
            said = _object(answer, JSON)
            return said if _is_state(said) else Refusal("disclosure-unproven", "not the answer's form")
        code = _code(answer)
        if answer.status == 409 and code in ENDED:
            return Refusal(code, "")
        return _refused(answer, Refusal("emergency-unknown", ""))

    def hand(self, reference: str, request: str) -> Refusal | None:
        """POST <base>/offers/<reference>; the same bytes again are the same hand, so one try more is safe."""
        path, body = f"/offers/{quote(reference, safe='')}", {"request": request}
        answer = self._post(path, body)
        if answer.status == 200 and _object(answer, JSON) == {"state": "claimed"}:
            return None
        return _refused(answer, Refusal("offer-unknown", ""))

    def _post(self, path: str, body: dict[str, str], deadline: Deadline | None = None) -> Answer:
        headers = {"Content-Type": JSON, "Accept": JSON}
        question = Question("POST", path, headers, json.dumps(body).encode())
        return self.gw.peers.ask(self.base, question, deadline or Deadline.after(ANSWER_SECONDS))

    def _session(self, said: dict[str, Any], deadline: Deadline) -> ThereSession:
        wanted = (("access_token", _BEARER), ("scope", _SCOPES), ("patient", _FHIR_ID))
        for name, form in wanted:
            if not isinstance(said.get(name), str) or not form.fullmatch(said[name]):
                raise unreachable("the token's answer has not its form")
        if str(said.get("token_type")).lower() != "bearer":
            raise unreachable("the token's answer has not its form")
        return ThereSession(self, said["access_token"], said["scope"], said["patient"], deadline)


@dataclass
class ThereSession:
    """gateway.peers.protocol.Session; counts what the whole pull has brought."""

    custodian: There
    bearer: str
    scopes: str
    patient: str
    deadline: Deadline
    taken: int = 0
    asked: int = 0

    def pages(self, resource_type: str, pairs: list[tuple[str, str]]) -> Iterator[Arrived | Refusal]:
        """POST <base>/fhir/<Type>/_search, then GET with the cursor of each page for the next."""
        form = {"Content-Type": FORM, "Accept": FHIR}
        question = Question(
            "POST", f"/fhir/{resource_type}/_search", form, urlencode(pairs).encode(), LONGEST_PAGE
        )
        cursors: set[str] = set()
        while True:
            page = self._page(resource_type, question)
            if isinstance(page, Refusal):
                yield page
                return
            entry_id, searchset = page
            yield Arrived(entry_id, searchset.records)
            cursor = searchset.cursor
            if cursor is None:
                return
            if cursor in cursors:
                yield Refusal("disclosure-unproven", "its pages go round in a circle")
                return
            cursors.add(cursor)
            address = f"/fhir/{resource_type}?{urlencode({'_cursor': cursor})}"
            question = Question("GET", address, {"Accept": FHIR}, most=LONGEST_PAGE)

    def proof(self, entry_id: str) -> dict[str, Any] | None:
        """GET <base>/disclosures/<entry id>."""
        answer = self._ask(Question("GET", f"/disclosures/{entry_id}", {"Accept": JSON}, most=4 * MIB))
        if answer.status == 200:
            return _object(answer, JSON)
        _refused(answer, Refusal("not-granted", ""))
        return None

    def _page(self, resource_type: str, question: Question) -> tuple[str, Searchset] | Refusal:
        answer = self._ask(question)
        if answer.status != 200:
            return _refused(answer, Refusal("not-granted", "Nothing is granted here."))
        entry_id = answer.headers.get("yaoshi-disclosure")
        if answer.media_type != FHIR:
            raise unreachable("the page is no FHIR JSON")
        try:
            searchset = read_searchset(answer.body.decode(), resource_type, PAGE)
        except (NotJson, UnicodeDecodeError):
            raise unreachable("the page is no JSON") from None
        except WrongBundle as wrong:
            return Refusal("disclosure-unproven", str(wrong))
        if not is_hex(entry_id, 64):
            return Refusal("disclosure-unproven", "the page names no disclosure")
        return str(entry_id), searchset

    def _ask(self, question: Question) -> Answer:
        self.asked += 1
        if self.asked > MOST_QUESTIONS or self.taken > MOST_BYTES:
            raise unreachable("it goes on longer than any pull may")
        headers = {**question.headers, "Authorization": f"Bearer {self.bearer}"}
        asked = Question(question.method, question.path, headers, question.body, question.most)
        answer = self.custodian.gw.peers.ask(self.custodian.base, asked, self.deadline)
        self.taken += len(answer.body)
        return answer


def _object(answer: Answer, media_type: str) -> dict[str, Any]:
    """The JSON object that an answer holds, read strictly; an outage when it holds none."""
    if answer.media_type != media_type:
        raise unreachable(f"status {answer.status} with another content type")
    try:
        return parse_json(answer.body, len(answer.body))
    except Malformed as malformed:
        raise unreachable(malformed.code) from None


def _refused(answer: Answer, meant: Refusal) -> Refusal:
    """The refusal meant, when the custodian says just that; whatever else it says is an outage."""
    if answer.status == 404 and _code(answer) == meant.code:
        return meant
    raise unreachable(f"status {answer.status} without a meaning")


def _code(answer: Answer) -> Any:
    """Our code in a problem (RFC 9457) or an OperationOutcome."""
    if answer.media_type == PROBLEM:
        return _object(answer, PROBLEM).get("code")
    try:
        return _object(answer, FHIR)["issue"][0]["details"]["coding"][0]["code"]
    except (KeyError, IndexError, TypeError):
        return None


def _is_broken(said: dict[str, Any]) -> bool:
    proofs = said.keys() - {"glass", "opening", "until", "patient"}
    if len(said) != 5 or proofs not in ({"receipt"}, {"entries"}):
        return False
    numbers = is_hex(said["glass"], 64) and type(said["until"]) is int
    opening, patient = said["opening"], said["patient"]
    opens = _has_texts(opening, {"salt", "details"})
    # The patient's words come to a screen, and no commitment stands behind them.
    shows = _has_texts(patient, {"name", "sex", "birth_date"}) and all(
        is_text(text, least=0) for text in patient.values()
    )
    if "entries" not in said:
        return numbers and isinstance(said["receipt"], dict) and opens and shows
    entries = said["entries"]
    signed = isinstance(entries, list) and all(isinstance(entry, str) for entry in entries)
    return numbers and signed and 1 <= len(entries) <= 2 and opens and shows


def _is_state(said: dict[str, Any]) -> bool:
    """What gateway.glass.afterwards.state_of gives."""
    objection = said.get("objection")
    words = objection is None or (
        isinstance(objection, dict)
        and objection.keys() == {"at", "text"}
        and type(objection["at"]) is int
        and isinstance(objection["text"], str)
    )
    review = said.get("review")
    opens = review is None or _has_texts(review, {"salt", "details"})
    told = type(said.get("told")) in (int, type(None))
    return said.keys() == {"told", "objection", "review"} and told and words and opens


def _has_texts(value: Any, names: set[str]) -> bool:
    if not isinstance(value, dict) or value.keys() != names:
        return False
    return all(isinstance(text, str) for text in value.values())
