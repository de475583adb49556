"""A doctor elsewhere asks, the patient narrows and allows, the doctor reads, the phone proves who looked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both
PATIENT = "林秀兰"
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def phone(windows: Windows, node: Node, staff: Callable[[str, str], Staff]) -> Wallet:
    """A phone with links at the clinic and the examination centre; the clinic's doctor had looked before."""
    doctor = staff("WT", "clinician")
    doctor.open(doctor.find(PATIENT)["id"])
    wallet = Wallet(windows.phone(), node)
    for code in ("WT", "QH"):
        desk = staff(code, "desk")
        patient = desk.find(PATIENT)["id"]
        desk.open(patient)
        wallet.link(desk, patient)
    return wallet


def records_of(staff: Callable[[str, str], Staff], code: str) -> list[dict[str, Any]]:
    doctor = staff(code, "clinician")
    return list(doctor.open(doctor.find(PATIENT)["id"])["items"])


def refs(visit: dict[str, Any]) -> set[str]:
    return {item["ref"] for source in visit["sources"] for item in source["items"]}


def in_last_year(item: dict[str, Any]) -> bool:
    today = datetime.now(UTC)
    first = datetime(today.year - 1, today.month, min(today.day, 28), tzinfo=UTC)
    return bool(item["date"]) and datetime.fromisoformat(item["date"]).astimezone(UTC) >= first


def test_what_the_patient_leaves_out_never_reaches_the_doctor_and_the_phone_shows_exactly_that_look(
    console: Callable[[str, str], Console],
    phone: Wallet,
    staff: Callable[[str, str], Staff],
    windows: Windows,
    new_phone: Callable[[], Wallet],
) -> None:
    doctor, photographer = console("WX", "clinician"), new_phone()
    doctor.find(PATIENT)
    doctor.do("ask")
    doctor.compose(["laboratory", "medication", "condition"])
    doctor.sees_code()
    address = windows.read_code(doctor.page.screenshot())

    phone.scan(address)
    phone.sees("医院身份已核实")
    phone.sees("看病：糖尿病复诊")
    photographer.scan(address)
    photographer.sees_title("这张码不能用了")
    assert phone.digits() == doctor.digits()
    doctor.do("confirm")

    kept_back = narrow(phone)
    with phone.page.expect_response(re.compile("/grants$")):
        phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")

    expect(doctor.page.locator(".arrived-table tbody tr")).to_have_count(2)
    visit = doctor.api("GET", f"visits/{doctor.reference()}")
    assert {source["custodian"]["id"] for source in visit["sources"]} == {
        phone.node.institution(code)["id"] for code in ("WT", "QH")
    }
    assert len({source["grant"] for source in visit["sources"]}) == 2, "one grant for each custodian"
    assert all(source["verified"]["count"] >= 1 for source in visit["sources"])
    hours = {round((source["not_after"] - now_ms()) / 3_600_000) for source in visit["sources"]}
    assert hours == {2}
    wanted = {
        item["ref"]
        for code in ("WT", "QH")
        for item in records_of(staff, code)
        if item["kind"] in ("laboratory", "condition")
        and not item["labels"]
        and in_last_year(item)
        and item["ref"] != kept_back
    }
    assert refs(visit) == wanted
    assert kept_back not in doctor.page.content()
    assert "抑郁" not in doctor.page.content()
    assert visit["match"] == "match"

    phone.press("回首页")
    phone.sees_title("现在有 1 家医院能看您的记录")
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对，查看、授权等全部登记共 .* 条"))
    mine = [line for line in phone.looks() if "沈怀瑾" in line]
    assert len(mine) == 1, "one line a visit, however many custodians and releases"
    assert "内分泌科" in mine[0]


def narrow(phone: Wallet) -> str:
    """Chooses less than was asked: a year, no medication, one result less, two hours. Gives that result."""
    phone.tap("change-what")
    phone.tap("span-year")
    phone.page.locator('[id="check-medication"]').uncheck()
    phone.sees("敏感记录")
    phone.tap("more-laboratory")
    first = phone.page.locator(".check-row input").first
    kept_back = str(first.get_attribute("id")).split("/", 1)[1]
    first.uncheck()
    phone.press("好了")
    phone.page.locator(".foot .button").click()
    phone.tap("change-until")
    phone.page.locator(".check-row input").first.check()  # the shortest: two hours
    phone.press("好了")
    phone.sees("敏感记录不给")
    return kept_back


def test_looks_by_the_custodians_own_staff_stand_on_the_timeline_from_before_the_phone(phone: Wallet) -> None:
    phone.open()
    phone.go("who")
    phone.sees(re.compile("已由这部手机核对"))
    own = [line for line in phone.looks() if "本院" in line]
    assert any("周明远" in line for line in own), "the clinic's doctor looked before there was a phone"
    assert any("赵小满" in line for line in own)
    assert any("许安然" in line for line in own)


def test_a_sensitive_record_goes_only_where_the_patient_ticks_it(
    phone: Wallet, staff: Callable[[str, str], Staff]
) -> None:
    doctor = staff("WX", "clinician")
    sensitive = {item["ref"] for item in records_of(staff, "WT") if item["labels"]}
    assert sensitive
    patient, until = doctor.find(PATIENT)["id"], now_ms() + 3 * DAY_MS
    plain = doctor.ask(patient, ["laboratory", "condition", "document"], until)
    phone.allow(doctor, plain)
    assert not refs(doctor.visit(plain["reference"])) & sensitive

    ticked = doctor.ask(patient, ["laboratory", "condition"], until)
    phone.scan(ticked["url"])
    phone.tap("change-what")
    phone.page.locator('[id="check-family-PSY"]').check()
    phone.page.locator(".foot .button").click()
    phone.sees("您勾选的敏感记录也会给")
    phone.press("数字一样，允许查看")
    phone.sees("等医生核对这三个数字…")
    doctor.confirm(ticked["reference"])
    phone.sees("医生已经核对，可以看了。")
    assert sensitive <= refs(doctor.visit(ticked["reference"]))


def test_a_doctor_who_is_declined_reads_the_same_as_when_nobody_answered(
    console: Callable[[str, str], Console], phone: Wallet
) -> None:
    doctor = console("WX", "clinician")
    doctor.find(PATIENT)
    doctor.do("ask")
    doctor.compose(["laboratory"])
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    doctor.digits()
    phone.press("不允许")
    phone.sees("没有允许")
    doctor.sees("没有得到授权")
    assert doctor.page.locator(".arrived-table").count() == 0


def test_a_doctor_who_has_no_chart_of_the_patient_reads_what_was_allowed(
    console: Callable[[str, str], Console], phone: Wallet
) -> None:
    doctor = console("WX", "clinician")
    doctor.do("ask-new")
    doctor.compose(["laboratory"])
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    assert phone.digits() == doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    expect(doctor.page.locator(".arrived-table tbody tr")).to_have_count(2)
    doctor.do("see")
    expect(doctor.page.locator("console-visit .strip-name")).to_have_text("林秀兰（合成）")
    expect(doctor.page.locator(".series").first).to_be_visible()
    doctor.page.reload()
    expect(doctor.page.locator(".series").first).to_be_visible()


def test_an_institution_where_the_patient_has_no_other_link_is_not_vouched_for(
    staff: Callable[[str, str], Staff], new_phone: Callable[[], Wallet]
) -> None:
    stranger, doctor = new_phone(), staff("WX", "clinician")
    asked = doctor.ask(None, ["laboratory"], now_ms() + DAY_MS)
    stranger.scan(asked["url"])
    stranger.sees_title("查不到这家医院，别允许")


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)
