"""The patient starts: shows a code, one doctor takes it, and from there it goes as when a doctor asks."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from ledger.encoding import b64u
from tests.journeys.console import Console
from tests.journeys.newcomer import newcomer
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

pytestmark = on_both
PATIENT = "方知远"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/q#[\w-]{22}\.(WT|QH)\.[0-9A-HJKMNP-TV-Z]{8}")


@pytest.fixture(scope="module")
def phone(
    windows: Windows,
    node: Node,
    staff: Callable[[str, str], Staff],
    tmp_path_factory: pytest.TempPathFactory,
) -> Wallet:
    """A phone with links at the clinic and the examination centre."""
    newcomer(node, tmp_path_factory.mktemp("records"), PATIENT, ("WX", "WT", "QH"))
    wallet = Wallet(windows.phone(), node)
    for code in ("WT", "QH"):
        desk = staff(code, "desk")
        patient = desk.find(PATIENT)["id"]
        desk.open(patient)
        wallet.link(desk, patient)
    return wallet


@pytest.fixture
def doctor(console: Callable[[str, str], Console], phone: Wallet) -> Console:
    """A doctor at the hospital who has filled in what to ask, and turns to the patient's code."""
    return scanning(console("WX", "clinician"))


def scanning(doctor: Console) -> Console:
    doctor.find(PATIENT)
    doctor.do("ask")
    doctor.fill(["laboratory", "medication"])
    doctor.do("scan")
    expect(doctor.page.locator("#offer-code")).to_be_visible()
    return doctor


def show_code(phone: Wallet) -> str:
    """Opens the patient's own code; gives the ten characters below it."""
    phone.open()
    phone.tap("offer")
    code = phone.page.locator(".typed-code")
    expect(code).to_be_visible()
    return str(code.inner_text())


def type_code(doctor: Console, code: str) -> None:
    doctor.page.locator("#offer-code").fill(code)
    doctor.do("scan-go")


def test_the_patient_shows_a_code_and_the_doctor_reads_what_was_chosen(
    phone: Wallet, doctor: Console, windows: Windows, new_phone: Callable[[], Wallet]
) -> None:
    show_code(phone)
    picture = phone.page.locator(".qr-card").screenshot()
    text = windows.read_code(picture)
    assert ADDRESS.fullmatch(text), "the code holds a reference at one institution and nothing else"

    photographer = new_phone()
    photographer.scan(text)
    photographer.sees_title("这张码要由医生来扫")
    photographer.sees(re.compile("什么也没有取走，码还能用"))

    doctor.page.locator("#scan-picture").set_input_files(
        {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": as_photo(picture)}
    )
    phone.sees_title("扫您码的，是这位医生吗？")
    phone.sees("医院身份已核实")
    phone.sees(re.compile("内分泌科 · 沈怀瑾"))
    phone.sees("看病：糖尿病复诊")
    assert phone.digits() == doctor.digits()
    assert doctor.page.locator(".qr img").count() == 0
    doctor.do("confirm")

    phone.tap("change-what")
    phone.page.locator('[id="check-medication"]').uncheck()
    phone.page.locator(".foot .button").click()
    with phone.page.expect_response(re.compile("/grants$")):
        phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    expect(doctor.page.locator(".arrived-table tbody tr")).to_have_count(2)
    visit = doctor.api("GET", f"visits/{doctor.reference()}")
    kinds = {item["kind"] for source in visit["sources"] for item in source["items"]}
    assert kinds == {"laboratory"}
    phone.press("回首页")
    phone.sees_title("现在有 1 家医院能看您的记录")


def as_photo(picture: bytes) -> bytes:
    """A photograph of the phone's screen: large, turned a little, a JPEG."""
    seen = Image.open(io.BytesIO(picture)).convert("RGB").resize((900, 900))
    photo = Image.new("RGB", (3200, 2400), (120, 124, 118))
    photo.paste(seen.rotate(8, expand=True, fillcolor=(120, 124, 118)), (1100, 700))
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=85)
    return file.getvalue()


def test_of_two_doctors_the_first_gets_the_code_and_the_other_a_plain_word(
    phone: Wallet, doctor: Console, console: Callable[[str, str], Console]
) -> None:
    late = scanning(console("WX", "clinician"))
    code = show_code(phone)
    type_code(doctor, code.lower())
    assert phone.digits() == doctor.digits()
    type_code(late, code)
    late.sees("患者出示的这张码无效")
    late.sees(re.compile("请患者再出示一张。没有送出任何内容"))
    phone.press("不允许")
    doctor.sees("没有得到授权")


def test_ten_more_minutes_by_a_tap(phone: Wallet) -> None:
    show_code(phone)
    phone.sees(re.compile("还有 9 分"))
    phone.tap("more-time")
    phone.sees(re.compile("还有 19 分"))
    for _ in range(4):
        with phone.page.expect_response(re.compile("/extend$")):
            phone.tap("more-time")
    with phone.page.expect_response(re.compile("/extend$")):
        phone.tap("more-time")
    phone.sees("这张码最多用一小时，不能再加了。")


def test_leaving_the_code_ends_it(phone: Wallet, doctor: Console) -> None:
    code = show_code(phone)
    with phone.page.expect_response(re.compile("/stop$")):
        phone.press("不用了，作废这张码")
    type_code(doctor, code)
    doctor.sees("患者出示的这张码无效")
    phone.sees_title(re.compile("看您的记录"))


