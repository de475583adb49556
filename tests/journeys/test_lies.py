"""A server lies to a phone about its timeline: each lie is shouted in its own words, with no shield."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.lies import LIES, Proxy, Served, withhold_the_newest_opening
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both
PATIENT = "吴思远"


@pytest.fixture(scope="module")
def watched(windows: Windows, node: Node, staff: Callable[[str, str], Staff]) -> tuple[Wallet, Proxy]:
    """A phone at the examination centre, behind a proxy, with some looks on its timeline."""
    phone = Wallet(windows.phone(service_workers="block"), node)
    proxy, desk, doctor = Proxy(phone), staff("QH", "desk"), staff("QH", "clinician")
    patient = desk.find(PATIENT)["id"]
    phone.link(desk, patient)
    for _ in range(3):
        doctor.open(patient)
    return phone, proxy


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
    watched: tuple[Wallet, Proxy],
) -> None:
    phone, proxy = watched
    proxy.lie = withhold_the_newest_opening
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
