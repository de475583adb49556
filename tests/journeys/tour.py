"""Walks through every screen of wallet and console once, in one language, and shows each to whoever asks.

Presses what the program itself calls by name, never words, so that the same walk serves every language. Here:
how a phone is connected, a question asked, answered and used. What happens afterwards: tour_later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests.journeys import tour_later
from tests.journeys.console import Console
from tests.journeys.lies import Proxy
from tests.journeys.node import Node
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

See = Callable[[str, Any], None]
FOOT = ".foot .button"


@dataclass(frozen=True)
class Tour:
    """Who walks where: a person with charts at two custodians, and the institution whose doctor asks.

    orders: groups of tests to order; what is offered for the first is used, for the second it is repeated.
    """

    node: Node
    windows: Windows
    locale: str
    reason: str
    patient: str
    custodians: tuple[str, str]
    asker: str
    see: See
    scale: int = 1
    orders: tuple[str, str] = ("hba1c", "lipids")

    def walk(self) -> None:
        page = self.windows.phone(self.locale, self.scale, service_workers="block")
        phone = Wallet(page, self.node)
        proxy = Proxy(phone)
        self._connect(phone)
        self._offer(phone)
        self._order(self._ask(phone))
        tour_later.look_back(self, phone)
        tour_later.emergency(self, phone)
        tour_later.lie(self, phone, proxy)
        tour_later.check(self)

    def console(self, code: str, role: str) -> Console:
        console = Console(self.windows.desktop(self.locale), self.node)
        console.open(code)
        self.see("console-institutions", console.page)
        console.choose(code)
        self.see("console-sign-in", console.page)
        console.enter(code, role)
        return console

    def _connect(self, phone: Wallet) -> None:
        phone.open()
        expect(phone.page.locator("y-start")).to_be_visible()
        self.see("wallet-start", phone.page)
        phone.page.locator("y-start .foot .button.primary").click()
        expect(phone.page.locator("y-scan .foot .button").first).to_be_visible()
        self.see("wallet-scan-first", phone.page)
        phone.open()
        phone.page.locator(f"{FOOT}.text").click()
        expect(phone.page.locator("#code")).to_be_visible()
        self.see("wallet-code", phone.page)
        for code in self.custodians:
            self._connect_at(phone, code)

    def _connect_at(self, phone: Wallet, code: str) -> None:
        desk = self.console(code, "desk")
        self.see("console-find-desk", desk.page)
        desk.find(self.patient)
        desk.check_identity()
        self.see("console-desk", desk.page)
        desk.do("invite")
        typed = desk.page.locator(".typed-code")
        expect(typed).to_be_visible()
        self.see("console-desk-code", desk.page)
        phone.open()
        phone.page.locator("y-start .foot .button.text, y-home [data-keep=scan]").click()
        if phone.page.locator("y-scan").count():
            phone.page.locator(f"{FOOT}").last.click()
        phone.page.locator("#code").fill(typed.inner_text())
        phone.page.locator(f"{FOOT}.primary").click()
        phone.digits()
        self.see("wallet-link", phone.page)
        desk.digits()
        phone.page.locator(f"{FOOT}.go").click()
        expect(desk.page.locator('[data-keep="confirm"]')).to_be_enabled()
        self.see("console-desk-digits", desk.page)
        desk.do("confirm")
        expect(desk.page.locator(".big-tick")).to_be_visible()
        self.see("console-desk-done", desk.page)
        expect(phone.page.locator(".big-tick")).to_be_visible()
        self.see("wallet-linked", phone.page)
        phone.page.locator(f"{FOOT}.primary").click()
        expect(phone.page.locator("y-home")).to_be_visible()
        self.see("wallet-home-empty", phone.page)

    def _offer(self, phone: Wallet) -> None:
        """A patient's own code, up to the digits; then the answer is no."""
        doctor = self.console(self.asker, "clinician")
        doctor.find(self.patient)
        doctor.do("ask")
        doctor.fill(["laboratory"], reason=self.reason)
        doctor.do("scan")
        expect(doctor.page.locator("#offer-code")).to_be_visible()
        self.see("console-offer-scan", doctor.page)
        phone.open()
        phone.tap("scan")
        expect(phone.page.locator('y-scan [data-keep="type"]')).to_be_visible()
        self.see("wallet-scan", phone.page)
        phone.tap("offer")
        expect(phone.page.locator(".qr-card")).to_be_visible()
        self.see("wallet-offer", phone.page)
        doctor.page.locator("#offer-code").fill(phone.page.locator(".typed-code").inner_text())
        doctor.do("scan-go")
        phone.digits()
        self.see("wallet-offer-ask", phone.page)
        doctor.digits()
        self.see("console-offer-digits", doctor.page)
        phone.page.locator(f"{FOOT}.text").click()
        expect(phone.page.locator("y-ask .statement")).to_be_visible()
        self.see("wallet-declined", phone.page)

    def _ask(self, phone: Wallet) -> Console:
        doctor = self.console(self.asker, "clinician")
        self.see("console-find", doctor.page)
        doctor.find(self.patient)
        expect(doctor.page.locator(".series").first).to_be_visible()
        self.see("console-patient-own", doctor.page)
        doctor.do("ask")
        self.see("console-ask", doctor.page)
        doctor.compose(["laboratory", "medication", "imaging"], reason=self.reason)
        doctor.sees_code()
        self.see("console-ask-waiting", doctor.page)
        phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
        phone.digits()
        self.see("wallet-ask", phone.page)
        doctor.digits()
        self.see("console-ask-digits", doctor.page)
        self._narrow(phone)
        doctor.do("confirm")
        phone.page.locator('[data-keep="allow"]').click()
        expect(phone.page.locator("y-given .ticked")).to_be_visible()
        self.see("wallet-given", phone.page)
        expect(doctor.page.locator(".arrived-table tbody tr")).to_have_count(2)
        self.see("console-ask-filled", doctor.page)
        doctor.do("see")
        expect(doctor.page.locator(".source-time").first).to_be_visible()
        expect(doctor.page.locator(".panel-table td").first).to_be_visible()
        self.see("console-patient", doctor.page)
        for tab in ("medication", "allergies", "reports", "others"):
            if doctor.page.locator(f'[data-keep="tab-{tab}"]').count():
                doctor.do(f"tab-{tab}")
                self.see(f"console-{tab}", doctor.page)
        return doctor

    def _order(self, doctor: Console) -> None:
        """Two tests: what is offered for the first is used, the second is repeated with its reason."""
        used, repeated = self.orders
        doctor.do("tab-order")
        expect(doctor.page.locator(".order-picker")).to_be_visible()
        self.see("console-order-add", doctor.page)
        for group in (repeated, used):
            if not doctor.page.locator(".order-picker").count():
                doctor.do("order-add")
            doctor.page.locator(f'[data-group="{group}"]').first.click()
            expect(doctor.page.locator(f'.order-item.on [data-order="{group}"]')).to_be_visible()
            expect(doctor.page.locator('[data-keep="use"], [data-keep="place"]')).to_be_visible()
            self.see("console-order-panel" if group == repeated else "console-order", doctor.page)
        doctor.do("basis")
        self.see("console-order-basis", doctor.page)
        doctor.do("use")
        expect(doctor.page.locator('[data-keep="undo"]')).to_be_visible()
        self.see("console-order-used", doctor.page)
        doctor.page.locator(f'[data-order="{repeated}"]').click()
        expect(doctor.page.locator('[data-keep="repeat"], [data-keep="place"]')).to_be_visible()
        if doctor.page.locator('[data-keep="repeat"]').count() == 0:
            doctor.page.locator("#situation").select_option(index=1)
        self._repeat(doctor)
        doctor.do("place-reuse")
        expect(doctor.page.locator("svg.bars").first).to_be_visible()
        self.see("console-reuse", doctor.page)

    def _repeat(self, doctor: Console) -> None:
        doctor.do("repeat")
        expect(doctor.page.locator(".repeat-reasons input").first).to_be_visible()
        doctor.page.locator('[data-keep="reason-other-clinical"]').check()
        doctor.do("repeat-go")
        expect(doctor.page.locator(".field-error")).to_be_visible()
        self.see("console-repeat", doctor.page)
        doctor.do("told-yes")
        doctor.page.locator("#repeat-words").fill(self.reason)
        doctor.do("repeat-go")
        expect(doctor.page.locator('.order-decided [data-keep="again"]')).to_be_visible()
        self.see("console-order-repeated", doctor.page)

    def _narrow(self, phone: Wallet) -> None:
        for part, screen in (("what", "choose"), ("from", "from"), ("until", "until")):
            phone.tap(f"change-{part}")
            expect(phone.page.locator(f"y-{screen} .check-row").first).to_be_visible()
            self.see(f"wallet-{screen}", phone.page)
            if part == "what":
                phone.tap("more-laboratory")
                expect(phone.page.locator("y-pick .check-row").first).to_be_visible()
                self.see("wallet-pick", phone.page)
                phone.page.locator(FOOT).click()
            phone.page.locator(FOOT).click()
        phone.digits()
