"""The doctor's way and the patient's answer with the keyboard alone: no pointer touches either window.

Whatever is pressed, the keyboard is never lost to the page's body, and where it is can be seen (WCAG 2.1.1,
2.4.3, 2.4.7). Tab goes forward, as a hand would; Enter and Space press; arrows choose among tabs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node, free_port, start_node, stop_node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT = "赵德明"
# Nothing on these pages is further from the start than so many steps.
FAR = 120
_HERE = """() => {
  const { activeElement: here } = document;
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(here);
  return {
    tag: here.tagName, keep: here.dataset.keep ?? null, id: here.id,
    institution: here.dataset.institution ?? null, patient: here.dataset.patient ?? null,
    group: here.dataset.group ?? null,
    seen: (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none",
  };
}"""


class Hand:
    """A hand on a keyboard: it steps to a control and presses a key there."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def here(self) -> dict[str, Any]:
        return dict(self.page.evaluate(_HERE))

    def reach(self, **wanted: str) -> None:
        """Steps with Tab until the control of that name has the focus; it is seen at every stop."""
        for _ in range(FAR):
            here = self.here()
            if all(here[name] == value for name, value in wanted.items()):
                return
            self.page.keyboard.press("Tab")
            stop = self.here()
            assert stop["tag"] == "BODY" or stop["seen"], f"where the keyboard is cannot be seen: {stop}"
        raise AssertionError(f"{wanted} is not reached with Tab from {here}")

    def press(self, key: str = "Enter", **wanted: str) -> None:
        self.reach(**wanted)
        self.page.keyboard.press(key)

    def write(self, text: str, **wanted: str) -> None:
        self.reach(**wanted)
        self.page.keyboard.type(text)

    def holds(self) -> None:
        """The keyboard is somewhere on the page, not lost to its body."""
        expect(self.page.locator("body")).not_to_be_focused()


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    running = start_node(tmp_path_factory.mktemp("keyboard"), free_port())
    yield running
    stop_node(running)


@pytest.fixture(scope="module")
def phone(own_node: Node, windows: Windows) -> Wallet:
    wallet = Wallet(windows.phone(), own_node)
    for code in ("WT", "QH"):
        desk = Staff(own_node, code, "desk")
        wallet.link(desk, desk.find(PATIENT)["id"])
    return wallet


@pytest.fixture(scope="module")
def doctor(own_node: Node, windows: Windows) -> Console:
    console = Console(windows.desktop(), own_node)
    console.open("WX")
    return console


def test_the_first_stop_skips_to_the_page(doctor: Console) -> None:
    hand = Hand(doctor.page)
    hand.press(keep="skip")
    assert hand.here()["tag"] == "MAIN"


def test_a_doctor_signs_in_and_finds_a_patient(doctor: Console, own_node: Node) -> None:
    hand = Hand(doctor.page)
    account = own_node.account("WX", "clinician")
    hand.press(institution=account["institution"])
    expect(doctor.page.locator("#user")).to_be_focused()
    hand.write(account["user"], id="user")
    hand.write(account["password"], id="password")
    doctor.page.keyboard.press("Enter")
    expect(doctor.page.locator("#find-text")).to_be_focused()
    hand.write(PATIENT, id="find-text")
    doctor.page.keyboard.press("Enter")
    found = doctor.page.locator("a[data-patient]")
    expect(found).to_be_visible()
    hand.press(patient=str(found.get_attribute("data-patient")))
    expect(doctor.page.locator(".series").first).to_be_visible()
    hand.holds()


def test_a_doctor_asks_and_a_patient_allows(doctor: Console, phone: Wallet) -> None:
    hand, thumb = Hand(doctor.page), Hand(phone.page)
    hand.press(keep="ask")
    hand.press(keep="purpose-TREAT")
    hand.write("糖尿病复诊", id="reason")
    for choice in ("kinds-laboratory", "span-two-years", "until-days"):
        hand.press("Space", keep=choice)
        assert hand.here()["keep"] == choice, "a choice keeps the keyboard"
    hand.press(keep="send")
    doctor.sees_code()
    hand.holds()
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    assert phone.digits() == doctor.digits()
    hand.press(keep="confirm")
    thumb.press(keep="change-what")
    expect(phone.page.locator("y-choose .check-row").first).to_be_visible()
    thumb.holds()
    phone.page.go_back()
    phone.digits()
    thumb.holds()
    thumb.press(keep="allow")
    phone.sees("医生已经核对，可以看了。")
    thumb.holds()
    expect(doctor.page.locator('[data-keep="see"]')).to_be_visible()
    hand.holds()


def test_a_doctor_looks_orders_and_uses(doctor: Console) -> None:
    hand = Hand(doctor.page)
    hand.press(keep="see")
    expect(doctor.page.locator(".source").first).to_be_visible()
    hand.holds()
    hand.reach(keep="tab-results")
    doctor.page.keyboard.press("ArrowRight")
    expect(doctor.page.locator('[data-keep="tab-medication"]')).to_be_focused()
    doctor.page.keyboard.press("ArrowLeft")
    expect(doctor.page.locator('[data-keep="tab-results"]')).to_be_focused()
    doctor.page.keyboard.press("ArrowLeft")
    expect(doctor.page.locator(".order-picker input")).to_be_visible()
    hand.holds()
    hand.press(group="hba1c")
    expect(doctor.page.locator('[data-keep="use"]')).to_be_visible()
    hand.holds()
    hand.press(keep="use")
    expect(doctor.page.locator('[data-keep="undo"]')).to_be_visible()
    hand.holds()
    doctor.sees("已用这个结果，没有重做")


def test_the_language_changes_under_the_hand(doctor: Console) -> None:
    hand = Hand(doctor.page)
    for words in ("Laboratory order", "检验申请"):
        hand.press(keep="language")
        expect(doctor.page.locator("h1", has_text=words)).to_be_visible()
        assert hand.here()["keep"] == "language"


def test_letters_and_escape_move_among_the_results(doctor: Console) -> None:
    hand = Hand(doctor.page)
    hand.reach(keep="tab-order")
    doctor.page.keyboard.press("ArrowRight")
    expect(doctor.page.locator(".series").first).to_be_visible()
    hand.holds()
    doctor.page.keyboard.press("/")
    expect(doctor.page.locator(".find input")).to_be_focused()
    doctor.page.keyboard.type("糖化")
    expect(doctor.page.locator(".series")).to_have_count(1)
    doctor.page.keyboard.press("Escape")
    expect(doctor.page.locator(".series.on")).to_be_focused()
    doctor.page.keyboard.press("ArrowDown")
    hand.holds()
    expect(doctor.page.locator(".series.on")).to_be_focused()


def test_what_has_no_name_of_its_own_keeps_the_keyboard_when_the_page_is_drawn_anew(doctor: Console) -> None:
    hand = Hand(doctor.page)
    table = doctor.page.locator('[tabindex="0"][role="region"]').first
    table.focus()
    before = table.element_handle()
    doctor.page.evaluate("document.querySelector('console-patient, console-visit').draw()")
    assert not before.is_visible(), "it was drawn anew"
    expect(table).to_be_focused()
    hand.holds()


def test_a_patient_takes_back_with_the_keyboard(doctor: Console, phone: Wallet) -> None:
    thumb = Hand(phone.page)
    phone.open()
    expect(phone.page.locator(".card.door")).to_be_visible()
    name = str(phone.page.locator('[data-keep^="close-"]').first.get_attribute("data-keep"))
    thumb.press(keep=name)
    phone.sees("已收回")
    thumb.holds()
    expect(phone.page.locator(".card.door button")).to_have_count(0)
    thumb.holds()
    thumb.press(keep="tab-who")
    expect(phone.page.locator("y-who")).to_be_visible()
    thumb.holds()
