"""A person's phone: what a thumb does in the wallet and what eyes see there."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.journeys.node import Node
from tests.journeys.staff import Staff

# The height of the block that the phone keeps as trusted.
TRUSTED = """() => new Promise((resolve) => {
  const opening = indexedDB.open("yaoshi-wallet");
  opening.onsuccess = () => {
    const asked = opening.result.transaction("facts").objectStore("facts").get("trusted");
    asked.onsuccess = () => {
      opening.result.close();
      resolve(asked.result?.value.height ?? 0);
    };
  };
})"""


class Wallet:
    """The wallet in a phone-sized window."""

    def __init__(self, page: Any, node: Node) -> None:
        self.page, self.node = page, node

    def open(self) -> None:
        self.page.goto(f"{self.node.wallet}/")

    def scan(self, address: str) -> None:
        """What the phone's own camera does with a code: it opens the address."""
        self.page.goto(address)

    def type_code(self, code: str) -> None:
        self.open()
        self.press("输入代码")
        self.page.get_by_label("二维码下面的 10 个字符").fill(code)
        self.press("继续")

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def say_same(self) -> None:
        """Says that the digits are the same; back once the institution has the phone's proof."""
        with self.page.expect_response(re.compile("/proof$")):
            self.press("数字一样")
        self.sees("等工作人员确认…")

    def tap(self, keep: str) -> None:
        """Taps the control that the program calls so."""
        self.page.locator(f'[data-keep="{keep}"]').click()

    def go(self, tab: str) -> None:
        """One of the four places at the bottom: home, results, who, settings."""
        self.tap(f"tab-{tab}")
        expect(self.page.locator(f"y-{tab}, y-elder").first).to_be_visible()

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def sees_title(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.locator("h1")).to_have_text(words)

    def never_shows(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(words)).to_have_count(0)

    def digits(self) -> str:
        tiles = self.page.locator(".digits .digit")
        expect(tiles).to_have_count(3)
        return "".join(tiles.all_inner_texts())

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    # What a journey needs but does not look at

    def link(self, desk: Staff, patient: str, rekey: bool = False) -> dict[str, Any]:
        """Connects this phone at a desk; gives the reference as confirmed."""
        invited = desk.invite(patient, rekey)
        self.scan(invited["url"])
        self.say_same()
        confirmed = desk.confirm(invited["reference"])
        self.sees("连好了")
        self.press("回首页")
        return confirmed

    def allow(self, doctor: Staff, ask: dict[str, Any]) -> None:
        """Allows what a doctor asks, as asked; the doctor confirms the digits."""
        self.scan(ask["url"])
        self.press("数字一样，允许查看")
        self.accepted_by(doctor, ask)

    def accepted_by(self, doctor: Staff, ask: dict[str, Any]) -> None:
        """The doctor compares the digits; the phone says so, and its owner goes home."""
        self.sees("等医生核对这三个数字…")
        doctor.confirm(ask["reference"])
        self.sees("医生已经核对，可以看了。")
        self.press("回首页")

    def believes_a_block(self) -> bool:
        """Whether, within a minute, this phone trusts a block that the hospitals' validators signed."""
        for _ in range(300):
            if self.page.evaluate(TRUSTED) > 0:
                return True
            self.page.wait_for_timeout(200)
        return False

    def looks(self) -> list[str]:
        """The lines about somebody's look, as the timeline shows them now."""
        return [str(text) for text in self.page.locator(".thread .knot.look .thread-entry").all_inner_texts()]
