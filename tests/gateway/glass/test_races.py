"""Two things at one moment about one emergency: the ledger settles which of them counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from flask.testing import FlaskClient

from gateway.glass.receive import receive
from tests.gateway.glass.scene import Scene, linked
from tests.gateway.hostile.knocks import from_wallet

ROUNDS = 4


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each answers, all begun at one moment."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(run, act) for act in acts]]


def same_session(scene: Scene, client: FlaskClient) -> FlaskClient:
    """Another client of the same session, for another thread."""
    other, cookie = scene.story.client(), client.get_cookie("yaoshi", domain="localhost")
    assert cookie is not None
    other.set_cookie("yaoshi", cookie.value, domain="localhost")
    return other


def test_of_two_closings_one_counts(scene: Scene) -> None:
    phone = linked(scene)
    for _ in range(ROUNDS):
        begun = scene.declared()
        entry = phone.entry("glass.closed", glass=begun["glass"])
        url = f"/i/{scene.story.hospital}/wallet/entries"
        answers = together(
            lambda url=url, entry=entry: scene.story.client().post(
                url, json={"entry": entry}, headers=from_wallet()
            ),
            lambda glass=begun["glass"]: scene.stop(glass),
        )
        assert sorted(one.status_code // 100 for one in answers) == [2, 4]
        closed = [one for one in scene.entries(phone.link) if one.payload.get("glass") == begun["glass"]]
        assert len(closed) == 1


def test_of_two_reviews_by_one_institution_one_counts(scene: Scene) -> None:
    phone = linked(scene)
    for _ in range(ROUNDS):
        begun = scene.declared()
        second = same_session(scene, scene.officer)
        answers = together(
            lambda glass=begun["glass"]: scene.review(glass, "justified"),
            lambda glass=begun["glass"], second=second: scene.review(
                glass, "not-justified", "没有理由", second
            ),
        )
        assert sorted(one.status_code for one in answers) == [200, 409]
        assert {one.json.get("code") for one in answers} == {None, "glass-reviewed"}
        reviews = [one for one in scene.entries(phone.link) if one.payload.get("glass") == begun["glass"]]
        assert [one.kind for one in reviews] == ["glass.reviewed"]


def test_of_one_declaration_that_comes_twice_one_counts(scene: Scene) -> None:
    for _ in range(ROUNDS):
        signed, size = scene.signed(), scene.size()
        answers = together(*[lambda signed=signed: receive(scene.gw, scene.story.hospital, signed)] * 3)
        assert sum(hasattr(one, "glass") for one in answers) == 1
        opened = 1 if size else 0
        assert scene.size() - size in (opened, opened + 1)  # the first one opens the link as well


def test_no_disclosure_is_ordered_after_the_closing(scene: Scene) -> None:
    """The doctor's screen pulls without end while the patient stops it."""
    phone = linked(scene)
    for _ in range(ROUNDS):
        begun = scene.declared()
        entry = phone.entry("glass.closed", glass=begun["glass"])
        stopped: list[int] = []

        def read(name: str = begun["emergency"], stopped: list[int] = stopped) -> list[tuple[bool, int]]:
            """(the phone had its answer before we asked, records shown) until nothing more comes."""
            doctor, got = same_session(scene, scene.doctor), []
            for _ in range(50):
                late = bool(stopped)
                answer = doctor.post(f"/console/api/emergencies/{name}/refresh", json={})
                assert answer.status_code == 200, answer.text
                got.append((late, sum(len(one["items"]) for one in answer.json["sources"])))
                if late:
                    break
            return got

        def stop(entry: str = entry, stopped: list[int] = stopped) -> int:
            url = f"/i/{scene.story.hospital}/wallet/entries"
            answer = scene.story.client().post(url, json={"entry": entry}, headers=from_wallet())
            stopped.append(answer.status_code)
            return int(answer.status_code)

        *readers, status = together(read, read, stop)
        assert status == 201
        assert all(count == 0 for reader in readers for late, count in reader if late)
        kinds = [
            one.kind
            for one in scene.entries(phone.link)
            if begun["glass"] in (one.payload.get("under"), one.payload.get("glass"))
        ]
        assert kinds[-1] == "glass.closed"
        assert set(kinds[:-1]) <= {"disclosure.made"}
