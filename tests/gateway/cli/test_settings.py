"""Every setting stands once in .env.example with its default and a line of meaning, and nothing else does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app import commands
from gateway.settings import ROOT, SETTINGS, Settings, SettingsError, example, settings_from_env
from ledger.store.place import Postgres

LINE = re.compile(r"# (?P<meaning>\S.*[.])\n#(?P<name>YAOSHI_[A-Z_]+)=(?P<default>.*)")
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
PRODUCT = (ROOT / "app.py", *(ROOT / "gateway").rglob("*.py"), ROOT / "Makefile", ROOT / "docs/operating.md")


def listed() -> dict[str, tuple[str, str]]:
    found = [(one["name"], (one["default"], one["meaning"])) for one in LINE.finditer(EXAMPLE)]
    assert len(dict(found)) == len(found), "a setting stands twice"
    return dict(found)


def test_the_example_is_current() -> None:
    assert example() == EXAMPLE, "type: .venv/bin/flask --app app settings --example > .env.example"


def test_every_setting_stands_once_with_its_default_and_its_meaning() -> None:
    assert listed() == {one.name: (one.default, one.meaning) for one in SETTINGS}
    assert len({one.meaning for one in SETTINGS}) == len(SETTINGS)


def test_nothing_else_stands_there() -> None:
    rest = LINE.sub("", EXAMPLE)
    assert "YAOSHI_" not in rest
    assert [line for line in rest.splitlines() if line and not line.startswith("# ")] == [
        "FLASK_SKIP_DOTENV=1"
    ]


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(
            "set -a; . ./.env; set +a; {flask} --app {root}/app.py settings", id="settings put into a shell"
        ),
        pytest.param("make -s -f {root}/Makefile -f ./asks.mk ask", id="make"),
    ],
)
def test_flask_gives_no_advice_about_a_file_of_settings(begin: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(EXAMPLE)
    flask = f"{sys.executable} -m flask"
    (tmp_path / "asks.mk").write_text(f"ask:\n\t{flask} --app {ROOT}/app.py settings\n")
    typed = begin.format(flask=flask, root=ROOT)
    clean = {name: value for name, value in os.environ.items() if name != "FLASK_SKIP_DOTENV"}
    said = subprocess.run(
        ["sh", "-c", typed], cwd=tmp_path, env=clean, capture_output=True, text=True, check=True
    )
    assert "YAOSHI_PORT=8080" in said.stdout
    assert "dotenv" not in said.stdout + said.stderr


def test_the_program_reads_these_names_and_no_other() -> None:
    named = {name for path in PRODUCT for name in re.findall(r"\bYAOSHI_[A-Z_]+\b", path.read_text("utf-8"))}
    of_tests = {"YAOSHI_SEED", "YAOSHI_TESTS_MUST_NOT_SKIP"}
    assert named - of_tests == {one.name for one in SETTINGS}


def test_the_defaults_of_the_example_are_those_of_the_program() -> None:
    given = {name: default for name, (default, _) in listed().items()}
    assert settings_from_env(given) == settings_from_env({})
    plain = Settings("http://localhost:8080", "http://127.0.0.1:8080", ROOT / "var" / "localhost-8080")
    assert settings_from_env({}) == Settings(**{**vars(plain), "metrics_port": 9080})


CHANGED = {
    "YAOSHI_PORT": ("9000", "port", 9000),
    "YAOSHI_LISTEN": ("0.0.0.0", "listen", "0.0.0.0"),  # noqa: S104 - what a container says
    "YAOSHI_CONSOLE": ("https://records.example.org", "console_origin", "https://records.example.org"),
    "YAOSHI_WALLET": ("https://wallet.example.org", "wallet_origin", "https://wallet.example.org"),
    "YAOSHI_VAR": ("elsewhere", "data", ROOT / "elsewhere" / "localhost-8080"),
    "YAOSHI_MARK": ("/mnt/other/yaoshi.mark", "mark_path", Path("/mnt/other/yaoshi.mark")),
    "YAOSHI_LOG": ("/var/log/yaoshi.log", "log", Path("/var/log/yaoshi.log")),
    "YAOSHI_METRICS_PORT": ("0", "metrics_port", None),
    "YAOSHI_TRUSTED_PROXIES": ("1", "trusted_proxies", 1),
    "YAOSHI_SIGNIN_PER_MINUTE": ("60", "signin_per_minute", 60),
    "YAOSHI_DISK_WARN_MIB": ("2", "disk_warn_bytes", 2 << 20),
    "YAOSHI_DISK_WARN_PERCENT": ("7", "disk_warn_percent", 7),
    "YAOSHI_DISK_STOP_MIB": ("3", "disk_stop_bytes", 3 << 20),
    "YAOSHI_AREAS": ("WX=鄂,武汉", "areas", {"WX": frozenset({"鄂", "武汉"})}),
    "YAOSHI_POSTGRES": ("host=/run/postgresql", "ledger_place", Postgres("host=/run/postgresql")),
    "YAOSHI_CONSENSUS": ("http://127.0.0.1:26657", "consensus", "http://127.0.0.1:26657"),
    "YAOSHI_BACKUP_WARN_HOURS": ("12", "backup_warn_ms", 12 * 3_600_000),
}


@pytest.mark.parametrize("name", [one.name for one in SETTINGS])
def test_every_setting_has_an_effect(name: str) -> None:
    value, member, wanted = CHANGED[name]
    assert getattr(settings_from_env({name: value}), member) == wanted
    assert getattr(settings_from_env({name: f"  {value} "}), member) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YAOSHI_LISTEN", "localhost"),
        ("YAOSHI_LISTEN", "127.0.0.1:80"),
        ("YAOSHI_METRICS_PORT", "-1"),
        ("YAOSHI_METRICS_PORT", "65536"),
        ("YAOSHI_BACKUP_WARN_HOURS", "two"),
        ("YAOSHI_TRUSTED_PROXIES", "5"),
        ("YAOSHI_POSTGRES", "mysql://yaoshi@/yaoshi"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_from_env({name: value})


def test_the_command_shows_what_holds_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path))
    monkeypatch.setenv("YAOSHI_PORT", "9001")
    shown = FlaskCliRunner(commands).invoke(args=["settings"])
    assert "YAOSHI_PORT=9001\n    Port of the node" in shown.output
    assert f"Data: {tmp_path}/localhost-9001" in shown.output
    for in_force in (
        "YAOSHI_CONSOLE=http://localhost:9001 (default)",
        "YAOSHI_WALLET=http://127.0.0.1:9001 (default)",
        f"YAOSHI_MARK={tmp_path}/localhost-9001.mark (default)",
        "YAOSHI_METRICS_PORT=10001 (default)",
        "YAOSHI_DISK_STOP_MIB=100 (default)",
    ):
        assert in_force in shown.output
    printed = FlaskCliRunner(commands).invoke(args=["settings", "--example"])
    assert printed.output == EXAMPLE
