"""The second half of the walk: what a person sees afterwards, an emergency, a lie, who else looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.journeys.lies import Proxy, drop_one
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet

if TYPE_CHECKING:
    from tests.journeys.tour import Tour


def look_back(tour: Tour, phone: Wallet) -> None:
    """Home, who looked, own results, settings, large type; one door is closed and another look taken."""
    phone.open()
    expect(phone.page.locator(".card.door")).to_be_visible()
    expect(phone.page.locator(".new-looks")).to_be_visible()
    tour.see("wallet-home", phone.page)
    phone.go("who")
    expect(phone.page.locator("y-who > main > .shield")).to_be_visible()
    tour.see("wallet-timeline", phone.page)
    for line in phone.page.locator("button.thread-entry[aria-expanded=false]").all()[:3]:
        line.click()
    tour.see("wallet-timeline-entry", phone.page)
    phone.go("results")
    expect(phone.page.locator(".result").first).to_be_visible()
    tour.see("wallet-results", phone.page)
    phone.page.locator(".result").filter(has=phone.page.locator(".result-value")).first.click()
    expect(phone.page.locator("y-series h1")).to_be_visible()
    tour.see("wallet-series", phone.page)
    phone.go("settings")
    expect(phone.page.locator("y-settings .phones").first).to_be_visible()
    tour.see("wallet-settings", phone.page)
    phone.go("home")
    phone.tap("elder")
    expect(phone.page.locator("y-elder .elder-door")).to_be_visible()
    tour.see("wallet-elder", phone.page)
    phone.tap("elder")


def emergency(tour: Tour, phone: Wallet) -> None:
    """The asker's doctor declares to the first custodian; the phone stops it, both officers review."""
    custodian = tour.custodians[0]
    chart = Staff(tour.node, custodian, "desk").find(tour.patient)
    doctor = tour.console(tour.asker, "clinician")
    doctor.do("emergency-new")
    doctor.declare(custodian, "0000-0000", chart["birth_date"], "unconscious", hours=24)
    doctor.do("declare")
    expect(doctor.page.locator(".none-came")).to_be_visible()
    tour.see("console-declare", doctor.page)
    doctor.declare(custodian, chart["identifier"], chart["birth_date"], "unconscious", hours=24)
    doctor.do("declare")
    expect(doctor.page.locator(".panel-table td").first).to_be_visible()
    tour.see("console-emergency", doctor.page)
    expect(phone.page.locator("y-emergency .emergency-head")).to_be_visible()
    expect(phone.page.locator("y-emergency .rows .row")).to_have_count(3)
    tour.see("wallet-emergency", phone.page)
    phone.tap("close")
    expect(phone.page.locator(".emergency-card")).to_be_visible()
    tour.see("wallet-home-emergency", phone.page)
    glass = doctor.api("GET", f"emergencies/{doctor.reference()}")["glass"]
    officer = tour.console(custodian, "privacy")
    officer.do(f"case-{glass}")
    expect(officer.page.locator(".live-release")).to_be_visible()
    tour.see("console-review", officer.page)
    phone.tap(f"emergency-{glass}")
    phone.tap("object")
    tour.see("wallet-objection", phone.page)
    phone.tap("back")
    phone.tap(f"stop-{glass}")
    expect(phone.page.locator("y-emergency .shield").first).to_be_visible()
    tour.see("wallet-emergency-stopped", phone.page)
    expect(doctor.page.locator(".closed.revoked")).to_be_visible()
    tour.see("console-emergency-stopped", doctor.page)
    for code, verdict in ((custodian, "justified"), (tour.asker, "not-justified")):
        reviewer = officer if code == custodian else tour.console(code, "privacy")
        reviewer.do(f"case-{glass}")
        reviewer.do(f"verdict-{verdict}")
        reviewer.page.locator("#verdict-words").fill(tour.reason)
        reviewer.do("submit")
        expect(reviewer.page.locator(".verdict-given")).to_be_visible()
        tour.see("console-reviewed", reviewer.page)
    expect(phone.page.locator(".reviews li")).to_have_count(2)
    expect(phone.page.locator(".reviews .against")).to_be_visible()
    tour.see("wallet-emergency-reviewed", phone.page)
    phone.tap("home")
    phone.go("who")
    tour.see("wallet-timeline-emergency", phone.page)


def lie(tour: Tour, phone: Wallet, proxy: Proxy) -> None:
    """One entry is held back by a server."""
    proxy.lie = drop_one
    phone.open()
    expect(phone.page.locator("y-gap .alarm-mark")).to_be_visible()
    tour.see("wallet-gap", phone.page)


def check(tour: Tour) -> None:
    """Auditor, privacy officer and administrator, each at their own page."""
    auditor = tour.console("WX", "auditor")
    auditor.do("check")
    expect(auditor.page.locator(".claim.holds").nth(2)).to_be_visible()
    expect(auditor.page.locator('[data-keep="check"]')).to_be_enabled()
    tour.see("console-audit", auditor.page)
    privacy = tour.console("WX", "privacy")
    tour.see("console-review-other", privacy.page)
    privacy.do("place-find")
    privacy.find(tour.patient)
    expect(privacy.page.locator("console-accounting tbody tr").first).to_be_visible()
    tour.see("console-accounting", privacy.page)
    keeper = tour.console("WX", "administrator")
    expect(keeper.page.locator("console-node .card")).to_be_visible()
    tour.see("console-node", keeper.page)
