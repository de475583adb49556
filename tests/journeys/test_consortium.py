"""Four hospitals, one ledger: the whole goes on when one of them is down, and all say the same afterwards."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.blocks import a_liar, as_wallets_see, wait_until_certified
from tests.journeys.console import Console
from tests.journeys.key_phone import KeyPhone
from tests.journeys.node import fetch
from tests.journeys.staff import RefusedError, Staff
from tests.journeys.town import Town, begin_town, end_town
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT, CODES = "赵德明", ("WX", "WT", "QH", "BQ")
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LEVEL_WITHIN_S = 60
OPEN_DOORS = '[data-keep^="close-"]:not([disabled])'


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with TemporaryDirectory(prefix="town-") as folder:
        yield begin_town(Path(folder))
        end_town(Path(folder))


def ending(town: Town, code: str) -> tuple[int, str]:
    """Size and root of the ledger as this hospital's gateway signs them."""
    lines = fetch(f"{town.console_of(code)}/ledger/checkpoint").splitlines()
    return int(lines[1]), lines[2]


def all_level(town: Town) -> None:
    """Waits until all hospitals have the same records. Raises AssertionError."""
    until = time.monotonic() + LEVEL_WITHIN_S
    found = {code: ending(town, code) for code in CODES}
    while len(set(found.values())) > 1 and time.monotonic() < until:
        found = {code: ending(town, code) for code in CODES}
    assert len(set(found.values())) == 1, found


def read_at(town: Town, phone: KeyPhone) -> int:
    """A doctor elsewhere asks, the patient allows, the doctor reads: how many results."""
    doctor = Staff(town, "WX", "clinician")
    asked = doctor.ask(None, ["laboratory"], phone.now() + DAY_MS)
    request = phone.fetch(asked["reference"], "WX")["request"]
    doctor.confirm(asked["reference"])
    phone.give(request, asked["reference"], "WX")
    (source,) = doctor.visit(asked["reference"])["sources"]
    assert source["state"] == "open", source
    return len(source["items"])


def test_a_receipt_is_proven_by_two_thirds_and_a_liar_who_signs_by_itself_is_caught(
    town: Town, tmp_path: Path
) -> None:
    desk, phone = Staff(town, "QH", "desk"), KeyPhone(town, "QH")
    phone.link_at(desk, desk.find("陈国强")["id"])
    doctor = Staff(town, "WX", "clinician")
    asked = doctor.ask(None, ["laboratory"], phone.now() + DAY_MS)
    request = phone.fetch(asked["reference"], "WX")["request"]
    allowed = phone.allow(request)
    kept, export = tmp_path / "receipt.json", tmp_path / "export.ndjson"
    kept.write_text(json.dumps(allowed["receipt"]), "utf-8")
    at = town.console_of("BQ")
    wait_until_certified(at, int(allowed["receipt"]["checkpoint"].splitlines()[1]))

    ledger = town.demo["ledger"]
    proven = town.flask("WX", "ledger", "verify", str(kept), "--ledger", ledger, "--at", at)
    assert (proven.returncode, "more than two thirds" in proven.stdout) == (0, True), proven
    assert allowed["grant"] in proven.stdout
    wait_until_certified(town.console_of("QH"), int(allowed["receipt"]["checkpoint"].splitlines()[1]))
    taken = town.flask("QH", "ledger", "export", str(export))
    assert taken.returncode == 0, taken
    offline = town.flask("WX", "ledger", "verify", str(kept), "--ledger", ledger, "--in", str(export))
    assert (offline.returncode, "超过三分之二" in offline.stdout) == (0, True), offline

    same = town.flask("WX", "ledger", "compare", town.console_of("WX"), town.console_of("QH"))
    assert (same.returncode, "同一个区块" in same.stdout) == (0, True), same
    hospitals = [town.console_of(code) for code in CODES]
    with a_liar(town) as liar:
        caught = town.flask("WX", "ledger", "compare", hospitals[0], liar)
        assert (caught.returncode, "light-untrusted" in caught.stdout) == (1, True), caught
        seen = as_wallets_see(town, [*hospitals, liar, hospitals[0]])
    assert seen == [[], [], [], [], ["counterfeit light-voted"], []]


