"""No institution learns of another that a patient visits unless a grant tells it."""

from __future__ import annotations

import base64
import binascii
import re

from tests.gateway.peers.story import Story
from tests.gateway.peers.town import WALLET, Heard, Node, Town


def words_of(heard: Heard) -> str:
    """All that one request says: address, headers, body, and what is packed in base64url within."""
    text = f"{heard.path}?{heard.query} {heard.headers} {heard.body.decode('utf-8', 'replace')}"
    packed = re.findall(r"[A-Za-z0-9_\-]{24,}", text)
    return text + " ".join(unpacked(each) for each in packed)


def unpacked(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def told(node: Node, of: Node) -> bool:
    """Whether anything that came to a node names the other institution."""
    return any(of.institution in words_of(each) for each in node.heard)


def test_only_a_grant_tells_one_institution_of_another(among: Story) -> None:
    a, b, c = among.town.nodes
    at_a, at_c = among.linked(a), among.linked(c)
    assert at_c.timeline()
    assert not any(told(one, other) for one in (a, b, c) for other in (a, b, c) if one is not other)

    reference, _ = among.granted(at_a)
    among.seen(reference)
    at_a.timeline()

    assert told(a, b)  # the grant names the grantee
    assert told(b, a)  # and the phone tells the grantee where it lies
    assert not told(c, a)
    assert not told(c, b)
    assert not told(a, c)
    assert not told(b, c)
    assert not any(at_c.link in words_of(each) for node in (a, b) for each in node.heard)
    assert not any(at_a.link in words_of(each) for each in c.heard)


def test_between_nodes_no_address_names_a_patient_and_nothing_but_the_pull_is_asked(among: Story) -> None:
    a, b = among.town.a, among.town.b
    reference, _ = among.granted(among.linked(a))
    a.heard.clear()
    b.heard.clear()
    among.seen(reference)

    [patient] = {
        row.split("=")[1]
        for each in a.heard
        for row in each.body.decode().split("&")
        if row.startswith(("patient=", "_id="))
    }
    assert all(patient not in f"{each.path}?{each.query}" for each in a.heard)
    assert {each.path.removeprefix(f"/i/{a.institution}/").split("/")[0] for each in a.heard} == {
        "token",
        "fhir",
        "disclosures",
    }
    assert [each.path for each in b.heard] == [f"/console/api/visits/{reference}"]


def test_the_one_wallet_speaks_to_every_custodian_itself(town: Town) -> None:
    """A wallet's files may reach all institutions; an institution lets in the genesis' wallet alone."""
    origins = {node.gw.settings.console_origin for node in town.nodes}
    for node in town.nodes:
        page = node.client().get("/", base_url=node.gw.settings.wallet_origin)
        policy = page.headers["Content-Security-Policy"]
        page.close()
        [sources] = re.findall(r"connect-src ([^;]*);", policy)
        assert set(sources.split()) == {"'self'", *origins}
        for origin in (WALLET, node.gw.settings.wallet_origin, "https://elsewhere.example"):
            asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            answer = node.client().options(f"/i/{node.institution}/wallet/nonce", headers=asked)
            allowed = answer.headers.get("Access-Control-Allow-Origin")
            assert allowed == (WALLET if origin == WALLET else None)
            assert "Access-Control-Allow-Credentials" not in answer.headers
