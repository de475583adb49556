"""A lost phone: the desk connects another, with a delay; the earlier phone is told, and can contest it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import expect

from ledger.encoding import unb64u
from ledger.signing import thumbprint
from tests.journeys.console import Console
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet

pytestmark = on_both
PATIENT, OTHER_PATIENT = "周雨桐", "吴思远"
LOOKS_OF_OWN_DOCTOR = '.thread .knot.look .thread-entry:has-text("周明远")'
DAY_MS = 86_400_000
At = Callable[[str, str], Staff]
Consoles = Callable[[str, str], Console]
Phones = Callable[[], Wallet]


@dataclass
class Replaced:
    """Two phones of one person at the clinic, the second put in the place of the first by the desk."""

    earlier: Wallet
    new: Wallet
    new_kid: str
    link: str
    ask: dict[str, Any]


def kid_of(phone: Wallet) -> list[str]:
    """Fills with the name of each key that this phone shows to a desk."""
    kids: list[str] = []

    def hear(request: Any) -> None:
        if request.method == "POST" and "/wallet/references/" in request.url:
            kids.append(thumbprint(unb64u(json.loads(request.post_data)["key"])))

    phone.page.on("request", hear)
    return kids


def replace_phone(desk: Console, phone: Wallet, name: str) -> None:
    """The desk's own page for it: three checks, the password again, the code, the digits."""
    desk.find(name)
    desk.do("to-rekey")
    desk.check_identity()
    desk.do("invite")
    dialog = desk.page.locator("dialog")
    dialog.locator("#fresh-password").fill(desk.password)
    dialog.locator("button.primary").click()
    desk.sees_code()
    phone.type_code(desk.page.locator(".typed-code").inner_text())
    assert phone.digits() == desk.digits()
    phone.say_same()
    desk.do("confirm")
    expect(desk.page.locator(".big-tick")).to_be_visible()
    phone.sees("连好了")
    phone.press("回首页")


def replaced(at: At, console: Consoles, new_phone: Phones, name: str) -> Replaced:
    desk, doctor, earlier, new = at("WT", "desk"), at("WX", "clinician"), new_phone(), new_phone()
    patient = desk.find(name)["id"]
    earlier.link(desk, patient)
    ask = doctor.ask(None, ["laboratory"], now_ms() + DAY_MS)
    earlier.allow(doctor, ask)
    assert doctor.visit(ask["reference"])["sources"][0]["state"] == "open"
    kids = kid_of(new)
    replace_phone(console("WT", "desk"), new, name)
    return Replaced(earlier, new, kids[0], desk.open(patient)["link"]["id"], ask)


def cannot_give(phone: Wallet, doctor: Staff) -> None:
    """This phone is asked; it says that it can allow nothing, and the doctor gets nothing."""
    ask = doctor.ask(None, ["laboratory"], now_ms() + DAY_MS)
    phone.scan(ask["url"])
    phone.sees_title("这部手机现在还不能允许")
    phone.never_shows("数字一样，允许查看")
    assert doctor.reference(ask["reference"])["state"] == "claimed"


def can_give(phone: Wallet, doctor: Staff) -> None:
    ask = doctor.ask(None, ["laboratory"], now_ms() + DAY_MS)
    phone.allow(doctor, ask)
    (source,) = doctor.visit(ask["reference"])["sources"]
    assert source["state"] == "open"
    assert source["items"]


def test_a_contested_replacement_lets_nobody_give_until_the_institution_settles_it(
    console: Consoles, new_phone: Phones, staff: At, node: Node
) -> None:
    both = replaced(staff, console, new_phone, PATIENT)
    doctor = staff("WX", "clinician")
    assert doctor.visit(both.ask["reference"])["sources"][0]["state"] in ("ended", "revoked")
    both.new.sees(re.compile("这部手机要等到.* 才能允许别人看"))
    cannot_give(both.new, doctor)

    earlier, own = both.earlier, staff("WT", "clinician")
    own.open(own.find(PATIENT)["id"])
    earlier.open()
    earlier.sees_title("登记处给您连上了另一部手机")
    expect(earlier.page.locator(".alarm, .alarm-mark")).to_have_count(0)
    shown = reads_up_to_the_replacement(earlier)
    both.new.open()
    both.new.go("who")
    expect(both.new.page.locator(LOOKS_OF_OWN_DOCTOR)).to_have_count(shown + 1)

    earlier.open()
    earlier.press("不是我")
    earlier.sees(re.compile("^您说不是您办的。"))
    both.new.open()
    both.new.sees(re.compile("原来那部手机说换手机不是本人办的"))
    cannot_give(both.new, doctor)
    cannot_give(earlier, doctor)

    with node.stopped("WT"):
        settled = node.flask("WT", "institution", "settle", "WT", both.link, "--stay", both.new_kid)
    assert settled.stdout.strip() == "Settled.", settled.stderr
    both.new.open()
    both.new.sees_title("现在没有人能看您的记录")
    can_give(both.new, doctor)
    both.new.go("who")
    both.new.sees("医院处理了换手机的争议")
    both.new.sees(re.compile("已由这部手机核对"))


def reads_up_to_the_replacement(earlier: Wallet) -> int:
    """The earlier phone proves everything until it was replaced, and is shown nothing after.

    Gives how many looks of the clinic's doctor it shows.
    """
    earlier.press("首页")
    earlier.sees(re.compile("您换了一部手机"))
    earlier.go("who")
    earlier.sees(re.compile("已由这部手机核对"))
    newest = earlier.page.locator(".thread .knot").first
    expect(newest).to_contain_text("登记处连上了一部手机")
    expect(earlier.page.locator(".alarm")).to_have_count(0)
    return int(earlier.page.locator(LOOKS_OF_OWN_DOCTOR).count())


def test_a_replacement_that_the_earlier_phone_confirms_can_be_used_at_once(
    console: Consoles, new_phone: Phones, staff: At
) -> None:
    both = replaced(staff, console, new_phone, OTHER_PATIENT)
    doctor = staff("WX", "clinician")
    cannot_give(both.new, doctor)
    both.earlier.open()
    both.earlier.press("这是我办的")
    both.earlier.sees("您已确认。新手机现在可以用了。")
    can_give(both.new, doctor)
    cannot_give(both.earlier, doctor)


def now_ms() -> int:
    return time.time_ns() // 1_000_000