def test_a_page_that_was_loaded_before_a_hospital_joined_loads_itself_anew_and_reaches_it(
    town: Town, browser: Any
) -> None:
    windows, late = Windows(browser), town.console_of("WT")
    phone, desk = Wallet(windows.phone(), town), Staff(town, "WT", "desk")

    def before_it_joined(route: Any) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"]
        assert f" {late}" in policy
        headers = {**answer.headers, "content-security-policy": policy.replace(f" {late}", "")}
        route.fulfill(response=answer, headers=headers)

    phone.page.route(f"{town.wallet}/", before_it_joined, times=1)
    invited = desk.invite(desk.find("林秀兰")["id"])
    phone.type_code(invited["code"])
    phone.say_same()
    assert desk.confirm(invited["reference"])["state"] == "confirmed"
    phone.sees("连好了")
    assert all(late in said for said in windows.errors), windows.errors
    windows.errors.clear()
    windows.close()


def test_one_of_four_may_fail_and_comes_back_level(town: Town) -> None:
    desk, phone = Staff(town, "QH", "desk"), KeyPhone(town, "QH")
    phone.link_at(desk, desk.find(PATIENT)["id"])
    before = read_at(town, phone)
    assert before > 0
    all_level(town)
    status = town.consortium("status", code="WX")
    assert "3 of 3 connected" in status.stdout, status.stdout + status.stderr

    town.kill("BQ", "gateway", "application", "node")
    assert read_at(town, phone) == before

    again = town.consortium("up", "--port", str(town.port))
    assert again.returncode == 0, again.stdout + again.stderr
    all_level(town)


def an_emergency_goes_on(town: Town, phone: Wallet, patient: dict[str, Any]) -> str:
    """Declared at another hospital and read there; the phone knows at once and stops it. Gives its id."""
    doctor = Staff(town, "WX", "clinician")
    declaration = {
        "custodian": town.institution("QH")["id"],
        "identifier": {"system": None, "value": patient["identifier"]},
        "birth_date": patient["birth_date"],
        "reason": "unconscious",
        "text": None,
        "ttl_ms": None,
        "patient": None,
    }
    made = doctor.call("POST", "emergencies", declaration)
    assert (made["recorded"], made["until"] - made["from"]) == (False, HOUR_MS)
    seen = doctor.call("GET", f"emergencies/{made['emergency']}")
    (source,) = seen["sources"]
    assert (seen["state"], seen["recorded"], source["state"]) == ("open", False, "open")
    assert source["items"]
    phone.sees_title("急诊医生没等您允许，先看了您的记录")
    phone.sees("尚未被其他医院记录，之后会自动记录。")
    phone.sees("病人昏迷，无法表示同意")
    phone.tap(f"stop-{made['glass']}")
    phone.sees("已停止，对方不能再看。尚未被其他医院记录，之后会自动记录。")
    until = time.monotonic() + LEVEL_WITHIN_S
    while seen["state"] != "closed" and time.monotonic() < until:  # its own node is told apart from the phone
        seen = doctor.call("GET", f"emergencies/{made['emergency']}")
    assert (seen["state"], [each["items"] for each in seen["sources"]]) == ("closed", [[]])
    phone.tap("close")
    return str(made["glass"])


