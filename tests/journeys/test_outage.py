"""The node goes away while a phone is open: what is taken back then goes out by itself once it is back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.node import Node, free_port, start_again, start_node, stop_node
from tests.journeys.staff import Staff
from tests.journeys.wallet import Wallet
from tests.journeys.windows import Windows

PATIENT = "吴思远"
DAY_MS = 86_400_000
RETURN_MS = 20_000


@pytest.fixture
def own_node(tmp_path: Path) -> Iterator[Node]:
    running = start_node(tmp_path, free_port())
    yield running
    stop_node(running)


def test_what_is_taken_back_while_the_node_is_down_goes_out_without_another_tap(
    own_node: Node, windows: Windows
) -> None:
    phone = Wallet(windows.phone(), own_node)
    desk, doctor = Staff(own_node, "WT", "desk"), Staff(own_node, "WX", "clinician")
    phone.link(desk, desk.find(PATIENT)["id"])
    now = int(phone.page.evaluate("Date.now()"))
    ask = doctor.ask(None, ["laboratory"], now + DAY_MS)
    phone.allow(doctor, ask)
    assert doctor.visit(ask["reference"])["sources"][0]["state"] == "open"

    stop_node(own_node, signal.SIGKILL)
    phone.page.locator('[data-keep^="close-"]').click()
    phone.sees("还没送出，联网后马上送")
    start_again(own_node)
    expect(phone.page.get_by_text("已收回")).to_be_visible(timeout=RETURN_MS)
    phone.sees_title("现在没有人能看您的记录")
    after = Staff(own_node, "WX", "clinician").visit(ask["reference"])
    assert [(source["state"], source["items"]) for source in after["sources"]] == [("revoked", [])]
