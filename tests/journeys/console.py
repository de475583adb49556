"""Staff at a desktop window: what a hand does in the console and what eyes see there."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.journeys.node import Node


class Console:
    """The console in a desktop window."""

    def __init__(self, page: Any, node: Node) -> None:
        self.page, self.node = page, node
        self.password = ""

    def open(self, code: str) -> None:
        self.page.goto(f"{self.node.console_of(code)}/console/")
        expect(self.page.locator("[data-institution], #user").first).to_be_visible()

    def choose(self, code: str) -> None:
        """Chooses the institution; a console with only one shows its sign-in at once."""
        institution = self.node.institution(code)["id"]
        if self.page.locator("[data-institution]").count():
            self.page.locator(f'[data-institution="{institution}"]').click()

    def enter(self, code: str, role: str) -> None:
        account = self.node.account(code, role)
        self.password = account["password"]
        self.page.locator("#user").fill(account["user"])
        self.page.locator("#password").fill(account["password"])
        self.do("go")
        expect(self.page.locator("console-find, console-audit, console-node, console-review")).to_be_visible()

    def sign_in(self, code: str, role: str) -> None:
        self.open(code)
        self.choose(code)
        self.enter(code, role)

    def do(self, keep: str) -> None:
        """Presses the control that the program calls so."""
        self.page.locator(f'[data-keep="{keep}"]').click()

    def find(self, text: str) -> None:
        """Looks for a patient and opens the one that is found."""
        self.page.locator("#find-text").fill(text)
        self.do("find-go")
        self.page.locator("a[data-patient]").click()

    def sees(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(words).first).to_be_visible()

    def never_shows(self, words: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(words)).to_have_count(0)

    def digits(self) -> str:
        tiles = self.page.locator(".digits .digit")
        expect(tiles).to_have_count(3)
        expect(tiles.first).not_to_be_empty()
        return "".join(tiles.all_inner_texts())

    def text(self) -> str:
        return str(self.page.inner_text("body"))

    def api(self, method: str, path: str) -> Any:
        """Asks the console's API with this window's own session."""
        return self.page.evaluate(
            "async ([method, path]) => (await fetch(`/console/api/${path}`, { method })).json()",
            [method, path],
        )

    def sees_code(self) -> None:
        """The QR picture is drawn."""
        picture = self.page.locator(".qr img")
        expect(picture).to_be_visible()
        expect(picture).to_have_js_property("complete", True)

    # The desk

    def check_identity(self) -> None:
        for check in ("document", "match", "present"):
            self.page.locator(f'input[name="check-{check}"]').check()

    # The doctor

    def compose(
        self, kinds: list[str], span: str = "two-years", until: str = "days", reason: str = "糖尿病复诊"
    ) -> None:
        self.fill(kinds, span, until, reason)
        self.do("send")
        self.sees_code()

    def fill(
        self, kinds: list[str], span: str = "two-years", until: str = "days", reason: str = "糖尿病复诊"
    ) -> None:
        """What is asked for, before it is sent."""
        self.do("purpose-TREAT")
        self.page.locator("#reason").fill(reason)
        for kind in kinds:
            self.do(f"kinds-{kind}")
        self.do(f"span-{span}")
        self.do(f"until-{until}")

    def declare(self, code: str, number: str, birth_date: str, reason: str, hours: int = 4) -> None:
        """Fills in the declaration of an emergency to an institution; the press is the caller's."""
        self.page.locator("#custodian").select_option(self.node.institution(code)["id"])
        self.page.locator("#identifier").fill(number)
        self.page.locator("#birth").fill(birth_date)
        self.do(f"reason-{reason}")
        self.do(f"ttl-{hours}")

    def reference(self) -> str:
        """The reference that the address names."""
        return str(self.page.url.rsplit("/", 1)[1])
