"""The main journey on records that somebody else made: a Synthea patient, imported while the node runs."""

from __future__ import annotations

import bz2
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import ROOT, Node
from tests.journeys.staff import Staff
from tests.journeys.town import on_both
from tests.journeys.wallet import Wallet

pytestmark = on_both
FOLDER = ROOT / "../shared/data/fhir/synthea-v2.7"
PATIENT = "085e81c0-7a95-ef02-16ef-aa1b4344deed.json.bz2"


@pytest.fixture(scope="module")
def imported(node: Node) -> dict[str, Any]:
    """The patient as the file has it, imported into the clinic's store beside the running node."""
    if not FOLDER.is_dir():
        pytest.skip(f"{FOLDER.resolve().name} is missing: put the shared test data beside the project")
    first = sorted(FOLDER.glob("0-*Information*.json.bz2"))
    assert len(first) == 2
    for paths in (first, [FOLDER / PATIENT]):
        done = node.flask("WT", "records", "import", "--institution", "WT", *map(str, paths))
        assert done.returncode == 0, done.stderr
    return patient_in(FOLDER / PATIENT)


def patient_in(file: Path) -> dict[str, Any]:
    bundle = json.loads(bz2.decompress(file.read_bytes()))
    return next(
        entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Patient"
    )


def test_a_synthea_patients_results_are_linked_asked_for_pulled_seen_and_taken_back(
    imported: dict[str, Any],
    staff: Callable[[str, str], Staff],
    console: Callable[[str, str], Console],
    new_phone: Callable[[], Wallet],
) -> None:
    family = imported["name"][0]["family"]
    desk, own, phone = staff("WT", "desk"), staff("WT", "clinician"), new_phone()
    patient = desk.find(family)
    assert family in patient["name"]
    assert patient["birth_date"] == imported["birthDate"]
    phone.link(desk, patient["id"])
    expected = {
        item["ref"]
        for item in own.open(patient["id"])["items"]
        if item["kind"] == "laboratory" and not item["labels"]
    }
    assert len(expected) >= 20

    doctor = console("WX", "clinician")
    doctor.do("ask-new")
    doctor.compose(["laboratory"], span="all")
    reference = doctor.reference()
    phone.scan(doctor.api("GET", f"references/{reference}")["url"])
    assert phone.digits() == doctor.digits()
    doctor.do("confirm")
    phone.press("数字一样，允许查看")
    phone.sees("医生已经核对，可以看了。")
    doctor.do("see")
    expect(doctor.page.locator(".panel-table td").first).to_be_visible()
    visit = doctor.api("GET", f"visits/{reference}")
    (source,) = visit["sources"]
    assert {item["ref"] for item in source["items"]} == expected
    assert visit["match"] == "no-chart"

    phone.press("回首页")
    phone.go("results")
    expect(phone.page.locator(".result").first).to_be_visible()
    phone.go("home")
    phone.page.locator('[data-keep^="close-"]').click()
    expect(doctor.page.locator(".closed.revoked")).to_be_visible()
    expect(doctor.page.locator(".panel-table td")).to_have_count(0)
    phone.go("who")
    phone.sees("您收回了允许")
    assert any("沈怀瑾" in line for line in phone.looks())


@pytest.mark.usefixtures("imported")
def test_the_same_file_again_changes_nothing(node: Node) -> None:
    again = node.flask("WT", "records", "import", "--institution", "WT", str(FOLDER / PATIENT))
    assert again.returncode == 0
    (line,) = [line for line in again.stdout.splitlines() if "│ Patient " in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[:5] == ["Patient", "1", "", "", "1"], again.stdout
