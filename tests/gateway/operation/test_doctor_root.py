"""Root is told to hand a node over with all that lies beside its data, and nothing before there is a node."""

from __future__ import annotations

from gateway.composition import Gateway
from gateway.operation.doctor import machine
from gateway.operation.doctor.findings import Scene, quoted
from gateway.settings import Settings


def test_root_is_told_to_hand_over_the_node_and_all_beside_it(gw: Gateway) -> None:
    settings = gw.settings
    demo = settings.data.parent / "demo.json"
    demo.write_text("{}")
    gw.watermark.raise_now()
    found = {one.code: one for one in machine.examine(Scene(settings, {}, gw.clock(), 0))}
    owned_by_root = settings.data.stat().st_uid == 0
    assert ("running-as-root" in found) == owned_by_root
    if owned_by_root:
        command = found["running-as-root"].command
        for path in (settings.data, settings.data.parent, settings.mark_path, demo):
            assert quoted(path) in command.split()


def test_root_is_told_nothing_of_a_folder_that_is_not_there(elsewhere: Settings) -> None:
    found = machine.examine(Scene(elsewhere, {}, 1, 0))
    assert "running-as-root" not in [one.code for one in found]
