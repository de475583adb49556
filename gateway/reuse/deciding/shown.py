"""What a screen is told of a check and of an order: JSON for the console's API.

Format: /openapi.json. Results as items (gateway.records.items) with the institution that issued them and
their marks. A rule that is not in force shows itself and nothing else: no result, no candidate.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from consent.reuse.choice import Group
from consent.reuse.results import Result
from consent.reuse.rules import Rule, Words
from consent.reuse.verdicts import Line, Verdict
from gateway.records.items import item_of_text
from gateway.reuse.deciding.offers import offered_of
from gateway.reuse.deciding.sight import Place

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.reuse.deciding.checking import Checked

Json = dict[str, Any]

MOST_OF_TREND = 30
MOST_OTHERS = 5
_NOT_IN_FORCE = frozenset({"rule-missing", "rule-draft", "rule-withdrawn", "rule-not-begun"})


def check_shown(checked: Checked, row: Any | None) -> Json:
    """One answer of a check; ``row`` is its offer's."""
    wanted, verdict = checked.wanted, checked.verdict
    in_force = verdict.reason not in _NOT_IN_FORCE
    return {
        "group": wanted.group,
        "code": wanted.code,
        "situation": wanted.situation,
        "situation_stated": verdict.situation_stated,
        "rule": None if verdict.rule is None else rule_shown(verdict.rule),
        "reason": verdict.reason,
        "too_soon": verdict.too_soon,
        "order": None if row is None else order_shown(row),
        "items": [_item(checked, one) for one in verdict.offers],
        "trend": _trend(checked) if len(verdict.offers) == 1 else [],
        "lines": [_line(one) for one in (verdict.lines if in_force else verdict.lines[-1:])],
        "panel": None if verdict.panel is None else dict(zip(("have", "of"), verdict.panel, strict=True)),
        "members": [_member(checked, one) for one in verdict.members] if in_force else [],
        "nearest": _nearest(checked) if in_force else None,
        "others": [_other(checked, *one) for one in verdict.others[:MOST_OTHERS]] if in_force else [],
    }


def order_shown(row: Any) -> Json:
    """One order as it stands: offered, used, repeated, ordered or undone; times in ms."""
    undone = row.undone_at is not None and row.undone_why == "staff"
    state = "undone" if undone else row.decision if row.decided_at is not None else "offered"
    return {
        "id": row.id,
        "group": row.group_key,
        "code": row.code,
        "situation": row.situation,
        "setting": row.setting,
        "urgent": bool(row.urgent),
        "state": state,
        "pending": row.entry is not None,
        "rule": row.rule,
        "results": [{"source": one.issuer, "collected": one.collected} for one in offered_of(row)],
        "reason": row.reason,
        "words": row.words,
        "informed": row.informed,
        "informed_how": row.informed_how,
        "decided_at": row.decided_at,
        "entry": row.decided_entry,
        "filed": json.loads(row.filed) if row.filed else [],
    }


def group_shown(group: Group) -> Json:
    """A group of tests to choose from."""
    return {
        "group": group.key,
        "words": words_shown(group.words),
        "codes": sorted(group.codes),
        "members": list(group.members),
        "situations": [
            {"situation": one.key, "words": words_shown(one.words), "status": one.status}
            for one in group.situations
        ],
    }


def rule_shown(rule: Rule) -> Json:
    """A rule as its card and its page show it; lengths in ms."""
    return {
        "name": rule.name,
        "id": rule.id,
        "version": rule.version,
        "situation": rule.situation,
        "words": words_shown(rule.situation_words),
        "status": rule.status,
        "approved_at": rule.approved_at,
        "min_interval_ms": rule.min_interval_ms,
        "window_ms": rule.window_ms,
        "sources": list(rule.sources),
        "note": rule.note,
    }


def words_shown(words: Words) -> dict[str, str]:
    """A name by language."""
    return {"zh-CN": words.zh, "en": words.en}


def names_shown(gw: Gateway) -> dict[str, Any]:
    """Registered names of all institutions, for marks and lists."""
    with gw.ledger.view() as view:
        return {one.id: one.name for one in view.institutions()}


def _item(checked: Checked, result: Result) -> Json:
    seen = checked.sight.texts[Place(result.source, result.ref)]
    return {
        **item_of_text(seen.json_text),
        "source": seen.issuer,
        "copy": result.own and seen.issuer != result.source,
        "marks": [each.display for each in result.marks],
        "collected": result.collected,
    }


def _trend(checked: Checked) -> list[Json]:
    """All results in sight of the offered test, newest first: what the chart draws."""
    codes = checked.verdict.offers[0].codes
    unit = checked.verdict.offers[0].value.unit if checked.verdict.offers[0].value else None
    same = [
        one
        for one in checked.sight.results
        if one.patient == checked.sight.patient_id and not one.unfit and not one.absent
        and codes & one.codes and one.value is not None and one.value.unit == unit and one.replaced_by is None
        and one.status in ("final", "amended", "corrected") and one.collected is not None
    ]  # fmt: skip
    same.sort(key=lambda one: -(one.collected or 0))
    return [_item(checked, one) for one in same[:MOST_OF_TREND]]


def _nearest(checked: Checked) -> Json | None:
    """The result that the lines speak of when none is offered; None for a panel, or when there is none."""
    verdict = checked.verdict
    code = next((line.facts.get("code") for line in verdict.lines if line.key == "code"), None)
    if verdict.offers or verdict.members or code is None:
        return None
    others = {(one.source, one.ref) for one, _ in verdict.others}
    spoken = [
        one for one in checked.sight.results if code in one.codes and (one.source, one.ref) not in others
    ]
    return _item(checked, spoken[0]) if len(spoken) == 1 else None


def _member(checked: Checked, verdict: Verdict) -> Json:
    """One test of a panel: its result if there is one that qualifies, and what decided."""
    found = verdict.offers or verdict.would
    failed = next((line for line in verdict.lines if line.outcome == "fails" and line.key != "rule"), None)
    code = next((line.facts for line in verdict.lines if line.key == "code"), {})
    return {
        "code": code.get("code") or next(iter(code.get("ordered") or []), None),
        "item": _item(checked, found[0]) if found else None,
        "line": None if failed is None else _line(failed),
    }


def _other(checked: Checked, result: Result, line: Line) -> Json:
    return {"item": _item(checked, result), "line": _line(line)}


def _line(line: Line) -> Json:
    return {"key": line.key, "outcome": line.outcome, "facts": dict(line.facts)}
