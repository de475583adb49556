"""An institution's rules: loaded as drafts, approved with its review key, withdrawn, and never rewritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import update

from consent.reuse.rule_file import parse_rules
from consent.reuse.rules import Rule
from gateway.composition import Gateway
from gateway.identity.keyring import read_keys, write_key
from gateway.identity.rotation import named_keys
from gateway.identity.signing import submit_signed
from gateway.reuse.rules.rulings import Act, false_rulings, rule_on
from gateway.reuse.rules.stored import Loaded, load_rules, rules_of, stored_rules
from gateway.reuse.tables import reuse_rule, reuse_ruling
from gateway.settings import ROOT

BY = "检验科主任（合成）"
FILE = """
[group.hba1c]
words = { zh = "糖化血红蛋白", en = "HbA1c" }
codes = ["4548-4"]

[[group.hba1c.rule]]
situation = "default"
version = 1
min_interval_d = 40
sources = ["LEEDS"]

[group.ca125]
words = { zh = "糖类抗原 125", en = "CA 125" }
codes = []
unverified = ["10334-1"]

[[group.ca125.rule]]
situation = "default"
version = 1
min_interval_d = 13
sources = ["LEEDS"]
"""


def hospital(gw: Gateway, number: int = 0) -> str:
    return str(gw.ledger.genesis.institutions[number]["id"])


def load(gw: Gateway, text: str = FILE, number: int = 0) -> Loaded:
    with gw.db.begin() as conn:
        return load_rules(conn, hospital(gw, number), parse_rules(text).rules, gw.clock())


def rule(gw: Gateway, name: str, act: Act) -> object:
    with gw.db.begin() as conn:
        stored = next(each for each in stored_rules(conn, hospital(gw)) if each.rule.name == name)
        return rule_on(gw, conn, gw.ledger.id, hospital(gw), stored, act, BY)


def found(gw: Gateway, name: str, number: int = 0) -> Rule:
    with gw.db.connect() as conn:
        return next(each for each in rules_of(conn, hospital(gw, number)) if each.name == name)


def false(gw: Gateway) -> list[str]:
    with gw.db.connect() as conn, gw.ledger.view() as view:
        return false_rulings(view, conn, hospital(gw))


def test_a_loaded_rule_is_a_draft_of_that_institution_alone(gw: Gateway) -> None:
    assert load(gw) == Loaded(2, 0, ())
    assert found(gw, "hba1c/default@1").status == "draft"
    with gw.db.connect() as conn:
        assert rules_of(conn, hospital(gw, 1)) == ()
        assert [each.group for each in rules_of(conn, hospital(gw), {"ca125"})] == ["ca125"]


def test_the_same_file_again_changes_nothing(gw: Gateway) -> None:
    load(gw)
    assert load(gw) == Loaded(0, 2, ())


def test_a_version_never_gets_another_meaning_and_nothing_of_such_a_file_is_taken(gw: Gateway) -> None:
    load(gw)
    changed = FILE.replace("min_interval_d = 40", "min_interval_d = 90").replace(
        'situation = "default"\nversion = 1\nmin_interval_d = 13',
        'situation = "default"\nversion = 2\nmin_interval_d = 13',
    )
    loaded = load(gw, changed)
    assert [(fault.code, fault.detail) for fault in loaded.faults] == [("version-reused", "hba1c/default@1")]
    with gw.db.connect() as conn:
        assert [each.name for each in rules_of(conn, hospital(gw))] == ["hba1c/default@1", "ca125/default@1"]
    newer = load(gw, FILE.replace("version = 1\nmin_interval_d = 40", "version = 2\nmin_interval_d = 90"))
    assert (newer.new, newer.unchanged) == (1, 1)
    assert found(gw, "hba1c/default@1").min_interval_ms == 40 * 86_400_000


def test_an_approval_is_signed_stored_and_verifiable(gw: Gateway) -> None:
    load(gw)
    assert rule(gw, "hba1c/default@1", "approve") is None
    approved = found(gw, "hba1c/default@1")
    assert (approved.status, approved.approved_by, approved.approved_at) == ("approved", BY, gw.clock())
    assert false(gw) == []


@pytest.mark.parametrize("what", ["the rule", "the person", "the act", "the signature"])
def test_a_ruling_that_was_altered_is_found(gw: Gateway, what: str) -> None:
    load(gw)
    rule(gw, "hba1c/default@1", "approve")
    with gw.db.begin() as conn:
        jws = stored_rules(conn, hospital(gw))[0].jws or ""
        content = conn.execute(reuse_rule.select()).first().content  # type: ignore[union-attr]
        longer = content.replace(str(40 * 86_400_000), str(400 * 86_400_000))
        statements = {
            "the rule": update(reuse_rule).values(content=longer),
            "the person": update(reuse_ruling).values(decided_by="x"),
            "the act": update(reuse_ruling).values(act="withdraw"),
            "the signature": update(reuse_ruling).values(jws=jws[:-4] + "AAAA"),
        }
        conn.execute(statements[what])
    assert "hba1c/default@1" in false(gw)


def test_an_approval_stays_valid_when_the_review_key_is_rotated(gw: Gateway) -> None:
    load(gw)
    rule(gw, "hba1c/default@1", "approve")
    with gw.ledger.view() as view:
        named = named_keys(view, hospital(gw), {"review": os.urandom(32)})
    payload = {
        "ledger": gw.ledger.id,
        "subject": hospital(gw),
        "kind": "institution.keys",
        "at": gw.clock(),
        **named,
    }
    offline = read_keys(gw.settings.offline_path)
    assert hasattr(
        submit_signed(gw, offline.sign(hospital(gw), "offline", "yaoshi-entry", payload)), "entry_id"
    )
    assert false(gw) == []


def test_another_institution_cannot_approve(gw: Gateway, tmp_path: Path) -> None:
    load(gw)
    rule(gw, "hba1c/default@1", "approve")
    with gw.db.begin() as conn:
        stored = stored_rules(conn, hospital(gw))[0]
        seed = b"\x07" * 32
        write_key(tmp_path / "foreign", hospital(gw), "review", seed)
        ring = read_keys(tmp_path / "foreign")
        payload = {"ledger": gw.ledger.id, "institution": hospital(gw), "act": "approve"}
        jws = ring.sign(hospital(gw), "review", "yaoshi-rule", payload)
        conn.execute(update(reuse_ruling).where(reuse_ruling.c.rule == stored.number).values(jws=jws))
    assert false(gw) == ["hba1c/default@1"]


def test_a_withdrawn_version_stays_withdrawn(gw: Gateway) -> None:
    load(gw)
    rule(gw, "hba1c/default@1", "approve")
    assert rule(gw, "hba1c/default@1", "withdraw") is None
    assert found(gw, "hba1c/default@1").status == "withdrawn"
    assert false(gw) == []
    again = rule(gw, "hba1c/default@1", "approve")
    assert again is not None
    assert "withdrawn" in str(again)


@pytest.mark.parametrize(
    ("name", "said"), [("ca125/default@1", "no verified code"), ("hba1c/default@1", "approved already")]
)
def test_a_rule_is_not_approved_when(gw: Gateway, name: str, said: str) -> None:
    load(gw)
    rule(gw, "hba1c/default@1", "approve")
    assert said in str(rule(gw, name, "approve"))


def test_the_shipped_table_is_whole_and_all_draft(gw: Gateway) -> None:
    parsed = parse_rules((ROOT / "gateway/reuse/rules/rules.toml").read_text("utf-8"))
    assert parsed.faults == ()
    assert {each.status for each in parsed.rules} == {"draft"}
    assert len({each.group for each in parsed.rules}) >= 40
    assert all(each.sources for each in parsed.rules)
    by_name = {each.id: each for each in parsed.rules}
    assert by_name["hba1c/new-diagnosis"].never
    assert by_name["hba1c/t2dm-monitoring-unstable"].window_ms == 60 * 86_400_000
    never = {"troponin", "blood-gas", "blood-group", "culture", "d-dimer", "respiratory-pcr"}
    assert all(each.never for each in parsed.rules if each.group in never)
    unverified = {code.partition("|")[2] for each in parsed.rules for code in each.unverified}
    assert unverified == {"59261-8", "98979-8", "10334-1", "24351-9", "5048-4", "38445-3"}
    assert all(each.unverified.isdisjoint(each.codes) for each in parsed.rules)
    with gw.db.begin() as conn:
        assert load_rules(conn, hospital(gw), parsed.rules, gw.clock()).faults == ()
        assert sorted(rules_of(conn, hospital(gw)), key=lambda each: each.name) == sorted(
            parsed.rules, key=lambda each: each.name
        )


def test_the_example_of_the_page_is_a_rule_file() -> None:
    page = (ROOT / "docs/reuse.md").read_text("utf-8")
    text = page.partition("<!-- a rule file -->\n```toml\n")[2].partition("```")[0]
    parsed = parse_rules(text)
    assert parsed.faults == ()
    assert [each.name for each in parsed.rules] == ["hba1c/default@2", "hba1c/t2dm-stable@1"]
