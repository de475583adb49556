"""An emergency ends at once: by the patient, on review, by who declared it, or because its time is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.console.visits import ROOM
from tests.gateway.glass.scene import TTL, Scene, linked
from tests.gateway.wallet.phone import Phone

Close = Callable[[Scene, Phone, dict[str, Any]], Any]


def held(scene: Scene, emergency: str) -> Any:
    """The one source that is held in memory for the doctor's view."""
    [key] = [key for key in scene.story.app.extensions[ROOM]._views if key[1] == emergency]
    [source] = scene.story.app.extensions[ROOM]._views[key].sources.values()
    return source


def wait_until(scene: Scene, channel: str, condition: Callable[[], bool]) -> None:
    """Wait on the bus, as a screen does, until the condition holds."""
    since = 0
    for _ in range(50):
        if condition():
            return
        changed = scene.gw.bus.wait([channel, "visits"], since, 1.0)
        since = max(changed.values(), default=since)
    assert condition()


def end(scene: Scene, begun: dict[str, Any]) -> Any:
    return scene.doctor.post(f"/console/api/emergencies/{begun['emergency']}/close", json={})


CLOSED: dict[str, tuple[Close, str]] = {
    "the patient stops it": (
        lambda scene, phone, begun: phone.submit("glass.closed", glass=begun["glass"]),
        "patient",
    ),
    "the custodian's privacy officer stops it": (
        lambda scene, phone, begun: scene.stop(begun["glass"]),
        "institution",
    ),
    "the one who declared it ends it": (
        lambda scene, phone, begun: end(scene, begun),
        "institution",
    ),
}


@pytest.mark.parametrize("case", CLOSED)
def test_the_view_is_emptied_without_anybody_asking_when(case: str, scene: Scene) -> None:
    close, by = CLOSED[case]
    phone = linked(scene)
    begun = scene.declared()
    scene.seen(begun["emergency"])
    source = held(scene, begun["emergency"])
    assert source.items
    before = scene.gw.bus.cursor(f"staff:{scene.story.clinic}")
    answer = close(scene, phone, begun)
    assert answer.status_code in (200, 201), answer.text
    wait_until(scene, f"staff:{scene.story.clinic}", lambda: source.items is None)
    assert scene.gw.bus.wait([f"staff:{scene.story.clinic}"], before, 5.0)
    assert (source.state, source.patient) == ("closed", None)
    seen = scene.seen(begun["emergency"])
    assert (seen["state"], seen["closed"]["by"], seen["demographics"]) == ("closed", by, None)
    assert (seen["sources"][0]["state"], seen["sources"][0]["items"]) == ("closed", [])


@pytest.mark.parametrize("case", CLOSED)
def test_nothing_more_is_released_when(case: str, scene: Scene) -> None:
    close, _ = CLOSED[case]
    phone = linked(scene)
    begun = scene.declared()
    close(scene, phone, begun)
    for answer in (scene.look(begun["emergency"]), scene.refresh(begun["emergency"])):
        assert answer.json["sources"][0]["state"] == "closed"
    assert "disclosure.made" not in scene.kinds(phone.link)


def test_an_emergency_is_over_at_its_end(scene: Scene) -> None:
    begun = scene.declared(ttl_ms=600_000)
    assert scene.source(begun["emergency"])["ends_at"] == begun["until"] == begun["from"] + 600_000
    scene.story.clock.advance(minutes=9)
    assert scene.source(begun["emergency"])["state"] == "open"
    scene.story.clock.advance(minutes=1)
    seen = scene.seen(begun["emergency"])
    assert (seen["state"], seen["closed"]) == ("expired", None)
    [source] = seen["sources"]
    assert (source["state"], source["items"], source["ended_at"]) == ("expired", [], begun["until"])
    assert scene.refresh(begun["emergency"]).json["state"] == "expired"


def test_the_view_empties_itself_at_the_end(scene: Scene) -> None:
    begun = scene.declared(ttl_ms=600_000)
    scene.seen(begun["emergency"])
    source = held(scene, begun["emergency"])
    scene.story.clock.advance(minutes=10)
    scene.story.app.extensions[ROOM].sweep()
    assert (source.state, source.items) == ("expired", None)


