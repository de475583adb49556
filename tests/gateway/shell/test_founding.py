"""A new node: fresh keys for their owner alone, the offline keys apart, and nothing half done."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from app import compose
from gateway.identity.founding import FoundingError, found
from gateway.identity.keyring import read_keys
from gateway.qr.svg import TextTooLongError, qr_svg
from gateway.settings import Settings, SettingsError, settings_from_env
from ledger.genesis import parse_genesis
from tests.gateway.conftest import Clock, Entropy


def test_every_file_is_for_its_owner_alone(settings: Settings) -> None:
    found(settings, Clock(), Entropy())
    for path in [settings.data, *settings.data.rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_the_genesis_verifies_and_names_three_institutions(settings: Settings) -> None:
    found(settings, Clock(), Entropy())
    genesis = parse_genesis(settings.genesis_path.read_bytes())
    assert [(one["code"], one["type"]) for one in genesis.institutions] == [
        ("WX", "hospital"),
        ("WT", "clinic"),
        ("QH", "examination-centre"),
    ]
    assert genesis.origin == "localhost:8080/ledger"
    assert genesis.wallet == "http://127.0.0.1:8080"
    assert genesis.institutions[1]["base"] == f"http://localhost:8080/i/{genesis.institutions[1]['id']}"


def test_the_offline_keys_are_not_among_the_nodes_keys(settings: Settings) -> None:
    found(settings, Clock(), Entropy())
    assert {path.stem for path in settings.keys_path.rglob("*.key")} == {
        "desk",
        "release",
        "review",
        "peer",
        "checkpoint",
    }
    assert {path.stem for path in settings.offline_path.rglob("*.key")} == {"offline", "vote"}


def test_two_foundings_make_two_ledgers(tmp_path: Path, settings: Settings) -> None:
    from dataclasses import replace

    other = replace(settings, data=tmp_path / "other")
    found(settings, Clock(), Entropy(1))
    found(other, Clock(), Entropy(2))
    assert settings.genesis_path.read_bytes() != other.genesis_path.read_bytes()


def test_a_founded_folder_is_never_overwritten(settings: Settings) -> None:
    found(settings, Clock(), Entropy())
    before = settings.genesis_path.read_bytes()
    with pytest.raises(FoundingError):
        found(settings, Clock(), Entropy(2))
    settings.genesis_path.unlink()
    with pytest.raises(FoundingError):
        found(settings, Clock(), Entropy(2))
    assert not settings.genesis_path.exists()
    assert before


def test_a_founding_that_was_cut_off_is_begun_anew(settings: Settings) -> None:
    draft = settings.data.with_name(settings.data.name + ".founding")
    (draft / "keys").mkdir(parents=True)
    (draft / "keys" / "half").write_text("x")
    found(settings, Clock(), Entropy())
    assert not draft.exists()
    assert not (settings.data / "keys" / "half").exists()


def test_a_key_that_others_may_read_stops_the_start(settings: Settings) -> None:
    found(settings, Clock(), Entropy())
    key = next(settings.keys_path.rglob("*.key"))
    key.chmod(0o644)
    with pytest.raises(PermissionError, match="chmod 600"):
        read_keys(settings.keys_path)


def test_a_second_process_does_not_get_the_ledger(settings: Settings) -> None:
    from ledger.errors import Unavailable

    found(settings, Clock(), Entropy())
    first = compose(settings, Clock(), Entropy())
    try:
        with pytest.raises(Unavailable) as refused:
            compose(settings, Clock(), Entropy())
        assert refused.value.code == "ledger-locked"
    finally:
        first.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YAOSHI_PORT", "0"),
        ("YAOSHI_PORT", "eighty"),
        ("YAOSHI_PORT", "70000"),
        ("YAOSHI_PORT", "٨٠٨٠"),
        ("YAOSHI_CONSOLE", "localhost:8080"),
        ("YAOSHI_CONSOLE", "http://x/y"),
        ("YAOSHI_CONSOLE", "ftp://x"),
        ("YAOSHI_WALLET", "http://localhost:8080"),
        ("YAOSHI_DISK_WARN_PERCENT", "101"),
    ],
)
def test_a_setting_is_refused_when_it_makes_no_sense(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="YAOSHI_"):
        settings_from_env({name: value})


def test_each_port_has_its_own_folder() -> None:
    assert settings_from_env({"YAOSHI_PORT": "8081"}).data.name == "localhost-8081"
    assert (
        settings_from_env(
            {"YAOSHI_CONSOLE": "https://c.example", "YAOSHI_WALLET": "https://w.example"}
        ).data.name
        == "c.example-443"
    )


def test_a_code_is_one_small_picture_that_a_camera_reads() -> None:
    text = "http://127.0.0.1:8080/q#AAAAAAAAAAAAAAAAAAAAAA.WT.7HPR3C8N"
    svg = qr_svg(text)
    assert ElementTree.fromstring(svg).attrib["viewBox"].startswith("0 0 ")  # noqa: S314 - our own text
    zxing = pytest.importorskip("zxingcpp", reason="type: make test (it installs zxing-cpp)")
    rows = _pixels(svg)
    picture = memoryview(bytes(value for row in rows for value in row)).cast("B", (len(rows), len(rows)))
    read = zxing.read_barcodes(picture)
    assert [one.text for one in read] == [text]


def test_a_text_too_long_for_a_phone_is_refused() -> None:
    with pytest.raises(TextTooLongError):
        qr_svg("x" * 201)


def _pixels(svg: str) -> list[list[int]]:
    import re

    side, scale = int(svg.split('viewBox="0 0 ')[1].split()[0]), 4
    rows = [[255] * side * scale for _ in range(side * scale)]
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", svg):
        for row in rows[int(y) * scale : (int(y) + 1) * scale]:
            row[int(x) * scale : (int(x) + int(width)) * scale] = [0] * (int(width) * scale)
    return rows
