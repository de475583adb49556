"""The units and the rotation as shipped, read by the programs that they are for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.journeys.node import ROOT
from tests.journeys.windows import missing

UNITS = (
    "yaoshi.service",
    "yaoshi-application.service",
    "yaoshi-consensus.service",
    "yaoshi-backup.service",
    "yaoshi-backup.timer",
)


def found(program: str, package: str) -> str:
    path = shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        missing(program, f"`apt install {package}`")
    return str(path)


def test_systemd_reads_every_unit_without_a_word(tmp_path: Path) -> None:
    for name in UNITS:
        text = (ROOT / "deploy/systemd" / name).read_text("utf-8")
        # The program lies elsewhere here.
        (tmp_path / name).write_text(text.replace("/opt/yaoshi", str(ROOT)), "utf-8")
    said = subprocess.run(
        [
            found("systemd-analyze", "systemd"),
            "verify",
            "--man=no",
            *(str(tmp_path / name) for name in UNITS),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert [line for line in said.stderr.splitlines() if "yaoshi" in line] == []


@pytest.mark.parametrize("name", ["yaoshi-application.service", "yaoshi-consensus.service"])
def test_what_the_consensus_needs_is_started_again_always_and_for_ever(name: str) -> None:
    lines = (ROOT / "deploy/systemd" / name).read_text("utf-8").splitlines()
    assert {"Restart=always", "RestartSec=1", "StartLimitIntervalSec=0"} <= set(lines)


@pytest.mark.parametrize("name", [one for one in UNITS if one.endswith(".service")])
def test_a_unit_may_do_little_as_systemd_itself_judges(name: str) -> None:
    said = subprocess.run(
        [
            found("systemd-analyze", "systemd"),
            "security",
            "--offline=true",
            str(ROOT / "deploy/systemd" / name),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    exposure = re.search(r"exposure level for \S+: ([0-9.]+)", said.stdout)
    assert exposure is not None, said.stdout
    assert float(exposure[1]) < 2.0  # of 10, which a unit has that says nothing


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_names_no_secret_and_no_root(name: str) -> None:
    text = (ROOT / "deploy/systemd" / name).read_text("utf-8")
    assert "User=root" not in text
    assert "PASSWORD" not in text.upper()


def test_what_application_and_node_print_is_kept_for_a_time_and_apart() -> None:
    journal = (ROOT / "deploy/systemd/journald@yaoshi.conf").read_text("utf-8")
    assert {"SystemMaxUse=2G", "MaxRetentionSec=90day"} <= set(journal.splitlines())
    for name in ("yaoshi-application.service", "yaoshi-consensus.service"):
        assert "\nLogNamespace=yaoshi\n" in (ROOT / "deploy/systemd" / name).read_text("utf-8")


def test_logrotate_moves_the_log_away_and_makes_a_private_one(tmp_path: Path) -> None:
    log = tmp_path / "yaoshi.log"
    log.write_text("one line\n")
    log.chmod(0o600)
    tmp_path.chmod(0o700)
    rules = (ROOT / "deploy/logrotate/yaoshi").read_text("utf-8")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    group = subprocess.run(["id", "-gn"], capture_output=True, text=True, check=True).stdout.strip()
    here = rules.replace("/var/log/yaoshi/", f"{tmp_path}/").replace("yaoshi yaoshi", f"{user} {group}")
    (tmp_path / "rules").write_text(here)
    (tmp_path / "rules").chmod(0o600)
    rotate = [found("logrotate", "logrotate"), "--force", "--state", str(tmp_path / "state")]
    subprocess.run([*rotate, str(tmp_path / "rules")], check=True)
    assert (tmp_path / "yaoshi.log.1").read_text() == "one line\n"
    assert log.read_text() == ""
    assert oct(log.stat().st_mode & 0o777) == "0o600"


def test_the_page_for_engineers_names_the_places_that_the_units_know() -> None:
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    units = "".join((ROOT / "deploy/systemd" / name).read_text("utf-8") for name in UNITS)
    for place in ("/opt/yaoshi", "/etc/yaoshi/yaoshi.env", "/var/lib/yaoshi", "/var/backups/yaoshi"):
        assert place in page
        assert place in units
    assert "--home-dir /opt/yaoshi" in page
    assert "deploy/README.md" in page
    assert "rotate 90" not in page  # said once, in deploy/logrotate