def test_a_closed_link_ends_it(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    scene.seen(begun["emergency"])
    assert phone.submit("link.close").status_code == 201
    seen = scene.seen(begun["emergency"])
    assert (seen["state"], seen["sources"][0]["items"]) == ("closed", [])
    assert phone.submit("glass.closed", glass=begun["glass"]).status_code == 201


def test_a_replaced_phone_can_still_stop_it(scene: Scene) -> None:
    phone = linked(scene)
    scene.story.linked(rekey=True)
    begun = scene.declared()
    assert phone.submit("glass.closed", glass=begun["glass"]).status_code == 201
    assert scene.seen(begun["emergency"])["state"] == "closed"


def test_a_new_phone_that_waits_can_stop_it(scene: Scene) -> None:
    linked(scene)
    new = scene.story.linked(rekey=True)
    begun = scene.declared()
    assert new.submit("glass.closed", glass=begun["glass"]).status_code == 201


def test_a_changed_phone_does_not_end_it(scene: Scene) -> None:
    linked(scene)
    begun = scene.declared()
    scene.story.linked(rekey=True)
    assert scene.source(begun["emergency"])["state"] == "open"


REFUSED: dict[str, tuple[Close, str]] = {
    "it was closed before": (
        lambda scene, phone, begun: (
            phone.submit("glass.closed", glass=begun["glass"]),
            scene.story.clock.advance(1),
            phone.submit("glass.closed", glass=begun["glass"]),
        )[2],
        "glass-closed",
    ),
    "the review closed it before": (
        lambda scene, phone, begun: (
            scene.stop(begun["glass"]),
            phone.submit("glass.closed", glass=begun["glass"]),
        )[1],
        "glass-closed",
    ),
    "the patient closed it before": (
        lambda scene, phone, begun: (
            phone.submit("glass.closed", glass=begun["glass"]),
            scene.stop(begun["glass"]),
        )[1],
        "glass-closed",
    ),
    "there is no such emergency": (
        lambda scene, phone, begun: phone.submit("glass.closed", glass="0" * 64),
        "glass-unknown",
    ),
    "the declarer's privacy officer stops it": (
        lambda scene, phone, begun: scene.stop(begun["glass"], scene.officer_there),
        "review-unknown",
    ),
    "the declarer ends it twice": (
        lambda scene, phone, begun: (
            end(scene, begun),
            scene.story.clock.advance(1),
            end(scene, begun),
        )[2],
        "glass-closed",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_closing_is_refused_when(case: str, scene: Scene) -> None:
    act, code = REFUSED[case]
    phone = linked(scene)
    begun = scene.declared()
    assert act(scene, phone, begun).json["code"] == code


def test_junk_from_the_same_address_keeps_nobody_from_stopping_it(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    for _ in range(300):
        phone.post("entries", {"entry": "junk"})
    assert phone.post("entries", {"entry": "junk"}).json["code"] == "rate-limited"
    assert phone.submit("glass.closed", glass=begun["glass"]).status_code == 201


def test_an_old_closing_counts(scene: Scene) -> None:
    phone = linked(scene)
    begun = scene.declared()
    entry = phone.entry("glass.closed", glass=begun["glass"])
    scene.story.clock.advance(hours=30)
    assert phone.post("entries", {"entry": entry}).status_code == 201
    assert begun["until"] == begun["from"] + TTL


WHO = ["another doctor of the institution", "a doctor of the custodian", "an emergency that is none"]


@pytest.mark.parametrize("who", WHO)
def test_to_anybody_else_it_does_not_exist(scene: Scene, who: str) -> None:
    begun = scene.declared()
    institution = scene.story.hospital if "custodian" in who else scene.story.clinic
    stranger = scene.story.sign_in("clinician", institution)
    name = "0" * 32 if "none" in who else begun["emergency"]
    unknown = stranger.get(f"/console/api/emergencies/{'f' * 32}")
    assert unknown.json["code"] == "emergency-unknown"
    for answer in (
        stranger.get(f"/console/api/emergencies/{name}"),
        stranger.post(f"/console/api/emergencies/{name}/refresh", json={}),
        stranger.post(f"/console/api/emergencies/{name}/close", json={}),
    ):
        assert (answer.status_code, answer.data) == (404, unknown.data)


def test_closing_the_view_leaves_the_emergency_and_drops_what_was_held(scene: Scene) -> None:
    begun = scene.declared()
    scene.seen(begun["emergency"])
    assert len(scene.story.app.extensions[ROOM]) == 1
    assert scene.doctor.delete(f"/console/api/emergencies/{begun['emergency']}").status_code == 204
    assert len(scene.story.app.extensions[ROOM]) == 0
    assert scene.seen(begun["emergency"])["state"] == "open"


def test_signing_out_drops_what_the_session_held(scene: Scene) -> None:
    begun = scene.declared()
    scene.seen(begun["emergency"])
    assert scene.doctor.delete("/console/api/session").status_code == 204
    room = scene.story.app.extensions[ROOM]
    wait_until(scene, f"staff:{scene.story.clinic}", lambda: len(room) == 0)
