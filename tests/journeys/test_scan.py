"""Scanning by a camera, in the wallet and in the console; and what hostile codes come to.

No engine on Linux finds QR codes itself (BarcodeDetector), so what runs here are the posted frames.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unicodedata import category

import pytest
from playwright.sync_api import expect

from tests.gateway.qr.pictures import code as qr_code
from tests.gateway.qr.pictures import saved
from tests.journeys.camera import DENIED, Lens, with_camera
from tests.journeys.console import Console
from tests.journeys.newcomer import newcomer
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT, OTHER = "江照晚", "顾行舟"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def camera(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Windows, Lens]]:
    with with_camera(browser, tmp_path_factory.mktemp("lens")) as opened:
        yield opened


@pytest.fixture(scope="module")
def phone(
    camera: tuple[Windows, Lens],
    node: Node,
    staff: Callable[[str, str], Staff],
    tmp_path_factory: pytest.TempPathFactory,
) -> Wallet:
    """A phone with a camera and a link at the clinic."""
    newcomer(node, tmp_path_factory.mktemp("records"), PATIENT, ("WX", "WT"))
    newcomer(node, tmp_path_factory.mktemp("records"), OTHER, ("QH",))
    wallet = Wallet(camera[0].phone(), node)
    desk = staff("WT", "desk")
    patient = desk.find(PATIENT)["id"]
    desk.open(patient)
    wallet.link(desk, patient)
    return wallet


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def finds_codes_itself(page: Any) -> bool:
    formats = "async () => 'BarcodeDetector' in self ? await BarcodeDetector.getSupportedFormats() : []"
    return "qr_code" in page.evaluate(formats)


def watch_camera(page: Any) -> None:
    """Notes every track of a camera that this page opens, however soon it lets go of it."""
    page.evaluate(
        """() => {
          self.tracks = new Set();
          new MutationObserver(() => {
            const stream = document.querySelector("camera-view video")?.srcObject;
            stream?.getTracks().forEach((track) => self.tracks.add(track));
          }).observe(document.body, { childList: true, subtree: true });
        }"""
    )


def camera_states(page: Any) -> set[str]:
    return set(page.evaluate("[...self.tracks].map((track) => track.readyState)"))


def doctor_at(camera: tuple[Windows, Lens], node: Node) -> Console:
    console = Console(camera[0].desktop(), node)
    console.sign_in("WX", "clinician")
    return console


def test_the_wallet_reads_a_doctors_code_by_the_camera_and_lets_go_of_it(
    camera: tuple[Windows, Lens], node: Node, phone: Wallet
) -> None:
    doctor = doctor_at(camera, node)
    doctor.find(PATIENT)
    doctor.do("ask")
    doctor.compose(["laboratory"])
    camera[1].see(doctor.page.locator(".qr").screenshot())
    posted: list[str] = []
    phone.page.on("request", lambda sent: posted.append(sent.url) if sent.url.endswith("/scans") else None)
    phone.open()
    watch_camera(phone.page)
    phone.tap("scan")
    phone.sees("医院身份已核实")
    assert phone.digits() == doctor.digits()
    if not finds_codes_itself(phone.page):
        assert posted, "the frames went to the institution where this phone is connected"
        assert set(posted) == {f"{node.institution('WT')['base']}/wallet/scans"}
    assert camera_states(phone.page) == {"ended"}
    phone.press("不允许")


def test_the_console_reads_a_patients_code_by_the_camera_and_lets_go_of_it(
    camera: tuple[Windows, Lens], node: Node, phone: Wallet
) -> None:
    phone.open()
    phone.tap("offer")
    camera[1].see(phone.page.locator(".qr-card").screenshot())
    doctor = doctor_at(camera, node)
    doctor.find(PATIENT)
    doctor.do("ask")
    doctor.fill(["laboratory"])
    watch_camera(doctor.page)
    doctor.do("scan")
    assert phone.digits() == doctor.digits()
    phone.sees_title("扫您码的，是这位医生吗？")
    assert camera_states(doctor.page) == {"ended"}
    doctor.do("differ")
    doctor.sees("没有得到授权")


def test_a_camera_that_sees_no_code_of_ours_goes_on_looking(
    camera: tuple[Windows, Lens], phone: Wallet, staff: Callable[[str, str], Staff]
) -> None:
    asked = staff("WX", "clinician").ask(None, ["laboratory"], now_ms() + HOUR_MS)
    camera[1].see(qr_code("https://evil.example/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N"))
    phone.open()
    watch_camera(phone.page)
    phone.tap("scan")
    phone.sees("这不是医院给您的码")
    phone.sees("https://evil.example/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N")
    expect(phone.page.locator("camera-view video")).to_be_visible()
    assert camera_states(phone.page) == {"live"}
    # The page is hidden for a moment, and the right code is there when it comes back.
    camera[1].see(qr_code(asked["url"]))
    hide(phone.page, True)
    expect(phone.page.locator("camera-view video")).to_have_count(0)
    hide(phone.page, False)
    phone.sees("医院身份已核实")
    phone.press("不允许")


def hide(page: Any, hidden: bool) -> None:
    """What a phone does when its owner turns to another app."""
    page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
          const state = hidden ? "hidden" : "visible";
          Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


@pytest.mark.usefixtures("phone")
def test_a_wallet_without_a_link_says_what_else_works(
    camera: tuple[Windows, Lens], node: Node, staff: Callable[[str, str], Staff]
) -> None:
    stranger = Wallet(camera[0].phone(), node)
    stranger.open()
    if finds_codes_itself(stranger.page):
        return  # then its own camera works here as well
    stranger.press("扫登记处的二维码")
    stranger.sees(re.compile("请用手机自带的相机对准二维码"))
    assert stranger.page.locator("camera-view, #photo").count() == 0
    desk = staff("QH", "desk")
    patient = desk.find(OTHER)["id"]
    invited = desk.invite(patient)
    stranger.tap("type")
    stranger.page.get_by_label("二维码下面的 10 个字符").fill(invited["code"])
    stranger.press("继续")
    stranger.digits()
    stranger.press("不一样，停下")


@pytest.mark.usefixtures("phone")
def test_a_camera_that_is_not_allowed_leads_to_photo_and_code_with_the_reason(
    browser: Any, tmp_path: Path, node: Node, staff: Callable[[str, str], Staff]
) -> None:
    with with_camera(browser, tmp_path, DENIED) as (windows, _):
        wallet = Wallet(windows.phone(), node)
        desk = staff("QH", "desk")
        patient = desk.find(OTHER)["id"]
        wallet.link(desk, patient)
        wallet.tap("scan")
        wallet.sees(re.compile("没有允许使用摄像头"))
        asked = staff("WX", "clinician").ask(None, ["laboratory"], now_ms() + HOUR_MS)
        choose(wallet.page, "#photo", saved(qr_code(asked["url"])))
        wallet.sees("医院身份已核实")
        wallet.press("不允许")
        doctor = Console(windows.desktop(), node)
        doctor.sign_in("WX", "clinician")
        doctor.do("ask-new")
        doctor.fill(["laboratory"])
        doctor.do("scan")
        doctor.sees(re.compile("没有允许使用摄像头"))


def test_a_computer_without_a_camera_says_so(console: Callable[[str, str], Console]) -> None:
    doctor = console("WX", "clinician")
    doctor.do("ask-new")
    doctor.fill(["laboratory"])
    doctor.do("scan")
    doctor.sees(re.compile("没有可以用的摄像头"))
    choose(doctor.page, "#scan-picture", saved(qr_code("x").crop((0, 0, 40, 40))))
    doctor.sees("这张图片里没有找到二维码。")
    choose(doctor.page, "#scan-picture", b"this is no picture")
    doctor.sees("这张图片里没有找到二维码。")


HOSTILE = {
    "another origin": "https://evil.example/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N",
    "a Cyrillic letter": "http://127.0.0.1:{port}/q#QqEHd7DuweIHRigsLfmkcА.WT.7HPR3C8N",
    "our host as a user name": "http://127.0.0.1:{port}@evil.example/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N",
    "another port": "http://127.0.0.1:1{port}/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N",
    "our host as a beginning": "http://127.0.0.1.evil.example/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N",
    "a program": "javascript:document.body.remove()",
    "a page": "data:text/html,<script>document.body.remove()</script>",
    "markup": "<img src=x onerror=\"document.body.remove()\"><h1>允许</h1>",
    "4 kB": "A" * 2900,
    "text that runs backwards": "\u202e\u2066moc.elpmaxe.tellaw\u2069\u202c",
    "nothing that can be seen": "\u200b\u2060\ufeff\u00ad",
    "controls": "\x00\x07\x1b[2J\r\n",
    "a template": "{{7*7}}${{7*7}}{count}",
    "signs of many sorts": "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤ 👩‍👩‍👧‍👦 ﷽",
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_code_is_text_in_the_wallet_and_in_the_console(
    text: str, node: Node, phone: Wallet, scanning: Console
) -> None:
    said = text.replace("{port}", str(node.port))
    picture = saved(qr_code(said, 1100), "PNG")
    phone.open()
    phone.tap("scan")
    for page, field, longest in ((phone.page, "#photo", 120), (scanning.page, "#scan-picture", 300)):
        before = page.url
        choose(page, field, picture)
        shown = page.locator(".foreign")
        expect(shown).to_have_js_property("textContent", as_shown(said, longest))
        assert page.url == before, "nothing was opened"
        assert shown.locator("*").count() == 0, "text, not markup"


@pytest.fixture(scope="module")
def scanning(camera: tuple[Windows, Lens], node: Node) -> Console:
    """A doctor who waits for a patient's code; what the camera sees now it sees for all windows."""
    camera[1].see_nothing()
    doctor = doctor_at(camera, node)
    doctor.do("ask-new")
    doctor.fill(["laboratory"])
    doctor.do("scan")
    doctor.page.locator("#scan-picture").wait_for(state="attached")
    return doctor


def as_shown(text: str, longest: int) -> str:
    """The beginning of it, and by its number each sign that nobody can see."""
    unseen = {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
    return "".join(f"⟨{ord(sign):04X}⟩" if category(sign) in unseen else sign for sign in text[:longest])


def choose(page: Any, field: str, data: bytes) -> None:
    page.locator(field).set_input_files({"name": "code.png", "mimeType": "image/png", "buffer": data})