def test_a_word_that_is_no_code_is_said_to_be_none(doctor: Console) -> None:
    type_code(doctor, "hello")
    doctor.sees("这不是患者手机出示的码")
    doctor.do("scan-leave")
    doctor.do("send")
    doctor.sees_code()


def test_a_doctors_own_code_is_no_code_of_a_patient(
    doctor: Console, staff: Callable[[str, str], Staff], phone: Wallet
) -> None:
    until = int(datetime.now(UTC).timestamp() * 1000) + 3_600_000
    asked = staff("WX", "clinician").ask(None, ["laboratory"], until)
    type_code(doctor, asked["url"])
    doctor.sees("患者出示的这张码无效")
    phone.scan(asked["url"])
    phone.sees("医院身份已核实")
    phone.press("不允许")


def other_signature(answer: dict[str, Any]) -> None:
    head, payload, _ = answer["claim"]["request"].split(".")
    answer["claim"]["request"] = f"{head}.{payload}.{b64u(bytes(64))}"


def other_words(answer: dict[str, Any]) -> None:
    head, payload, signature = answer["claim"]["request"].split(".")
    answer["claim"]["request"] = f"{head}.{payload[:-8]}AAAAAAAA.{signature}"


def another_institution(answer: dict[str, Any]) -> None:
    answer["claim"]["institution"] = "0" * 32


def no_text_at_all(answer: dict[str, Any]) -> None:
    answer["claim"]["request"] = "<img src=x onerror=alert(1)>"


FORGED = {
    "its signature is another": other_signature,
    "its words are others": other_words,
    "an institution that nobody knows is said to ask": another_institution,
    "it is no request": no_text_at_all,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
def test_no_name_is_shown_when_what_was_put_in_is_forged(
    forge: Callable[[dict[str, Any]], None], phone: Wallet, doctor: Console
) -> None:
    code = show_code(phone)
    with lying(phone, re.compile(r"/wallet/offers/[0-9A-Z]{8}$"), only_claimed(forge)):
        type_code(doctor, code)
        phone.sees_title("查不到扫码的是哪家医院，别允许")
    phone.never_shows(re.compile("沈怀瑾|望溪市"))
    doctor.sees("患者的手机正在核对您的请求")
    assert doctor.page.locator(".digit:not(.empty)").count() == 0


def test_a_request_of_another_offer_is_for_nobody_here(
    phone: Wallet, doctor: Console, console: Callable[[str, str], Console]
) -> None:
    first = show_code(phone)
    type_code(doctor, first)
    phone.digits()
    phone.press("不允许")
    caught: list[dict[str, Any]] = []
    code = show_code(phone)
    with lying(phone, re.compile(r"/wallet/offers/[0-9A-Z]{8}$"), only_claimed(caught.append)):
        type_code(scanning(console("WX", "clinician")), code)
        phone.digits()
    phone.press("不允许")

    def replay(answer: dict[str, Any]) -> None:
        answer["claim"] = caught[0]["claim"]

    code = show_code(phone)
    with lying(phone, re.compile(r"/wallet/offers/[0-9A-Z]{8}$"), only_claimed(replay)):
        type_code(scanning(console("WX", "clinician")), code)
        phone.sees_title("查不到扫码的是哪家医院，别允许")


def test_a_request_that_changed_on_its_way_is_stopped_with_words(phone: Wallet, doctor: Console) -> None:
    def change(answer: dict[str, Any]) -> None:
        if answer.get("type") == "ask":
            answer["request"] += "A"

    code = show_code(phone)
    with lying(phone, re.compile(r"/wallet/references/[0-9A-Z]{8}$"), change):
        type_code(doctor, code)
        phone.sees_title("对方前后给的请求不一样，别允许")
    phone.never_shows(re.compile("沈怀瑾"))
    doctor.sees("没有得到授权")


def test_a_request_that_the_doctor_took_back_meanwhile_is_said_to_be_gone(
    phone: Wallet, doctor: Console
) -> None:
    code = show_code(phone)
    pattern = re.compile(r"/wallet/references/[0-9A-Z]{8}$")

    def too_late(route: Route) -> None:
        doctor.do("cancel")
        doctor.sees("没有得到授权")
        route.continue_()

    phone.page.route(pattern, too_late)
    try:
        type_code(doctor, code)
        phone.sees_title("医生的请求已经不在了")
    finally:
        phone.page.unroute(pattern)


def only_claimed(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def changed(answer: dict[str, Any]) -> None:
        if answer.get("claim"):
            change(answer)

    return changed


class lying:  # noqa: N801 - reads as a condition: with lying(phone, …)
    """While it lasts, JSON answers to addresses of this pattern are changed on their way to the phone."""

    def __init__(
        self, phone: Wallet, pattern: re.Pattern[str], change: Callable[[dict[str, Any]], None]
    ) -> None:
        self._page, self._pattern, self._change = phone.page, pattern, change

    def __enter__(self) -> None:
        self._page.route(self._pattern, self._answer)

    def __exit__(self, *_: object) -> None:
        self._page.unroute(self._pattern)

    def _answer(self, route: Route) -> None:
        answer = route.fetch()
        body = json.loads(answer.text())
        self._change(body)
        route.fulfill(response=answer, body=json.dumps(body))
