"""Approves and withdraws rules in an institution's name, signed by its review key, and checks that later.

The signature (JWS, typ yaoshi-rule) stands over the whole rule, so what was approved can be told without the
database. A withdrawn version stays withdrawn: to use the rule again a new version is loaded and approved.
Key rotation leaves older rulings valid: they are held against the review key that the registry named then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from sqlalchemy import Connection, insert

from consent.reuse.rule_content import content_of
from consent.reuse.rules import Rule
from gateway.reuse.rules.stored import StoredRule, stored_rules
from gateway.reuse.tables import reuse_ruling
from ledger.encoding import unb64u
from ledger.entry import parse_entry
from ledger.errors import Malformed
from ledger.record import decode_record
from ledger.signing import open_compact

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from ledger.view import View

TYP = "yaoshi-rule"
Act = Literal["approve", "withdraw"]


class Refused(NamedTuple):
    """Why a rule's standing was not changed: its name, and words for the one who asked."""

    name: str
    why: str


def rule_on(
    gw: Gateway, conn: Connection, ledger: str, institution: str, stored: StoredRule, act: Act, by: str
) -> Refused | None:
    """Signs and stores the institution's word on one version. `ledger`: the id of the ledger it is for."""
    why = _bar(stored.rule, act)
    if why is not None:
        return Refused(stored.rule.name, why)
    at = gw.clock()
    payload = {
        "ledger": ledger,
        "institution": institution,
        "act": act,
        "at": at,
        "by": by,
        "rule": content_of(stored.rule),
    }
    jws = gw.keys.sign(institution, "review", TYP, payload)
    conn.execute(insert(reuse_ruling).values(rule=stored.number, act=act, at=at, decided_by=by, jws=jws))
    return None


def _bar(rule: Rule, act: Act) -> str | None:
    if rule.status == "withdrawn":
        return "it was withdrawn; load a new version"
    if act == "approve" and rule.status == "approved":
        return "it is approved already"
    if act == "approve" and not rule.codes:
        return "it has no verified code"
    return None


def false_rulings(view: View, conn: Connection, institution: str) -> list[str]:
    """Names of rules whose newest ruling is not what the institution signed."""
    keys = _review_keys(view, institution)
    ledger = view.genesis.id
    return [
        one.rule.name
        for one in stored_rules(conn, institution)
        if one.jws is not None and not _holds(one.rule, one.jws, keys, ledger, institution)
    ]


def trusted_rules(view: View, conn: Connection, institution: str, groups: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of these groups; one whose ruling is not what the institution signed counts as a draft."""
    found = stored_rules(conn, institution, groups)
    keys = _review_keys(view, institution) if any(one.jws is not None for one in found) else []
    ledger = view.genesis.id
    return tuple(
        one.rule
        if one.jws is None or _holds(one.rule, one.jws, keys, ledger, institution)
        else replace(one.rule, status="draft")
        for one in found
    )


def _holds(rule: Rule, jws: str, keys: list[bytes], ledger: str, institution: str) -> bool:
    payload = next((found for key in keys if (found := _opened(jws, key)) is not None), None)
    act = "approve" if rule.status == "approved" else "withdraw"
    return payload == {
        "ledger": ledger,
        "institution": institution,
        "act": act,
        "at": rule.approved_at,
        "by": rule.approved_by,
        "rule": content_of(rule),
    }


def _opened(jws: str, key: bytes) -> dict[str, Any] | None:
    try:
        return open_compact(jws, TYP, key)
    except Malformed:
        return None


def _review_keys(view: View, institution: str) -> list[bytes]:
    """Every review key that the registry ever named for the institution."""
    named = [one["keys"]["review"] for one in view.genesis.institutions if one["id"] == institution]
    for row in view.chain(institution):
        if row.index == 0:
            continue
        payload = _payload(row.record_bytes)
        if payload["kind"] == "institution.keys" and "review" in payload["keys"]:
            named.append(payload["keys"]["review"])
        elif payload["kind"] == "institution.join":
            approved = view.entry_index(payload["proposal"])
            if approved is not None:
                named.append(_payload(view.record(approved))["change"]["institution"]["keys"]["review"])
    return [unb64u(each) for each in named]


def _payload(record: bytes) -> dict[str, Any]:
    return parse_entry(decode_record(record).entry.decode()).payload
