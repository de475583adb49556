"""An auditor checks the whole ledger on a page and takes it away; anybody checks the file without a node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.console import Console
from tests.journeys.node import Node
from tests.journeys.staff import Staff
from tests.journeys.town import Town, on_both

pytestmark = on_both


@pytest.fixture(scope="module")
def exported(
    node: Node, staff: Callable[[str, str], Staff], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The ledger with some looks in it, as `flask ledger export` writes it beside the running node."""
    doctor = staff("WX", "clinician")
    for patient in doctor.call("POST", "patients/search", {"text": "合成"})["patients"]:
        doctor.open(patient["id"])
    file = tmp_path_factory.mktemp("export") / "ledger.yaoshi"
    done = node.flask("WX", "ledger", "export", str(file))
    assert done.returncode == 0, done.stderr
    return file


def test_the_auditors_page_checks_everything_and_the_exported_file_verifies_offline(
    console: Callable[[str, str], Console], node: Node, exported: Path, tmp_path: Path
) -> None:
    auditor = console("WX", "auditor")
    auditor.do("check")
    # Among hospitals there is one claim more: that they signed it.
    expect(auditor.page.locator(".claim.holds")).to_have_count(4 if isinstance(node, Town) else 3)
    expect(auditor.page.locator(".audit-table tbody tr").first).to_be_visible()
    assert "合成" not in auditor.page.inner_text("main"), "the ledger names nobody"

    with auditor.page.expect_download() as download:
        auditor.do("export")
        dialog = auditor.page.locator("dialog")
        dialog.locator("#fresh-password").fill(auditor.password)
        dialog.locator("button.primary").click()
    taken = tmp_path / "taken.yaoshi"
    download.value.save_as(taken)
    checked = node.flask("WX", "ledger", "verify", str(taken), "--ledger", node.demo["ledger"])
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.strip().startswith("Everything holds")
    assert ("More than two thirds" in checked.stdout) == isinstance(node, Town)

    for file in (exported, taken):
        auditor.page.locator("#audit-file").set_input_files(file)
        auditor.sees(f"{file.name}：全部成立")
    expect(auditor.page.locator(".alarm")).to_have_count(0)


def flipped(exported: Path, target: Path) -> int:
    """The same file with one character of one record changed; gives that record's index."""
    lines = exported.read_bytes().split(b"\n")
    index = len(lines) // 2
    line = bytearray(lines[index + 1])
    place = line.index(b'"record":"') + 200
    line[place : place + 1] = b"A" if line[place : place + 1] != b"A" else b"B"
    lines[index + 1] = bytes(line)
    target.write_bytes(b"\n".join(lines))
    return index


def test_one_changed_character_is_named_offline_and_on_the_page(
    console: Callable[[str, str], Console], node: Node, exported: Path, tmp_path: Path
) -> None:
    changed = tmp_path / "changed.yaoshi"
    index = flipped(exported, changed)
    checked = node.flask("WX", "ledger", "verify", str(changed))
    assert checked.returncode == 1
    assert f"DIFFERENT: record {index}:" in checked.stdout

    auditor = console("WX", "auditor")
    auditor.page.locator("#audit-file").set_input_files(changed)
    expect(auditor.page.locator(".alarm").filter(has_text="changed.yaoshi")).to_contain_text(f"{index}")
