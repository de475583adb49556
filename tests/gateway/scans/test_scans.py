"""Posting a camera's frame to be read: who may, how much, how often; and that nothing of it stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect
from werkzeug.test import TestResponse

from gateway.qr.decode import LONGEST_BYTES
from gateway.web.logs import make_log
from tests.gateway.hostile.doors import linked_at_clinic
from tests.gateway.hostile.knocks import from_wallet
from tests.gateway.qr.pictures import frame, png_of, saved
from tests.gateway.wallet.phone import WALLET, Phone
from tests.gateway.wallet.story import Story

TEXT = "http://127.0.0.1:8080/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N"
CANARY = "canary-4f1d-江上数峰青"


@dataclass
class Scanner:
    """One of the two doors."""

    story: Story
    post: Callable[..., TestResponse]


def console_door(story: Story) -> Scanner:
    def post(data: bytes, content_type: str = "image/jpeg") -> TestResponse:
        return story.doctor.post("/console/api/scans", data=data, content_type=content_type)

    return Scanner(story, post)


def wallet_door(story: Story) -> Scanner:
    phone = story.linked()
    bearer, client = phone.bearer(), story.client()

    def post(data: bytes, content_type: str = "image/jpeg") -> TestResponse:
        return client.post(
            f"/i/{story.hospital}/wallet/scans",
            data=data,
            content_type=content_type,
            headers=from_wallet(**bearer),
        )

    return Scanner(story, post)


@pytest.fixture(params=[console_door, wallet_door], ids=["console", "wallet"])
def door(request: pytest.FixtureRequest, story: Story) -> Scanner:
    made: Scanner = request.param(story)
    return made


@pytest.mark.parametrize(
    ("form", "kind"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
def test_a_frame_becomes_its_text(door: Scanner, form: str, kind: str) -> None:
    answer = door.post(saved(frame(TEXT), form), kind)
    assert (answer.status_code, answer.json) == (200, {"text": TEXT})
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_frame_without_a_code_is_null(door: Scanner) -> None:
    answer = door.post(saved(frame(TEXT).crop((0, 0, 300, 200))))
    assert (answer.status_code, answer.json) == (200, {"text": None})


REFUSED: dict[str, tuple[bytes, str, int, str]] = {
    "it is no picture": (b"hello", "image/jpeg", 415, "picture-unsupported"),
    "it is empty": (b"", "image/jpeg", 415, "picture-unsupported"),
    "it says that it is a GIF": (saved(frame(TEXT)), "image/gif", 415, "picture-unsupported"),
    "it says that it is JSON": (b"{}", "application/json", 415, "picture-unsupported"),
    "it says nothing": (saved(frame(TEXT)), "", 415, "picture-unsupported"),
    "it is a drawing with a program in it": (
        b"<svg onload=alert(1)>",
        "image/svg+xml",
        415,
        "picture-unsupported",
    ),
    "it is cut off": (saved(frame(TEXT))[:3000], "image/jpeg", 415, "picture-unsupported"),
    "it would unpack to gigabytes": (png_of(60_000, 60_000), "image/png", 413, "picture-too-large"),
    "it has a byte more than a megabyte": (bytes(LONGEST_BYTES + 1), "image/jpeg", 413, "body-too-large"),
}


@pytest.mark.parametrize(("data", "kind", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_picture_is_refused_when(door: Scanner, data: bytes, kind: str, status: int, code: str) -> None:
    answer = door.post(data, kind)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert set(answer.json["titles"]) == set(answer.json["todo"]) == {"zh-CN", "en"}


def test_five_pictures_a_second_and_no_more(door: Scanner) -> None:
    data = saved(frame(TEXT, 320, 240, 160))
    codes = [door.post(data).status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    limited = door.post(data)
    assert (limited.json["code"], limited.headers["Retry-After"]) == ("rate-limited", "1")
    door.story.clock.advance(ms=200)
    assert [door.post(data).status_code for _ in range(2)] == [200, 429]
    door.story.clock.advance(seconds=1)
    assert [door.post(data).status_code for _ in range(6)] == [200] * 5 + [429]


def test_one_person_s_pictures_do_not_count_for_another(story: Story) -> None:
    data = saved(frame(TEXT, 320, 240, 160))
    assert [console_door(story).post(data).status_code for _ in range(6)][-1] == 429
    assert wallet_door(story).post(data).status_code == 200
    other = story.sign_in("clinician", story.clinic)
    assert other.post("/console/api/scans", data=data, content_type="image/jpeg").status_code == 200


def test_pictures_at_the_same_moment_are_all_answered(door: Scanner) -> None:
    data = saved(frame(TEXT))
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: door.post(data), range(5)))
    assert [answer.json for answer in answers] == [{"text": TEXT}] * 5


@pytest.mark.parametrize("role", ["desk", "privacy", "auditor", "administrator"])
def test_staff_who_scan_nothing_may_not(story: Story, role: str) -> None:
    client = story.sign_in(role, story.clinic)
    answer = client.post("/console/api/scans", data=saved(frame(TEXT)), content_type="image/jpeg")
    assert (answer.status_code, answer.json["code"]) == (403, "role-not-allowed")


def test_a_phone_without_a_link_here_may_not(story: Story) -> None:
    data, url = saved(frame(TEXT)), f"/i/{story.hospital}/wallet/scans"
    elsewhere: Phone = linked_at_clinic(story)
    for headers in ({}, {"Authorization": "Bearer " + "A" * 43}, elsewhere.bearer()):
        answer = story.client().post(
            url, data=data, content_type="image/jpeg", headers=from_wallet(**headers)
        )
        assert (answer.status_code, answer.json["code"]) == (401, "wallet-token-refused")


def test_only_the_wallet_s_page_may_post_from_another_origin(story: Story) -> None:
    for origin, allowed in ((WALLET, WALLET), ("https://evil.example", None)):
        asked = story.client().options(
            f"/i/{story.hospital}/wallet/scans",
            headers={
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
        assert asked.headers.get("Access-Control-Allow-Origin") == allowed


def test_nothing_of_a_picture_or_its_text_is_kept_or_logged(
    door: Scanner, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """Every table, every file of the node, every log line and everything printed."""
    gw, written = door.story.gw, io.StringIO()
    object.__setattr__(gw, "log", make_log(written))
    picture = saved(frame(CANARY), "PNG")
    with caplog.at_level(0):
        assert door.post(picture, "image/png").json == {"text": CANARY}
        broken = picture[: len(picture) // 2]
        assert door.post(broken, "image/png").status_code == 415
        assert door.post(picture, f"image/{CANARY.encode().hex()}").status_code == 415
    printed = capfd.readouterr()
    said = written.getvalue() + printed.out + printed.err + caplog.text
    assert '"event": "request"' in written.getvalue()
    assert CANARY not in said
    assert CANARY.encode().hex() not in said
    rows = _every_row(door)
    assert len(rows) > 10
    assert not any(CANARY in row for row in rows)
    files = [path for path in gw.settings.data.rglob("*") if path.is_file()]
    assert len(files) > 5
    # A window of the picture's own bytes, past the header that all pictures share.
    window = picture[200:240]
    for path in files:
        data = path.read_bytes()
        assert CANARY.encode() not in data, path.name
        assert window not in data, path.name


def _every_row(door: Scanner) -> list[str]:
    found: list[str] = []
    engine: Any = door.story.gw.db
    with engine.connect() as conn:
        for table in inspect(conn).get_table_names():
            found += [str(tuple(row)) for row in conn.exec_driver_sql(f'SELECT * FROM "{table}"')]  # noqa: S608
    return found
