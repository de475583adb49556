"""What a doctor does not file is gone from the asking institution: searched for in every table and file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import canaries
from tests.journeys.canaries import HBA1C, in_files, in_tables
from tests.journeys.key_phone import KeyPhone
from tests.journeys.node import Node, free_port, start_again, start_node, stop_node
from tests.journeys.staff import Staff

PATIENT, CHART = "赵德明", "1001-0873"
DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def own_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    running = start_node(tmp_path_factory.mktemp("retention"), free_port())
    yield running
    stop_node(running)


class Scene:
    """A doctor at WX, a phone linked at WT, where the canaries are."""

    def __init__(self, node: Node, folder: Path) -> None:
        self.node = node
        canaries.import_canaries(node, "WT", CHART, folder)
        self.phone, desk = KeyPhone(node, "WT"), Staff(node, "WT", "desk")
        self.phone.link_at(desk, desk.find(PATIENT)["id"])
        self.sign_in()
        self.patient = self.doctor.find(PATIENT)["id"]
        self.doctor.open(self.patient)

    def sign_in(self) -> None:
        self.doctor = Staff(self.node, "WX", "clinician")

    def granted(self) -> tuple[str, str]:
        """Asked, given, digits compared: (reference, grant)."""
        asked = self.doctor.ask(self.patient, ["laboratory"], self.phone.now() + DAY_MS)
        request = self.phone.fetch(asked["reference"], "WX")["request"]
        grant = self.phone.give(request, asked["reference"], "WX")
        self.doctor.confirm(asked["reference"])
        return asked["reference"], grant

    def seen(self, reference: str) -> str:
        return str(self.doctor.visit(reference))

    def elsewhere(self) -> list[canaries.Found]:
        """Canaries in rows that are not the custodian's own."""
        return [found for found in in_tables(self.node) if found.institution != self.phone.institution]


@pytest.fixture(scope="module")
def scene(own_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return Scene(own_node, tmp_path_factory.mktemp("canaries"))


def test_nothing_reaches_a_table_while_the_view_is_open(scene: Scene) -> None:
    reference, _ = scene.granted()
    assert HBA1C in scene.seen(reference)
    assert scene.elsewhere() == []


def test_a_repeat_keeps_nothing_of_what_the_result_said(scene: Scene) -> None:
    reference, _ = scene.granted()
    scene.seen(reference)
    body = {"patient": scene.patient, "visits": [reference], "orders": [{"group": "lipids", "code": ldl()}]}
    [check] = scene.doctor.call("POST", "orders/check", body)["checks"]
    assert canaries.LDL in str(check["items"])
    why = {"reason": "quality-doubt", "words": "标本可疑", "informed": "yes"}
    scene.doctor.call("POST", f"orders/{check['order']['id']}/repeat", why)
    assert scene.elsewhere() == []


def test_only_what_was_used_is_filed(scene: Scene) -> None:
    reference, grant = scene.granted()
    scene.seen(reference)
    body = {"patient": scene.patient, "visits": [reference], "orders": [{"group": "hba1c"}]}
    [check] = scene.doctor.call("POST", "orders/check", body)["checks"]
    scene.doctor.call("POST", f"orders/{check['order']['id']}/use", {"visits": [reference]})
    scene.doctor.call("DELETE", f"visits/{reference}")
    scene.phone.revoke(grant)
    filed = scene.elsewhere()
    assert {found.table for found in filed if found.table != "record"} <= {"record_quantity"}
    [copy] = [found for found in filed if found.table == "record"]
    assert (copy.database, copy.row["type"]) == ("gateway.db", "Observation")
    assert copy.institution == scene.node.institution("WX")["id"]
    assert copy.row["source_id"].startswith("urn:yaoshi:copy:")
    assert HBA1C in copy.row["json_text"]
    for other in (canaries.LDL, canaries.FREE_T4, canaries.WORDS):
        assert other not in str(filed)


def test_no_file_holds_a_trace_of_what_was_not_filed(scene: Scene) -> None:
    node = scene.node
    stop_node(node)
    custodian = scene.phone.institution
    canaries.forget_custodian(node, custodian)
    held = in_files(node)
    assert list(held) == [f"{node.data.name}/gateway.db"]
    assert set(*held.values()) == {HBA1C, canaries.METHOD}
    start_again(node)


def ldl() -> str:
    return f"{canaries.LOINC}|22748-8"
