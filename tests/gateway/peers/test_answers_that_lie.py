"""What a custodian's node may send, changed in each part: nothing of it is shown, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gateway.identity.roles import Staff
from gateway.peers.pull import Pulled, pull_grant
from ledger.encoding import b64u, unb64u
from ledger.errors import Refusal, Unavailable
from tests.gateway.peers.story import Story, bring_records
from tests.gateway.peers.town import Heard, open_town

Headers = list[tuple[str, str]]
Change = Callable[[Heard, int, Headers, bytes], tuple[int, bytes]]


@pytest.fixture(scope="module")
def pulls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Change | None], Any]]:
    """A pull by the doctor at B of what A was allowed to give, with A's answers changed."""
    folder = tmp_path_factory.mktemp("town")
    with open_town(folder) as town:
        bring_records(town.a, folder, laboratory=205)
        among = Story(town, town.b.staff("clinician"))
        _, [offer] = among.granted(among.linked(town.a))
        staff = Staff(
            id=among.doctor.staff_id,
            institution=town.b.institution,
            user="d",
            name="测试员（合成）",
            role="clinician",
            department="内科",
            role_code="clinician",
            fresh=True,
        )

        def pull(change: Change | None) -> Any:
            town.a.change = change
            return pull_grant(
                town.b.gw,
                grantee=town.b.institution,
                custodian=town.a.institution,
                grant=offer["grant"],
                staff=staff,
                purpose="TREAT",
            )

        yield pull


def changed(part: str, edit: Callable[[Any], Any]) -> Change:
    """Edit the JSON of answers whose address holds this part."""

    def change(heard: Heard, status: int, _headers: Headers, body: bytes) -> tuple[int, bytes]:
        if part not in heard.path or status >= 300:
            return status, body
        value = json.loads(body)
        return status, json.dumps(edit(value) or value, ensure_ascii=False).encode()

    return change


def bytes_of(part: str, edit: Callable[[bytes], bytes], status: int = 0) -> Change:
    return lambda heard, was, _headers, body: (
        (status or was, edit(body)) if part in heard.path else (was, body)
    )


