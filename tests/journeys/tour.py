"""Walks through every screen of wallet and console once, in one language, and shows each to whoever asks.

Presses what the program itself calls by name, never words, so that the same walk serves every language.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.lies import Proxy, drop_one
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

See = Callable[[str, Any], None]
FOOT = ".foot .button"


@dataclass(frozen=True)
class Tour:
    """Who walks where: a person with charts at two custodians, and the institution whose doctor asks."""

    node: Node
    windows: Windows
    locale: str
    reason: str
    patient: str
    custodians: tuple[str, str]
    asker: str
    see: See
    scale: int = 1

    def walk(self) -> None:
        page = self.windows.phone(self.locale, self.scale, service_workers="block")
        phone = Wallet(page, self.node)
        proxy = Proxy(phone)
        self._connect(phone)
        self._offer(phone)
        self._ask(phone)
        self._look_back(phone)
        self._emergency(phone)
        self._lie(phone, proxy)
        self._check()

    def _console(self, code: str, role: str) -> Console:
        console = Console(self.windows.desktop(self.locale), self.node)
        console.open()
        self.see("console-institutions", console.page)
        console.choose(code)
        self.see("console-sign-in", console.page)
        console.enter(code, role)
        return console

    def _connect(self, phone: Wallet) -> None:
        phone.open()
        expect(phone.page.locator("y-start")).to_be_visible()
        self.see("wallet-start", phone.page)
        phone.page.locator(f"{FOOT}.text").click()
        expect(phone.page.locator("#code")).to_be_visible()
        self.see("wallet-code", phone.page)
        for code in self.custodians:
            self._connect_at(phone, code)

    def _connect_at(self, phone: Wallet, code: str) -> None:
        desk = self._console(code, "desk")
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
        phone.page.locator(f"{FOOT}.primary").click()
        expect(phone.page.locator("y-home")).to_be_visible()

    def _offer(self, phone: Wallet) -> None:
        """A patient's own code, up to the digits; then the answer is no."""
        doctor = self._console(self.asker, "clinician")
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

    def _ask(self, phone: Wallet) -> None:
        doctor = self._console(self.asker, "clinician")
        self.see("console-find", doctor.page)
        doctor.find(self.patient)
        expect(doctor.page.locator(".series").first).to_be_visible()
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

    def _look_back(self, phone: Wallet) -> None:
        phone.open()
        expect(phone.page.locator(".card.door")).to_be_visible()
        expect(phone.page.locator(".new-looks")).to_be_visible()
        self.see("wallet-home", phone.page)
        phone.go("who")
        expect(phone.page.locator("y-who > main > .shield")).to_be_visible()
        self.see("wallet-timeline", phone.page)
        for line in phone.page.locator("button.thread-entry[aria-expanded=false]").all()[:3]:
            line.click()
        self.see("wallet-timeline-entry", phone.page)
        phone.go("results")
        expect(phone.page.locator(".result").first).to_be_visible()
        self.see("wallet-results", phone.page)
        phone.page.locator(".result").filter(has=phone.page.locator(".result-value")).first.click()
        expect(phone.page.locator("y-series h1")).to_be_visible()
        self.see("wallet-series", phone.page)
        phone.go("settings")
        expect(phone.page.locator("y-settings .phones").first).to_be_visible()
        self.see("wallet-settings", phone.page)
        phone.go("home")
        phone.tap("elder")
        expect(phone.page.locator("y-elder .elder-door")).to_be_visible()
        self.see("wallet-elder", phone.page)
        phone.tap("elder")

    def _emergency(self, phone: Wallet) -> None:
        """The asker's doctor declares to the first custodian; the phone stops it, both officers review."""
        custodian = self.custodians[0]
        chart = Staff(self.node, custodian, "desk").find(self.patient)
        doctor = self._console(self.asker, "clinician")
        doctor.do("emergency-new")
        doctor.declare(custodian, "0000-0000", chart["birth_date"], "unconscious", hours=24)
        doctor.do("declare")
        expect(doctor.page.locator(".none-came")).to_be_visible()
        self.see("console-declare", doctor.page)
        doctor.declare(custodian, chart["identifier"], chart["birth_date"], "unconscious", hours=24)
        doctor.do("declare")
        expect(doctor.page.locator(".panel-table td").first).to_be_visible()
        self.see("console-emergency", doctor.page)
        expect(phone.page.locator("y-emergency .emergency-head")).to_be_visible()
        expect(phone.page.locator("y-emergency .rows .row")).to_have_count(3)
        self.see("wallet-emergency", phone.page)
        phone.tap("close")
        expect(phone.page.locator(".emergency-card")).to_be_visible()
        self.see("wallet-home-emergency", phone.page)
        glass = doctor.api("GET", f"emergencies/{doctor.reference()}")["glass"]
        officer = self._console(custodian, "privacy")
        officer.do(f"case-{glass}")
        expect(officer.page.locator(".live-release")).to_be_visible()
        self.see("console-review", officer.page)
        phone.tap(f"emergency-{glass}")
        phone.tap("object")
        self.see("wallet-objection", phone.page)
        phone.tap("back")
        phone.tap(f"stop-{glass}")
        expect(phone.page.locator("y-emergency .shield").first).to_be_visible()
        self.see("wallet-emergency-stopped", phone.page)
        expect(doctor.page.locator(".closed.revoked")).to_be_visible()
        self.see("console-emergency-stopped", doctor.page)
        for code, verdict in ((custodian, "justified"), (self.asker, "not-justified")):
            reviewer = officer if code == custodian else self._console(code, "privacy")
            reviewer.do(f"case-{glass}")
            reviewer.do(f"verdict-{verdict}")
            reviewer.page.locator("#verdict-words").fill(self.reason)
            reviewer.do("submit")
            expect(reviewer.page.locator(".verdict-given")).to_be_visible()
            self.see("console-reviewed", reviewer.page)
        expect(phone.page.locator(".reviews li")).to_have_count(2)
        expect(phone.page.locator(".reviews .against")).to_be_visible()
        self.see("wallet-emergency-reviewed", phone.page)
        phone.tap("home")
        phone.go("who")
        self.see("wallet-timeline-emergency", phone.page)

    def _lie(self, phone: Wallet, proxy: Proxy) -> None:
        proxy.lie = drop_one
        phone.open()
        expect(phone.page.locator("y-gap .alarm-mark")).to_be_visible()
        self.see("wallet-gap", phone.page)

    def _check(self) -> None:
        auditor = self._console("WX", "auditor")
        auditor.do("check")
        expect(auditor.page.locator(".claim.holds")).to_have_count(3)
        expect(auditor.page.locator('[data-keep="check"]')).to_be_enabled()
        self.see("console-audit", auditor.page)
        privacy = self._console("WX", "privacy")
        self.see("console-review-other", privacy.page)
        privacy.do("place-find")
        privacy.find(self.patient)
        expect(privacy.page.locator("console-accounting tbody tr").first).to_be_visible()
        self.see("console-accounting", privacy.page)
        keeper = self._console("WX", "administrator")
        expect(keeper.page.locator("console-node .card")).to_be_visible()
        self.see("console-node", keeper.page)
