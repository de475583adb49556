"""Four hospitals, one ledger: the whole goes on when one of them is down, and all say the same afterwards."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.journeys.key_phone import KeyPhone
from tests.journeys.node import fetch
from tests.journeys.staff import RefusedError, Staff
from tests.journeys.town import Town, begin_town, end_town

PATIENT, CODES = "赵德明", ("WX", "WT", "QH", "BQ")
DAY_MS = 86_400_000
LEVEL_WITHIN_S = 60


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with TemporaryDirectory(prefix="town-") as folder:
        yield begin_town(Path(folder))
        end_town(Path(folder))


def kill(town: Town, code: str, *parts: str) -> None:
    """Ends parts of a hospital without a last word."""
    book = json.loads((town.var / "consortium/processes.json").read_text("utf-8"))
    for part in parts:
        os.killpg(book[f"{code} {part}"][0], signal.SIGKILL)


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


def test_one_of_four_may_fail_and_comes_back_level(town: Town) -> None:
    desk, phone = Staff(town, "QH", "desk"), KeyPhone(town, "QH")
    phone.link_at(desk, desk.find(PATIENT)["id"])
    before = read_at(town, phone)
    assert before > 0
    all_level(town)
    status = town.consortium("status", code="WX")
    assert "3 of 3 connected" in status.stdout, status.stdout + status.stderr

    kill(town, "BQ", "gateway", "application", "node")
    assert read_at(town, phone) == before

    again = town.consortium("up", "--port", str(town.port))
    assert again.returncode == 0, again.stdout + again.stderr
    all_level(town)


def test_without_a_quorum_nothing_is_released_and_the_doctor_reads_why(town: Town) -> None:
    desk, phone = Staff(town, "QH", "desk"), KeyPhone(town, "QH")
    phone.link_at(desk, desk.find("吴思远")["id"])
    doctor = Staff(town, "WX", "clinician")
    asked = doctor.ask(None, ["laboratory"], phone.now() + DAY_MS)
    request = phone.fetch(asked["reference"], "WX")["request"]
    doctor.confirm(asked["reference"])

    kill(town, "BQ", "node")
    kill(town, "WT", "node")
    with pytest.raises(RefusedError) as refused:
        phone.give(request, asked["reference"], "WX")
    assert refused.value.status == 503
    with pytest.raises(RefusedError) as nothing:
        doctor.visit(asked["reference"])
    assert nothing.value.status == 404, "no grant reached the doctor"
    status = town.consortium("status", code="WX")
    assert status.returncode == 1
    assert "two thirds" in status.stderr

    again = town.consortium("up", "--port", str(town.port))
    assert again.returncode == 0, again.stdout + again.stderr
    all_level(town)
    assert read_at(town, phone) > 0
