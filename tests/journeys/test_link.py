"""A person connects a phone at the desk: one code, three digits, two people who say they are the same."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import Town, on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both
PATIENT = "陈国强"


def test_a_phone_is_connected_by_the_code_on_the_desks_screen_and_a_second_phone_gets_nothing(
    console: Callable[[str, str], Console], new_phone: Callable[[], Wallet], windows: Windows
) -> None:
    desk, phone, other = console("WT", "desk"), new_phone(), new_phone()
    desk.find(PATIENT)
    expect(desk.page.locator('[data-keep="invite"]')).to_be_disabled()
    desk.check_identity()
    desk.do("invite")
    desk.sees_code()
    address = windows.read_code(desk.page.screenshot())
    assert "合成" not in address
    assert "1003-9940" not in address

    phone.scan(address)
    phone.sees("工作人员屏幕上，也是这三个数字吗？")
    assert phone.page.url == f"{phone.node.wallet}/", "the secret stays in the address bar"
    assert phone.digits() == desk.digits()
    other.scan(address)
    other.sees_title("这张码不能用了")
    expect(desk.page.locator('[data-keep="confirm"]')).to_be_disabled()

    phone.say_same()
    desk.do("confirm")
    phone.sees("连好了")
    expect(desk.page.locator(".big-tick")).to_be_visible()
    other.scan(address)
    other.sees_title("这张码不能用了")

    phone.press("回首页")
    phone.sees_title("现在没有人能看您的记录")
    phone.sees("陈国强（合成）")
    phone.go("who")
    phone.sees("登记处连上了一部手机")
    phone.sees("已由这部手机核对")


def test_a_code_typed_by_hand_connects_as_well(
    staff: Callable[[str, str], Staff], new_phone: Callable[[], Wallet], node: Node | Town
) -> None:
    desk, phone = staff("QH", "desk"), new_phone()
    patient = desk.find(PATIENT)["id"]
    invited = desk.invite(patient)
    phone.type_code(invited["code"].lower())
    phone.say_same()
    confirmed = desk.confirm(invited["reference"])
    assert confirmed["state"] == "confirmed"
    phone.sees("连好了")
    if isinstance(node, Town):
        assert phone.believes_a_block()
        phone.press("回首页")
        phone.sees_title("现在没有人能看您的记录")


def test_digits_that_differ_stop_it_and_nothing_is_connected(
    staff: Callable[[str, str], Staff], new_phone: Callable[[], Wallet]
) -> None:
    desk, phone = staff("WX", "desk"), new_phone()
    patient = desk.find(PATIENT)["id"]
    invited = desk.invite(patient)
    phone.scan(invited["url"])
    phone.press("不一样，停下")
    phone.sees("已停下，没有连上")
    assert desk.reference(invited["reference"])["state"] == "stopped"
    assert desk.open(patient)["link"]["claimed"] is False
    phone.open()
    phone.sees("请先到医院登记处，让工作人员给您看二维码。")


def test_a_code_of_another_ledger_is_turned_away(new_phone: Callable[[], Wallet], node: Node) -> None:
    phone = new_phone()
    phone.scan(f"{node.wallet}/q#AAAAAAAAAAAAAAAAAAAAAA.WT.7HPR3C8N")
    phone.sees_title("这张码不是您这里的")
    phone.scan(f"{node.wallet}/q#not-a-code")
    phone.sees_title("这不是医院给您的码")