def test_without_a_quorum_own_charts_and_emergencies_open_and_what_is_taken_back_counts(
    town: Town, browser: Any
) -> None:
    windows, other = Windows(browser), KeyPhone(town, "QH")
    phone, doctor = Wallet(windows.phone(), town), Console(windows.desktop(), town)
    own = Console(windows.desktop(), town)
    desk = Staff(town, "QH", "desk")
    phone.link(desk, desk.find("林秀兰")["id"])
    other.link_at(desk, desk.find("吴思远")["id"])
    asking = Staff(town, "WX", "clinician")
    asked = asking.ask(None, ["laboratory"], other.now() + DAY_MS)
    request = other.fetch(asked["reference"], "WX")["request"]
    asking.confirm(asked["reference"])
    doctor.sign_in("WX", "clinician")
    doctor.do("emergency-new")
    expect(doctor.page.locator("#custodian option:not([value=''])")).to_have_count(len(CODES) - 1)
    doctor.do("place-find")
    doctor.do("ask-new")
    doctor.compose(["laboratory"])
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    phone.press("回首页")
    doctor.do("see")
    expect(doctor.page.locator(".panel-table td").first).to_be_visible()
    own.sign_in("QH", "clinician")
    phone.allow(asking, asking.ask(None, ["imaging"], other.now() + DAY_MS))
    expect(phone.page.locator(OPEN_DOORS)).to_have_count(2)
    all_level(town)
    before = ending(town, "QH")

    town.kill("BQ", "node")
    town.kill("WT", "node")
    own.find("林秀兰")
    own.sees("这次查看尚未被其他医院记录")
    expect(own.page.locator(".panel-table td").first).to_be_visible()
    glass = an_emergency_goes_on(town, phone, desk.find("林秀兰"))
    phone.page.locator(OPEN_DOORS).first.click()  # the one under which the doctor reads ends last
    phone.sees(re.compile("已收回，.*不再给看。尚未被其他医院记录"))
    expect(doctor.page.get_by_text("患者已收回").first).to_be_visible()
    doctor.sees("患者已收回")
    phone.go("who")
    phone.sees(re.compile("尚未被其他医院记录"))
    with pytest.raises(RefusedError) as refused:
        other.give(request, asked["reference"], "WX")
    assert (refused.value.status, refused.value.code) == (503, "no-quorum")
    with pytest.raises(RefusedError) as nothing:
        asking.visit(asked["reference"])
    assert nothing.value.status == 404, "no grant reached the doctor"
    status = town.consortium("status", code="WX")
    assert (status.returncode, "two thirds" in status.stderr) == (1, True)
    assert ending(town, "QH") == before

    town.kill("QH", "gateway")  # with all of it in its outbox
    phone.go("home")
    phone.page.locator(OPEN_DOORS).first.click()
    phone.sees("没有回应。另一家医院已收下，会转交；尚未记录。")
    again = town.consortium("up", "--port", str(town.port))
    assert again.returncode == 0, again.stdout + again.stderr
    phone.go("home")
    expect(phone.page.get_by_text("现在没有人能看您的记录")).to_be_visible(timeout=LEVEL_WITHIN_S * 1000)
    phone.go("who")
    phone.sees("您收回了允许")
    expect(phone.page.get_by_text("尚未被其他医院记录")).to_have_count(0)
    expect(phone.page.get_by_text("您收回了允许")).to_have_count(2)
    all_level(town)
    rows = Staff(town, "QH", "privacy").accounting(desk.find("林秀兰")["id"])
    assert all(row["recorded"] for row in rows)
    kinds = [row["kind"] for row in rows]
    once = ("glass.broken", "glass.closed")
    assert [kinds.count(kind) for kind in ("grant.revoke", *once)] == [2, 1, 1]
    assert [row["grant"] for row in rows if row["kind"] == "disclosure.made"].count(glass) == 1
    for code in ("QH", "WX"):
        verdict = {"verdict": "justified", "words": ""}
        reviewed = Staff(town, code, "privacy").call("POST", f"reviews/{glass}", verdict)
        assert (reviewed["on_ledger"], reviewed["recorded"]) == (True, True)
    assert read_at(town, other) > 0
    windows.close()
