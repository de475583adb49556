"""Keeps an institution's rules and tells their standing: loaded as drafts, approved, withdrawn.

A version that was loaded keeps its words for ever: the same id@version with other content is refused, so what
was decided under it stays what it was. Not here: who may approve, and the signature (rulings).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import Connection, Row, insert, select

from consent.reuse.faults import Fault
from consent.reuse.rule_content import content_of, rule_of
from consent.reuse.rules import Rule, Status
from gateway.reuse.tables import reuse_rule, reuse_ruling
from ledger.encoding import canonical_json

STANDING: dict[str, Status] = {"approve": "approved", "withdraw": "withdrawn"}


class Loaded(NamedTuple):
    """What became of a file's rules: how many are new; or the faults for which nothing was taken."""

    new: int
    unchanged: int
    faults: tuple[Fault, ...]


class StoredRule(NamedTuple):
    """A rule with its place in the store and the newest ruling on it, if any."""

    number: int
    rule: Rule
    jws: str | None


def load_rules(conn: Connection, institution: str, rules: Sequence[Rule], now: int) -> Loaded:
    """Stores every version that is new, as a draft; nothing at all when one of them contradicts the store."""
    of_institution = select(reuse_rule).where(reuse_rule.c.institution == institution)
    known = {_name(row): row.content for row in conn.execute(of_institution)}
    faults, new = [], []
    for rule in rules:
        content = text_of(rule)
        stored = known.get((rule.group, rule.situation, rule.version))
        if stored is None:
            new.append(_values(institution, rule, content, now))
        elif stored != content:
            faults.append(Fault(0, "version-reused", rule.name))
    if faults:
        return Loaded(0, 0, tuple(faults))
    if new:
        conn.execute(insert(reuse_rule), new)
    return Loaded(len(new), len(rules) - len(new), ())


def rules_of(conn: Connection, institution: str, groups: Iterable[str] | None = None) -> tuple[Rule, ...]:
    """Every stored version of an institution's rules, with its standing; of these groups, or of all."""
    return tuple(one.rule for one in stored_rules(conn, institution, groups))


def stored_rules(
    conn: Connection, institution: str, groups: Iterable[str] | None = None
) -> tuple[StoredRule, ...]:
    """As `rules_of`, with what the store knows besides; in the order in which they were loaded."""
    wanted = select(reuse_rule).where(reuse_rule.c.institution == institution).order_by(reuse_rule.c.number)
    if groups is not None:
        wanted = wanted.where(reuse_rule.c.group_key.in_(sorted(groups)))
    rows = list(conn.execute(wanted))
    newest = select(reuse_ruling).where(reuse_ruling.c.rule.in_([row.number for row in rows]))
    rulings = {row.rule: row for row in conn.execute(newest.order_by(reuse_ruling.c.number))}
    return tuple(_stored(row, rulings.get(row.number)) for row in rows)


def text_of(rule: Rule) -> str:
    """What a rule says, as it is stored and signed: canonical JSON."""
    return canonical_json(content_of(rule)).decode()


def _stored(row: Row[tuple[object, ...]], ruling: Row[tuple[object, ...]] | None) -> StoredRule:
    rule = rule_of(json.loads(row.content))
    if ruling is None:
        return StoredRule(row.number, rule, None)
    standing = replace(
        rule, status=STANDING[ruling.act], approved_by=ruling.decided_by, approved_at=ruling.at
    )
    return StoredRule(row.number, standing, ruling.jws)


def _name(row: Row[tuple[object, ...]]) -> tuple[str, str, int]:
    return row.group_key, row.situation, row.version


def _values(institution: str, rule: Rule, content: str, now: int) -> dict[str, object]:
    return {
        "institution": institution,
        "group_key": rule.group,
        "situation": rule.situation,
        "version": rule.version,
        "content": content,
        "loaded_at": now,
    }