def headed(name: str, value: str | None) -> Change:
    """Change or leave out one header of FHIR answers."""

    def change(heard: Heard, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        if "/fhir/" in heard.path:
            headers[:] = [one for one in headers if one[0].lower() != name.lower()]
            if value is not None:
                headers.append((name, value))
        return status, body

    return change


def entry(edit: Callable[[list[Any]], Any]) -> Change:
    return changed("Observation/_search", lambda bundle: edit(bundle["entry"]) and None)


def proof(edit: Callable[[dict[str, Any]], Any]) -> Change:
    return changed("/disclosures/", lambda given: edit(given) and None)


def flip(holder: dict[str, Any], name: str) -> None:
    data = bytearray(unb64u(holder[name]))
    data[-1] ^= 1
    holder[name] = b64u(bytes(data))


def first_again() -> Change:
    """The proof of the first disclosure for all of them."""
    kept: list[bytes] = []

    def change(heard: Heard, status: int, _headers: Headers, body: bytes) -> tuple[int, bytes]:
        if "/disclosures/" in heard.path:
            kept.append(body)
            return status, kept[0]
        return status, body

    return change


def next_link(edit: Callable[[str], str]) -> Change:
    # Only what stands outside the resources is changed, so that their texts stay as they were.
    def change(heard: Heard, status: int, _headers: Headers, body: bytes) -> tuple[int, bytes]:
        if "/fhir/Observation" not in heard.path:
            return status, body
        bundle = json.loads(body)
        was = next((one["url"] for one in bundle["link"] if one["relation"] == "next"), None)
        return status, body if was is None else body.replace(was.encode(), edit(was).encode())

    return change


UNPROVEN: dict[str, Change] = {
    "a value was changed": bytes_of("Observation/_search", lambda body: body.replace(b"4.0", b"4.1")),
    "a blank was added to a record": bytes_of(
        "Observation/_search", lambda body: body.replace(b'"resource":{', b'"resource":{ ', 1)
    ),
    "a record was kept back": entry(lambda entries: [entries.pop()]),
    "a record was added": entry(
        lambda entries: [entries.append({"resource": {"resourceType": "Observation", "id": "more"}})]
    ),
    "a record stands twice": entry(lambda entries: [entries.append(entries[0])]),
    "a record has another name": entry(lambda entries: [entries[0]["resource"].update(id="x")]),
    "a record has no name": entry(lambda entries: [entries[0]["resource"].pop("id")]),
    "a record's name is no id": entry(lambda entries: [entries[0]["resource"].update(id="../x")]),
    "a record is of another type": entry(
        lambda entries: [entries[0]["resource"].update(resourceType="Condition")]
    ),
    "an entry is a number": entry(lambda entries: [entries.pop(), entries.append(1)]),
    "an entry holds nothing": entry(lambda entries: [entries.pop(), entries.append({})]),
    "more came than was asked for": entry(lambda entries: [entries.extend([{}] * 200)]),
    "the Bundle is of another kind": changed("_search", lambda bundle: bundle.update(type="history")),
    "it is no Bundle": changed("_search", lambda _bundle: {"resourceType": "Patient", "id": "x"}),
    "it is a list": changed("_search", lambda bundle: [bundle]),
    "its links are no list": changed("_search", lambda bundle: bundle.update(link="x")),
    "the next link has no cursor": next_link(lambda url: url.replace("_cursor", "_other")),
    "the next link has two cursors": next_link(lambda url: f"{url}&_cursor=a"),
    "the patient is another": changed(
        "Patient/_search", lambda bundle: bundle["entry"][0]["resource"].update(id="other")
    ),
    "the disclosure named is unknown": headed("Yaoshi-Disclosure", "0" * 64),
    "the disclosure named is no id": headed("Yaoshi-Disclosure", "x"),
    "no disclosure is named": headed("Yaoshi-Disclosure", None),
    "the proof is another disclosure's": first_again(),
    "the salt was changed": proof(lambda given: flip(given["opening"], "salt")),
    "the details were changed": proof(
        lambda given: given["opening"].update(details=given["opening"]["details"].replace("TREAT", "ETREAT"))
    ),
    "the details name another query": proof(
        lambda given: given["opening"].update(
            details=given["opening"]["details"].replace("_count=200", "_count=1")
        )
    ),
    "the opening is missing": changed("/disclosures/", lambda given: {"receipt": given["receipt"]}),
    "the record was changed": proof(lambda given: flip(given["receipt"], "record")),
    "the heads were changed": proof(lambda given: flip(given["receipt"], "heads")),
    "the checkpoint was changed": proof(
        lambda given: given["receipt"].update(
            checkpoint=given["receipt"]["checkpoint"].replace("\n", "\n1", 1)
        )
    ),
    "the receipt is a text": changed("/disclosures/", lambda given: {**given, "receipt": "x"}),
    "the receipt is missing": changed("/disclosures/", lambda given: {"opening": given["opening"]}),
}


@pytest.mark.parametrize("case", UNPROVEN)
def test_nothing_is_shown_when(case: str, pulls: Callable[[Change | None], Any]) -> None:
    answer = pulls(UNPROVEN[case])
    assert isinstance(answer, Refusal)
    assert answer.code == "disclosure-unproven"


DEEP = b'{"resourceType":"Bundle","type":"searchset","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
OUTAGES: dict[str, Change] = {
    "the token is a page": bytes_of("/token", lambda _body: b"<html>", 200),
    "the token is no JSON": bytes_of("/token", lambda body: body[:-1]),
    "the token names no patient": changed("/token", lambda said: said.pop("patient") and None),
    "the token's patient is an address": changed("/token", lambda said: said.update(patient="../../x?y=1")),
    "the token would break a header": changed("/token", lambda said: said.update(access_token="a\r\nX: y")),
    "the token is a number": changed("/token", lambda said: said.update(access_token=1)),
    "the token is refused without a meaning": bytes_of("/token", lambda _body: b'{"error":"later"}', 400),
    "the token is refused by a page": bytes_of("/token", lambda _body: b"", 404),
    "the page is cut off": bytes_of("_search", lambda body: body[: len(body) // 2]),
    "the page is not UTF-8": bytes_of("_search", lambda body: body.replace(b"Bundle", b"\xff\xfe")),
    "the page names a member twice": bytes_of(
        "_search", lambda body: body.replace(b'"type":"searchset"', b'"type":"searchset","type":"searchset"')
    ),
    "the page is nested without end": bytes_of("_search", lambda _body: DEEP),
    "the page is of another content type": headed("Content-Type", "text/html"),
    "the page is packed": headed("Content-Encoding", "gzip"),
    "the page is refused without a meaning": bytes_of("_search", lambda _body: b"{}", 404),
    "the page leads elsewhere": bytes_of("_search", lambda body: body, 302),
    "the proof is an outage": bytes_of("/disclosures/", lambda _body: b"{}", 503),
    "the proof is no JSON": bytes_of("/disclosures/", lambda body: body[:-1]),
    "the proof is nested without end": bytes_of("/disclosures/", lambda _body: DEEP),
    "the proof is denied without a meaning": bytes_of("/disclosures/", lambda _body: b"", 404),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_it_is_an_outage_and_no_refusal_when(case: str, pulls: Callable[[Change | None], Any]) -> None:
    with pytest.raises(Unavailable) as outage:
        pulls(OUTAGES[case])
    assert outage.value.code == "custodian-unreachable"


HARMLESS: dict[str, Change] = {
    "the next link points to another host": next_link(
        lambda url: f"https://elsewhere.example/fhir/Patient?{url.partition('?')[2]}"
    ),
    "the custodian says more than it must": changed("/token", lambda said: said.update(more="x")),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_it_makes_no_difference_that(case: str, pulls: Callable[[Change | None], Any]) -> None:
    pulled = pulls(HARMLESS[case])
    assert isinstance(pulled, Pulled)
    assert len(pulled.items) == 205


def test_pages_that_go_round_in_a_circle_end(pulls: Callable[[Change | None], Any]) -> None:
    kept: list[bytes] = []

    def circle(heard: Heard, status: int, headers: Headers, body: bytes) -> tuple[int, bytes]:
        """The second page is the first again, as often as it is asked for."""
        if "/fhir/Observation" in heard.path:
            kept.append(body)
            return 200, kept[0]
        return status, body

    answer = pulls(circle)
    assert isinstance(answer, Refusal)
    assert answer.code == "disclosure-unproven"
