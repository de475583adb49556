"""`flask doctor`: what is wrong with this node, what it means, and what to type. It changes nothing."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click
from flask.cli import with_appcontext

from gateway.cli.opening import now_ms
from gateway.operation.doctor.examination import examine_all
from gateway.operation.doctor.findings import Finding, Meaning, Meanings, Scene, language, printed
from gateway.settings import SettingsError, settings_from_env

EXIT = {"wrong": 2, "warning": 1, "note": 0}
WELL = {"en": "Nothing is wrong.", "zh": "一切正常。"}
MEANINGS = Meanings(
    {
        "setting-wrong": Meaning(
            "wrong",
            "{error}.",
            "The node does not start with such a setting.",
            "设置有误：{error}。",
            "节点不会以这样的设置启动。",
            ".venv/bin/flask --app app settings --example",
        ),
    }
)


@click.command("doctor")
@click.option("--deep", is_flag=True, help="Replay the whole ledger and check every opening and index.")
@click.option(
    "--expect",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that somebody kept: says whether this ledger still has what it names.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for a monitor.")
@with_appcontext
def command(deep: bool, expect: Path | None, as_json: bool) -> None:
    """Examine this node, running or not. Ends with 0 when all is well, 1 with warnings, 2 when it is not."""
    found = _examine(deep, expect.read_text("utf-8", "replace") if expect is not None else None)
    chosen = language(os.environ)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=1))
    else:
        click.echo(printed(found, chosen) if found else WELL[chosen])
    sys.exit(max((EXIT[one.level] for one in found), default=0))


def _examine(deep: bool, expected: str | None) -> list[Finding]:
    try:
        settings = settings_from_env()
    except SettingsError as error:
        return [MEANINGS.of("setting-wrong", error=error)]
    return examine_all(Scene(settings, os.environ, now_ms(), os.geteuid(), deep, expected))


def _as_json(one: Finding) -> dict[str, object]:
    (what_en, means_en), (what_zh, means_zh) = one.words("en"), one.words("zh")
    return {
        "code": one.code,
        "level": one.level,
        "what": {"en": what_en, "zh-CN": what_zh},
        "means": {"en": means_en, "zh-CN": means_zh},
        "command": one.command,
    }
