"""The node goes away under open pages: nothing stays that may be taken back; what waited goes out."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node, free_port, start_again, start_node, stop_node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT = "吴思远"
# Streams open again after seconds; the doctor's page trusts silence for twelve.
WAIT_MS = 30_000


@pytest.fixture
def own_node(tmp_path: Path) -> Iterator[Node]:
    running = start_node(tmp_path, free_port())
    yield running
    stop_node(running)


def test_what_is_taken_back_while_the_node_is_down_goes_out_without_another_tap(
    own_node: Node, windows: Windows
) -> None:
    phone, doctor = Wallet(windows.phone(), own_node), Console(windows.desktop(), own_node)
    desk = Staff(own_node, "WT", "desk")
    phone.link(desk, desk.find(PATIENT)["id"])
    doctor.sign_in("WX", "clinician")
    doctor.do("ask-new")
    doctor.compose(["laboratory"])
    phone.scan(doctor.api("GET", f"references/{doctor.reference()}")["url"])
    doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    phone.press("回首页")
    doctor.do("see")
    cells = doctor.page.locator(".panel-table td")
    expect(cells.first).to_be_visible()

    stop_node(own_node, signal.SIGKILL)
    phone.sees("核对过，之后还没有")
    phone.page.locator('[data-keep^="close-"]').click()
    phone.sees("还没送出，联网后马上送")
    expect(doctor.page.get_by_text("连不上服务器，外院内容已从本页收起")).to_be_visible(timeout=WAIT_MS)
    expect(cells).to_have_count(0)

    start_again(own_node)
    expect(phone.page.get_by_text("已收回")).to_be_visible(timeout=WAIT_MS)
    phone.sees_title("现在没有人能看您的记录")
    expect(doctor.page.get_by_text("患者已收回").first).to_be_visible(timeout=WAIT_MS)
    doctor.never_shows("连不上服务器，外院内容已从本页收起")
    expect(cells).to_have_count(0)
