"""A result that exists is used instead of being taken again: from the permission to the timeline."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both  # its counts are of this journey alone, as its node is
PATIENT = "赵德明"
CUSTODIANS = ("WT", "QH")
# Of an order check over the demonstration's patient, in the browser, with views from two institutions.
QUICK_MS = 1_500


@pytest.fixture(scope="module")
def phone(node: Node, windows: Windows) -> Wallet:
    """Linked where the results are, and where the doctor is."""
    wallet = Wallet(windows.phone(), node)
    for code in ("WX", *CUSTODIANS):
        desk = Staff(node, code, "desk")
        wallet.link(desk, desk.find(PATIENT)["id"])
    return wallet


@pytest.fixture(scope="module")
def doctor(node: Node, windows: Windows) -> Console:
    console = Console(windows.desktop(), node)
    console.sign_in("WX", "clinician")
    console.find(PATIENT)
    return console


def order(doctor: Console, group: str) -> None:
    """Adds a test to the form, or chooses it when it is there."""
    expect(doctor.page.locator(".order-picker, [data-keep=order-add]")).to_be_visible()
    if doctor.page.locator(f'[data-order="{group}"]').count() == 0:
        if doctor.page.locator(".order-picker").count() == 0:
            doctor.do("order-add")
        doctor.page.locator(f'[data-group="{group}"]').first.click()
    else:
        doctor.page.locator(f'[data-order="{group}"]').click()
    expect(doctor.page.locator(f'.order-item.on [data-order="{group}"]')).to_be_visible()


def line(doctor: Console, name: str) -> str:
    """What the line of that name says, with its outcome for a screen reader."""
    return str(doctor.page.locator(".why-line").filter(has_text=name).first.inner_text())


def test_without_a_permission_only_the_own_chart_speaks(doctor: Console, phone: Wallet) -> None:
    doctor.do("tab-order")
    order(doctor, "hba1c")
    expect(doctor.page.locator(".offer-head h2")).to_contain_text("望溪市中心医院")
    assert "本院病历" in line(doctor, "来源")
    for elsewhere in ("梧桐里", "青禾"):
        doctor.never_shows(elsewhere)


def test_with_a_permission_a_younger_result_from_elsewhere_is_offered(doctor: Console, phone: Wallet) -> None:
    doctor.do("tab-results")
    doctor.do("ask")
    doctor.compose(["laboratory"])
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    assert phone.digits() == doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    doctor.do("see")
    expect(doctor.page.locator(".source").first).to_be_visible()
    doctor.do("tab-order")
    title = doctor.page.locator(".offer-head h2")
    expect(title).to_contain_text("梧桐里社区卫生服务中心")
    expect(title).to_contain_text("糖化血红蛋白")
    assert re.fullmatch(r"\d\.\d", doctor.page.locator(".offer-value strong").inner_text())
    facts = doctor.page.locator(".offer-facts").inner_text()
    for word in ("参考范围", "4.0–6.0 %（梧桐里社区卫生服务中心）", "采集", "天前", "标本 · 方法", "来源"):
        assert word in facts
    expect(doctor.page.locator(".offer-trend svg[role=img]")).to_be_visible()
    assert "符合" in line(doctor, "项目")
    assert "不确定" in line(doctor, "方法")
    assert "患者本人允许查看" in line(doctor, "来源")
    assert "看不到" in line(doctor, "病情") or "不清楚" in line(doctor, "病情")
    doctor.sees(re.compile(r"规则 hba1c/default 第 1 版，本院 .*批准"))
    doctor.sees("由医生决定。")


def test_both_choices_are_in_reach_and_none_is_made_beforehand(doctor: Console) -> None:
    use, again = (doctor.page.locator(f'[data-keep="{name}"]') for name in ("use", "repeat"))
    boxes = [each.bounding_box() for each in (use, again)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert all(box["y"] + box["height"] <= 900 for box in boxes), "no scrolling for either"
    again.click()
    expect(doctor.page.locator(".repeat-reasons input")).to_have_count(12)
    expect(doctor.page.locator(".repeat-form input:checked, .repeat-form [aria-pressed=true]")).to_have_count(
        0
    )
    doctor.do("repeat-go")
    doctor.sees("请选理由，并说明是否已告知患者。")
    doctor.do("repeat-cancel")


def test_the_check_answers_quickly(doctor: Console) -> None:
    started = time.monotonic()
    with doctor.page.expect_response(re.compile("/orders/check$")) as answered:
        doctor.page.locator("#situation").select_option("t2dm-monitoring-unstable")
    assert answered.value.ok
    took = (time.monotonic() - started) * 1000
    print("order check in the browser, ms:", round(took))  # noqa: T201 - the measurement is the point
    assert took < QUICK_MS
    doctor.sees(re.compile("规则 hba1c/t2dm-monitoring-unstable 第 3 版"))


def test_a_used_result_is_filed_and_stands_on_ledger_and_timeline(
    doctor: Console, phone: Wallet, node: Node
) -> None:
    doctor.do("use")
    doctor.sees("已用这个结果，没有重做")
    doctor.sees(re.compile("已归档到本院病历，附来源"))
    staff = Staff(node, "WX", "clinician")
    items = staff.open(staff.find(PATIENT)["id"])["items"]
    copies = [item for item in items if "copy" in item]
    assert [(item["code"]["code"], item["copy"]["source"]) for item in copies] == [
        ("4548-4", node.institution("WT")["id"])
    ]
    auditor = Staff(node, "WX", "auditor")
    newest = auditor.call("GET", "audit/records?limit=20")["records"]
    assert "result.reused" in {record["kind"] for record in newest}

    phone.open()
    phone.go("who")
    phone.page.get_by_text("用了已有的结果，没有重做").first.click()
    card = phone.page.locator(".entry-card")
    for words in (
        "糖化血红蛋白",
        "梧桐里社区卫生服务中心",
        "沈怀瑾医生",
        "不会再转给别家",
        "已核对：这一条没有被改动",
    ):
        expect(card).to_contain_text(words)


def test_a_repeat_takes_its_reason_and_the_patient_reads_it(doctor: Console, phone: Wallet) -> None:
    order(doctor, "creatinine")
    doctor.do("repeat")
    doctor.page.locator('[data-keep="reason-other-clinical"]').check()
    doctor.do("told-yes")
    doctor.do("repeat-go")
    doctor.sees("选这个理由，请写明情况。")
    doctor.page.locator("#repeat-words").fill("拟调整利尿剂")
    doctor.page.locator("#repeat-how").fill("当面")
    doctor.do("repeat-go")
    doctor.sees("已照常申请")
    doctor.sees(re.compile("理由：其他诊疗需要"))

    phone.open()
    phone.go("who")
    phone.page.get_by_text("已有结果，医生仍申请重做").first.click()
    card = phone.page.locator(".entry-card")
    expect(card).to_contain_text("其他诊疗需要")
    expect(card).to_contain_text("医院记的是：告知了")
    phone.never_shows("拟调整利尿剂")


def test_a_use_is_undone(doctor: Console, phone: Wallet) -> None:
    order(doctor, "lipids")
    doctor.page.locator("#situation").select_option("stable-treatment")
    doctor.sees("血脂四项：4 项都有可用结果")
    expect(doctor.page.locator(".offer-table tbody tr")).to_have_count(4)
    doctor.do("use")
    doctor.do("undo")
    doctor.sees("已撤销使用，归档件的内容已删除")
    phone.open()
    phone.go("who")
    phone.sees("医生撤销了：不用已有的结果")


def test_a_draft_offers_nothing_and_what_has_no_offer_is_ordered(doctor: Console) -> None:
    order(doctor, "ferritin")
    expect(doctor.page.locator(".offer-head h2")).to_have_text("规则未批准")
    expect(doctor.page.locator(".offer-value, .why-line")).to_have_count(0)
    doctor.do("place")
    expect(doctor.page.locator(".order-decided h2")).to_have_text("已申请")


def test_what_is_taken_back_leaves_the_order_form(doctor: Console, phone: Wallet) -> None:
    order(doctor, "liver")
    order(doctor, "lipids")
    doctor.do("again")
    doctor.sees("血脂四项：4 项都有可用结果")
    phone.go("home")
    phone.page.locator('[data-keep^="close-"]').first.click()
    expect(doctor.page.locator(".offer-head h2")).to_have_text("没有可用结果")
    doctor.sees(re.compile("4 项中有 2 项"))


def test_what_was_decided_is_there_after_a_reload(doctor: Console) -> None:
    doctor.page.reload()
    states = doctor.page.locator(".order-item")
    expect(states.filter(has_text="糖化血红蛋白")).to_contain_text("已用已有结果")
    expect(states.filter(has_text="肌酐")).to_contain_text("已申请，重做")
    expect(states.filter(has_text="铁蛋白")).to_contain_text("已申请")


def test_the_page_of_counts_tells_it_all_without_a_person(node: Node, windows: Windows) -> None:
    admin = Console(windows.desktop(), node)
    admin.sign_in("WX", "administrator")
    admin.page.get_by_role("link", name="结果再用").click()
    admin.sees(re.compile("用了 2 次，其中撤销 1 次；重做 1 次"))
    pictures = admin.page.locator("svg.bars")
    expect(pictures).to_have_count(2)
    assert "其他诊疗需要 1 次" in str(pictures.nth(1).get_attribute("aria-label"))
    months = admin.page.locator(".reuse-pair").first.locator("tbody tr")
    expect(months).to_have_count(1)
    assert [cell.strip() for cell in months.locator("td").all_inner_texts()][1:] == ["2", "1", "1"]
    expect(admin.page.locator(".listing")).to_contain_text("规则 hba1c/t2dm-monitoring-unstable 第 3 版")
    for private in (PATIENT, "沈怀瑾", "拟调整利尿剂"):
        admin.never_shows(private)
