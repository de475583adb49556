"""`flask reuse` on a real node: rules are loaded, approved and withdrawn, and mistakes are said by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner
from sqlalchemy import update

from app import commands, compose
from consent.reuse.rule_file import parse_rules
from gateway.cli.opening import now_ms
from gateway.demo.adoption import RULES
from gateway.identity.founding import found
from gateway.reuse.tables import reuse_rule
from gateway.settings import ROOT, Settings, settings_from_env
from tests.gateway.conftest import Entropy
from tests.gateway.reuse.test_rules import FILE


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path / "var"))
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    gw = compose(settings)
    gw.bus.close()
    gw.close()
    return settings


@pytest.fixture
def file(tmp_path: Path, here: Settings) -> Path:
    path = tmp_path / "ours.toml"
    path.write_text(FILE, "utf-8")
    return path


def run(*words: object) -> Result:
    result = FlaskCliRunner(commands).invoke(args=[str(word) for word in words])
    assert "Traceback" not in result.output
    return result


def test_from_draft_to_withdrawn(file: Path) -> None:
    assert "No rules yet" in run("reuse", "rules", "WX").output
    assert "2 new drafts, 0 known" in run("reuse", "load", file, "WX").output
    assert "0 new drafts, 2 known" in run("reuse", "load", file, "WX").output
    approved = run("reuse", "approve", "WX", "--all", "--by", "罗主任（合成）")
    assert "1 rules approved" in approved.output, "the one without a verified code is left"
    listed = run("reuse", "rules", "WX")
    assert listed.exit_code == 0
    assert "罗主任（合成）" in listed.output
    assert "draft" in listed.output
    assert (
        "1 rules withdrawn"
        in run("reuse", "withdraw", "WX", "hba1c/default@1", "--by", "罗主任（合成）").output
    )
    assert "withdrawn" in run("reuse", "rules", "WX").output


def test_a_file_with_mistakes_is_refused_by_line_and_the_old_rules_stay(file: Path) -> None:
    run("reuse", "load", file, "WX")
    file.write_text(
        FILE.replace("4548-4", "4548-5").replace("version = 1\nmin_interval_d = 40", "version = 2\n"), "utf-8"
    )
    refused = run("reuse", "load", file, "WX")
    assert refused.exit_code != 0
    assert f"{file}:4: code-wrong" in refused.output
    assert "代码不是 LOINC" in refused.output
    assert "length-missing" in refused.output
    assert "the old rules stay" in refused.output
    assert "@2" not in run("reuse", "rules", "WX").output


def test_a_version_with_another_meaning_is_refused(file: Path) -> None:
    run("reuse", "load", file, "WX")
    file.write_text(FILE.replace("min_interval_d = 40", "min_interval_d = 41"), "utf-8")
    refused = run("reuse", "load", file, "WX")
    assert refused.exit_code != 0
    assert f"{file}:{FILE[: FILE.index('version = 1')].count(chr(10)) + 1}: version-reused" in refused.output


def test_the_page_about_rules_holds_on_the_demonstration(file: Path) -> None:
    run("reuse", "load", RULES, "WX")
    run("reuse", "approve", "WX", "--all", "--by", "叶知秋（合成）")
    page = (ROOT / "docs/reuse.md").read_text("utf-8")
    file.write_text(page.split("<!-- a rule file -->\n```toml\n")[1].split("```")[0], "utf-8")
    assert "2 new drafts" in run("reuse", "load", file, "WX").output
    typed = re.findall(r"^flask reuse (approve|withdraw) (WX) (\S+) --by NAME", page, re.MULTILINE)
    assert [words[0] for words in typed] == ["approve", "withdraw"]
    for words in typed:
        assert run("reuse", *words, "--by", "叶知秋（合成）").exit_code == 0
    assert run("reuse", "load", ROOT / "gateway/reuse/rules/rules.toml", "WX").exit_code != 0


def test_names_of_rules_stay_whole_in_a_narrow_terminal(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    run("reuse", "load", RULES, "WX")
    listed = run("reuse", "rules", "WX").output
    for rule in parse_rules(RULES.read_text("utf-8")).rules:
        assert rule.name in listed


def test_a_file_that_is_no_text_is_refused(file: Path) -> None:
    file.write_bytes(b"\xff\xfe[group]")
    refused = run("reuse", "load", file, "WX")
    assert refused.exit_code != 0
    assert "toml-wrong" in refused.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "WX", "--by", "x"), "--all"),
        (("approve", "WX", "hba1c/default@1", "--all", "--by", "x"), "--all"),
        (("approve", "WX", "hba1c/default@9", "--by", "x"), "No such rule"),
        (("approve", "WX", "ca125/default@1", "--by", "x"), "no verified code"),
        (("approve", "WX", "hba1c/default@1", "ca125/default@1", "--by", "x"), "Nothing was changed"),
        (("approve", "WX", "hba1c/default@1"), "--by"),
        (("approve", "ZZ", "--all", "--by", "x"), "No institution"),
        (("simulate",), "--institution"),
    ],
)
def test_a_command_says_plainly_why_it_did_nothing(file: Path, words: tuple[str, ...], said: str) -> None:
    run("reuse", "load", file, "WX")
    result = run("reuse", *words)
    assert result.exit_code != 0
    assert said in result.output
    assert "approved" not in run("reuse", "rules", "WX").output


def test_a_rule_that_was_altered_after_its_approval_is_shown(here: Settings, file: Path) -> None:
    run("reuse", "load", file, "WX")
    run("reuse", "approve", "WX", "hba1c/default@1", "--by", "x")
    gw = compose(here)
    with gw.db.begin() as conn:
        content = conn.execute(reuse_rule.select()).first().content  # type: ignore[union-attr]
        conn.execute(
            update(reuse_rule)
            .where(reuse_rule.c.group_key == "hba1c")
            .values(content=content.replace("3456000000", "34560000000"))
        )
    gw.bus.close()
    gw.close()
    listed = run("reuse", "rules", "WX")
    assert listed.exit_code != 0
    assert "1 rulings are not what the institution signed" in listed.output
    assert "DIFFERS" in listed.output
