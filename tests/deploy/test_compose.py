"""The compose file of a consortium's member as far as it can be tried without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app import commands
from gateway.consortium.processes import Processes
from gateway.settings import SETTINGS, settings_from_env
from tests.journeys.node import ROOT
from tests.postgres import _user, programs

FOLDER = ROOT / "deploy/compose"
CONTAINERFILE = (FOLDER / "Containerfile").read_text("utf-8")


@pytest.fixture
def services() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "consortium.json").read_text("utf-8"))["services"])


def test_every_part_of_a_member_is_there_and_only_the_proxy_is_reached(services: dict[str, Any]) -> None:
    assert set(services) == {"proxy", "database", "application", "consensus", "gateway"}
    assert {name for name, one in services.items() if "ports" in one} == {"proxy"}
    assert services["proxy"]["ports"] == ["80:80", "443:443", "26656:26656"]
    assert [services[name]["network_mode"] for name in ("database", "application")] == ["none", "none"]
    for one in services.values():
        assert one["read_only"]
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges"]
        assert one["network_mode"] in ("none", "service:proxy") if "network_mode" in one else True
        assert set(one.get("depends_on", [])) <= services.keys()


def test_what_a_container_prints_is_bounded(services: dict[str, Any]) -> None:
    for one in services.values():
        assert one["logging"] == {"driver": "json-file", "options": {"max-size": "50m", "max-file": "20"}}
    alone = (FOLDER / "compose.yaml").read_text("utf-8")
    assert alone.count('max-size: 50m, max-file: "20"') == alone.count("    build:") == 2


def test_what_ends_with_code_0_is_started_again(services: dict[str, Any]) -> None:
    assert {services[name]["restart"] for name in ("application", "consensus", "gateway")} == {"always"}


def test_every_command_and_setting_is_one_of_ours(services: dict[str, Any]) -> None:
    known = {one.name for one in SETTINGS}
    for name in ("application", "consensus", "gateway"):
        assert services[name]["environment"].keys() <= known
        assert settings_from_env(services[name]["environment"]).postgres is not None
        group: Any = commands.cli
        for word in services[name]["command"]:
            if word.startswith("--"):
                options = {each for one in group.params for each in (*one.opts, *one.secondary_opts)}
                assert word in options
            else:
                group = group.commands[word]


def test_every_image_and_file_that_is_named_is_there(services: dict[str, Any]) -> None:
    stages = re.findall(r"^FROM \S+ AS (\w+)$", CONTAINERFILE, re.MULTILINE)
    bases = re.findall(r"^FROM (\S+) AS", CONTAINERFILE, re.MULTILINE)
    assert {one["build"]["target"] for one in services.values()} <= set(stages)
    assert all(base in stages or base.startswith("debian:") for base in bases)
    for one in services.values():
        assert (FOLDER / one["build"]["context"] / one["build"]["dockerfile"]).resolve().is_file()
    for source in re.findall(r"^COPY ([^-]\S*) ", CONTAINERFILE, re.MULTILINE):
        assert (ROOT / source).exists(), source


def test_every_volume_is_declared_and_lies_where_the_program_writes(services: dict[str, Any]) -> None:
    declared = json.loads((FOLDER / "consortium.json").read_text("utf-8"))["volumes"]
    used = {volume for one in services.values() for volume in one.get("volumes", [])}
    assert {volume.partition(":")[0] for volume in used} == declared.keys()
    assert {volume.partition(":")[2] for volume in used} == {
        "/var/lib/yaoshi",
        "/run/postgresql",
        "/var/lib/postgresql",
        "/var/lib/caddy",
    }
    assert "YAOSHI_VAR=/var/lib/yaoshi" in CONTAINERFILE


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="y-") as made:
        user = _user()
        for part in (Path(made), Path(made) / "data", Path(made) / "socket"):
            part.mkdir(mode=0o700, exist_ok=True)
            if user is not None:
                os.chown(part, user, -1)
        yield Path(made)


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_the_databases_script_makes_one_that_is_fit_and_serves_it_again(folder: Path) -> None:
    user, found = _user(), programs()
    as_user = [] if user is None else ["/usr/bin/setpriv", f"--reuid={user}", "--clear-groups"]
    serve = ["/bin/sh", str(FOLDER / "database"), f"{folder}/data", f"{folder}/socket", str(found)]
    question = "SELECT datcollate || pg_encoding_to_char(encoding) FROM pg_database WHERE datname='yaoshi'"
    for _ in range(2):
        book = Processes(folder / "book.json")
        book.start("database", [*as_user, *serve], {}, folder / "log")
        try:
            ready = [f"{found}/pg_isready", "-q", "-h", f"{folder}/socket"]
            waiting = threading.Event()
            while subprocess.run(ready, check=False).returncode != 0:
                assert book.running(), (folder / "log").read_text("utf-8")
                assert not waiting.wait(0.05)
            # The user is not called yaoshi here, which the server would want by its name.
            (folder / "data/pg_hba.conf").write_text("local all all trust\n", "utf-8")
            asked = [f"{found}/psql", "-h", f"{folder}/socket", "-U", "yaoshi", "-Atc", question, "yaoshi"]
            while (
                said := subprocess.run(asked, capture_output=True, text=True, check=False)
            ).returncode != 0:
                reload = [*as_user, f"{found}/pg_ctl", "reload", "-D", f"{folder}/data"]
                subprocess.run(reload, check=False, capture_output=True)
                assert not waiting.wait(0.1)
            assert said.stdout.strip() == "CUTF8"
        finally:
            book.end()
