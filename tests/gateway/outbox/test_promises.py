"""What a custodian only promises to record is believed when it verifies, and kept by the one who reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.encoding import b64u
from ledger.entry import parse_entry
from tests.gateway.outbox.test_emergency import HOUR, stands_still
from tests.gateway.outbox.test_without_quorum import waiting
from tests.gateway.peers.story import Story
from tests.gateway.peers.test_emergencies_between_nodes import begun, declare, source
from tests.gateway.peers.town import Heard, Node


def promise(change: Any) -> Any:
    """A custodian whose answers to a declaration, or proofs of a release, are changed by `change`."""

    def lie(heard: Heard, status: int, _headers: Any, body: bytes) -> tuple[int, bytes]:
        if status >= 300 or not (heard.path.endswith("/glass") or "/disclosures/" in heard.path):
            return status, body
        said = json.loads(body)
        change(said)
        return status, json.dumps(said).encode()

    return lie


def signed_again(node: Node, use: str, text: str, **changes: Any) -> str:
    return node.gw.keys.sign(node.institution, use, "yaoshi-entry", {**parse_entry(text).payload, **changes})


def last(said: dict[str, Any], text: str) -> None:
    said["entries"][-1] = text
    said["glass"] = parse_entry(text).id


LIES = {
    "another hospital signed it": lambda a, c: lambda s: last(
        s, signed_again(c, "release", s["entries"][-1])
    ),
    "another key of the custodian's signed it": lambda a, c: lambda s: last(
        s, signed_again(a, "desk", s["entries"][-1])
    ),
    "it is of an hour ago": lambda a, c: lambda s: last(
        s, signed_again(a, "release", s["entries"][-1], at=a.gw.clock() - HOUR)
    ),
    "it lasts for less than was declared": lambda a, c: lambda s: last(
        s, signed_again(a, "release", s["entries"][-1], ttl_ms=HOUR)
    ),
    "it says that it lasts for longer than it may": lambda a, c: lambda s: s.update(until=s["until"] + 1),
    "its opening opens something else": lambda a, c: lambda s: s["opening"].update(salt=b64u(bytes(32))),
    "it is about another link than is opened": lambda a, c: lambda s: last(
        s, signed_again(a, "release", s["entries"][-1], subject="ab" * 16)
    ),
    "the opening of the link is left out": lambda a, c: lambda s: s["entries"].pop(0),
    "the opening of the link comes twice": lambda a, c: lambda s: s["entries"].insert(0, s["entries"][0]),
    "nothing waits": lambda a, c: lambda s: s.update(entries=[]),
    "what waits is no entry": lambda a, c: lambda s: s.update(entries=["x"]),
    "what waits is no text": lambda a, c: lambda s: s.update(entries=[1]),
    "there is a receipt, too": lambda a, c: lambda s: s.update(receipt={}),
    "its signature is broken": lambda a, c: lambda s: s["entries"].append(
        s["entries"].pop().rsplit(".", 1)[0] + "." + "A" * 86
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LIES)
def test_nothing_is_shown_of_a_promise_that_does_not_verify_because(case: str, among: Story) -> None:
    a, b, c = among.town.nodes
    stands_still(among)
    a.change = promise(LIES[case](a, c))
    answer = declare(among)
    assert (answer.status_code, answer.json["code"]) == (502, "disclosure-unproven")
    assert "合成测试" not in answer.text
    assert "glass.broken" not in waiting(b)


RELEASE_LIES = {
    "another key signed it": lambda a: lambda s: s.update(entry=signed_again(a, "desk", s["entry"])),
    "it is of another visit's time": lambda a: (
        lambda s: s.update(entry=signed_again(a, "release", s["entry"], at=a.gw.clock() - HOUR))
    ),
    "it is no text": lambda a: lambda s: s.update(entry=None),
    "it is about something else": lambda a: (
        lambda s: s.update(entry=signed_again(a, "release", s["entry"], under="0" * 64))
    ),
    "its opening is another": lambda a: lambda s: s["opening"].update(salt=b64u(bytes(32))),
}


@pytest.mark.parametrize("case", RELEASE_LIES)
def test_nothing_is_shown_of_a_release_that_does_not_verify_because(case: str, among: Story) -> None:
    a, b, _ = among.town.nodes
    stands_still(among)
    made = begun(among)
    a.change = promise(lambda said: RELEASE_LIES[case](a)(said) if "entry" in said else None)
    seen = source(among, made["emergency"])
    assert (seen["state"], seen["items"]) == ("refused", [])
    assert "disclosure.made" not in waiting(b)
