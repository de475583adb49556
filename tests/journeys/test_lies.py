"""A server that lies to a phone about its timeline: each lie is shouted in its own words, and no shield is shown."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT = "吴思远"
Served = dict[str, Any]


def drop_one(served: Served, _: Served) -> None:
    del served["records"][1]


def keep_back_the_newest(served: Served, _: Served) -> None:
    del served["records"][-1]


def change_the_order(served: Served, _: Served) -> None:
    served["records"][1:3] = served["records"][2:0:-1]


def alter_a_byte(served: Served, _: Served) -> None:
    record = bytearray(_unb64u(served["records"][1]["record"]))
    record[-20] ^= 1
    served["records"][1]["record"] = _b64u(bytes(record))


def put_in_an_earlier_one_again(served: Served, _: Served) -> None:
    served["records"].append(served["records"][1])


def change_the_checkpoints_signature(served: Served, _: Served) -> None:
    head, line = served["checkpoint"].rstrip("\n").rsplit(" ", 1)
    raw = bytearray(base64.b64decode(line))
    raw[-1] ^= 1
    served["checkpoint"] = f"{head} {base64.b64encode(raw).decode()}\n"


def change_the_checkpoints_size(served: Served, _: Served) -> None:
    lines = served["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    served["checkpoint"] = "\n".join(lines)


def serve_an_older_state(served: Served, older: Served) -> None:
    served.clear()
    served.update(copy.deepcopy(older))


def break_a_proof_of_place(served: Served, _: Served) -> None:
    served["head"]["proof"] = served["head"]["proof"][1:]


LIES: dict[str, tuple[Callable[[Served, Served], None], str]] = {
    "an entry is left out": (drop_one, "记录断了一截"),
    "the newest entry is kept back": (keep_back_the_newest, "最新的记录没有交出"),
    "two entries have changed places": (change_the_order, "记录的次序被动过"),
    "an entry is shown twice": (put_in_an_earlier_one_again, "记录的次序被动过"),
    "one byte of an entry is another": (alter_a_byte, "有记录被改动了"),
    "the log is the one of yesterday": (serve_an_older_state, "以前的记录被改写了"),
    "the checkpoint's signature is another": (change_the_checkpoints_signature, "有一处签名对不上"),
    "the checkpoint names another size": (change_the_checkpoints_size, "有一处签名对不上"),
    "the head has no proof": (break_a_proof_of_place, "医院拿不出证明"),
}


class Proxy:
    """Stands between one phone and its institution, and lies when it is told to."""

    def __init__(self, phone: Wallet) -> None:
        self.lie: Callable[[Served, Served], None] | None = None
        self.older: Served | None = None
        phone.page.route("**/wallet/timeline", self._answer)

    def _answer(self, route: Any) -> None:
        answer = route.fetch()
        served = answer.json()
        if answer.ok:
            self.older = self.older or copy.deepcopy(served)
            if self.lie is not None:
                self.lie(served, self.older)
        route.fulfill(response=answer, body=json.dumps(served))


@pytest.fixture(scope="module")
def watched(
    windows: Windows, node: Node, staff: Callable[[str, str], Staff]
) -> Iterator[tuple[Wallet, Proxy]]:
    """A phone at the examination centre, behind a proxy, with some looks on its timeline."""
    phone = Wallet(windows.phone(service_workers="block"), node)
    proxy, desk, doctor = Proxy(phone), staff("QH", "desk"), staff("QH", "clinician")
    patient = desk.find(PATIENT)["id"]
    phone.link(desk, patient)
    for _ in range(3):
        doctor.open(patient)
    yield phone, proxy


@pytest.mark.parametrize(("lie", "words"), list(LIES.values()), ids=list(LIES))
def test_the_phone_shouts_when(
    lie: Callable[[Served, Served], None], words: str, watched: tuple[Wallet, Proxy]
) -> None:
    phone, proxy = watched
    proxy.lie = None
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))

    proxy.lie = lie
    phone.open()
    phone.sees_title(words)
    expect(phone.page.locator(".alarm-mark")).to_be_visible()
    phone.sees("告诉医院隐私负责人")
    expect(phone.page.locator(".shield")).to_have_count(0)
    phone.press("谁看过")
    phone.sees("有一处没有核对通过，看下面。")
    expect(phone.page.locator(".alarm").filter(has_text=words)).to_be_visible()
    expect(phone.page.locator(".shield").filter(has_text="已由这部手机核对")).to_have_count(0)

    # A lie that ends leaves what the phone keeps as it was: the truth is checked against it again.
    proxy.lie = None
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))
    expect(phone.page.locator(".alarm")).to_have_count(0)


def test_a_look_whose_details_are_kept_back_is_shown_as_a_look_and_never_as_proved(
    watched: tuple[Wallet, Proxy], staff: Callable[[str, str], Staff]
) -> None:
    phone, proxy = watched

    def withhold(served: Served, _: Served) -> None:
        newest = next(
            name for name in reversed(commitments(served["records"])) if name in served["openings"]
        )
        del served["openings"][newest]

    proxy.lie = withhold
    phone.open()
    phone.sees("有 1 次查看，没有交出内容")
    phone.go("who")
    phone.sees("有人看过，内容没有交出")
    withheld = phone.page.locator(".thread .knot.withheld")
    expect(withheld).to_have_count(1)
    expect(withheld.locator(".shield")).to_have_count(0)
    phone.press("怎么办")
    phone.sees(re.compile("却没有交出是谁、看了什么，也没有说明已按规定删除"))
    with phone.page.expect_download() as kept:
        phone.press("保存证据到手机")
    evidence = json.loads(kept.value.path().read_text())
    assert evidence["alarm"] == "withheld"
    assert evidence["ledger"] == phone.node.demo["ledger"]
    proxy.lie = None


def commitments(records: list[dict[str, str]]) -> list[str]:
    """Commitments of served records, oldest first."""
    found = []
    for each in records:
        entry = _unb64u(each["record"]).rsplit(b".", 2)[-2]
        payload = json.loads(_unb64u(entry.decode()))
        found.append(payload.get("commitment", ""))
    return found


def _b64u(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64u(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
