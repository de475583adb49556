"""One tap ends it: the next pull is refused, the doctor's open page closes, the phone says so in a second."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.key_phone import KeyPhone
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import Town, on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both
PATIENT = "赵德明"
DAY_MS = 86_400_000
SECOND_MS = 1_000
BROWSER_ROUNDS = 4
API_ROUNDS = 20
LONGEST_S = 10

# The moment (ms) at which the open page shows no result any more, told by the page itself.
_WATCH = """() => {
  window.emptiedAt = new Promise((resolve) => {
    const look = () => {
      if (document.querySelectorAll(".series, .panel-table td").length === 0) resolve(Date.now());
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
}"""
_TAPPED = """() => addEventListener("click", () => { window.tappedAt = Date.now(); }, { capture: true })"""


@pytest.fixture(scope="module")
def phone(windows: Windows, node: Node, staff: Callable[[str, str], Staff]) -> Wallet:
    wallet = Wallet(windows.phone(), node)
    desk = staff("WT", "desk")
    wallet.link(desk, desk.find(PATIENT)["id"])
    return wallet


def test_one_tap_empties_the_doctors_open_page_within_a_second(
    console: Callable[[str, str], Console], phone: Wallet
) -> None:
    doctor = console("WX", "clinician")
    doctor.do("ask-new")
    taken = [take_back(doctor, phone) for _ in range(BROWSER_ROUNDS)]
    print("tap to empty page, ms:", sorted(taken))  # noqa: T201 - the measurement is the point
    assert max(taken) < SECOND_MS

    phone.go("who")
    phone.sees("您收回了允许")
    phone.sees(re.compile("已由这部手机核对"))
    expect(phone.page.locator(".thread .knot.look").filter(has_text="沈怀瑾")).to_have_count(BROWSER_ROUNDS)


def take_back(doctor: Console, phone: Wallet) -> int:
    """Ask, allow, see, take back; gives the ms between the tap and the doctor's page without contents."""
    doctor.compose(["laboratory"])
    reference = doctor.reference()
    phone.scan(doctor.api("GET", f"references/{reference}")["url"])
    doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    phone.press("回首页")
    phone.sees_title("现在有 1 家医院能看您的记录")
    doctor.do("see")
    expect(doctor.page.locator(".panel-table td").first).to_be_visible()
    shown = doctor.page.locator(".panel-table td.num").first.inner_text()
    assert shown

    doctor.page.evaluate(_WATCH)
    phone.page.evaluate(_TAPPED)
    phone.page.locator('[data-keep^="close-"]').click()
    emptied = doctor.page.evaluate("window.emptiedAt")
    expect(doctor.page.locator(".closed.revoked")).to_be_visible()
    tapped = phone.page.evaluate("window.tappedAt")
    phone.sees("已收回")
    phone.sees_title("现在没有人能看您的记录")

    after = doctor.api("POST", f"visits/{reference}/refresh")
    assert [(source["state"], source["items"]) for source in after["sources"]] == [("revoked", [])]
    doctor.do("ask")
    return int(emptied - tapped)


def test_take_back_is_refused_to_the_next_pull_within_a_second_however_often(
    node: Node, staff: Callable[[str, str], Staff]
) -> None:
    desk, doctor = staff("QH", "desk"), staff("WX", "clinician")
    phone = KeyPhone(node, "QH")
    phone.link_at(desk, desk.find(PATIENT)["id"])
    seen, refused = [], []
    for _ in range(API_ROUNDS):
        asked = doctor.ask(None, ["laboratory"], phone.now() + DAY_MS)
        grant, visible = pulled(phone, doctor, asked)
        seen.append(visible)
        refused.append(ended(phone, doctor, asked, grant))
    print("grant to visible, ms:", ranked(seen))  # noqa: T201
    print("revoke to refused, ms:", ranked(refused))  # noqa: T201
    # Twelve processes of four hospitals share this machine's cores, and a page is several disclosures.
    assert ranked(seen)["p99"] < SECOND_MS * (5 if isinstance(node, Town) else 1)
    assert ranked(refused)["p99"] < SECOND_MS


def pulled(phone: KeyPhone, doctor: Staff, asked: dict[str, Any]) -> tuple[str, float]:
    request = phone.fetch(asked["reference"], "WX")["request"]
    doctor.confirm(asked["reference"])
    begun = time.perf_counter()
    grant = phone.give(request, asked["reference"], "WX")
    visit = doctor.visit(asked["reference"])
    taken = (time.perf_counter() - begun) * 1000
    (source,) = visit["sources"]
    assert (source["state"], bool(source["items"])) == ("open", True)
    return grant, taken


def ended(phone: KeyPhone, doctor: Staff, asked: dict[str, Any], grant: str) -> float:
    begun = time.perf_counter()
    phone.revoke(grant)
    # Among several hospitals the doctor's own replica hears of it a moment later than the custodian.
    (source,) = doctor.visit(asked["reference"])["sources"]
    while source["state"] == "open" and time.perf_counter() - begun < LONGEST_S:
        (source,) = doctor.visit(asked["reference"])["sources"]
    taken = (time.perf_counter() - begun) * 1000
    assert (source["state"], source["items"]) == ("revoked", [])
    return taken


def ranked(times: list[float]) -> dict[str, float]:
    in_order, parts = sorted(times), {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    return {name: round(in_order[int(len(times) * part)], 1) for name, part in parts.items()}
