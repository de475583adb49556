"""Lets the demonstration's institutions adopt its reuse rules, all but one, which stays a draft to be seen.

Approved with each institution's review key, as `flask reuse approve` does, in the name of a synthetic person.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from consent.reuse.rule_file import parse_rules
from gateway.demo.seed import CODES
from gateway.reuse.rules.rulings import rule_on
from gateway.reuse.rules.stored import load_rules, stored_rules

if TYPE_CHECKING:
    from gateway.composition import Gateway

RULES = Path(__file__).with_name("rules.toml")
BY = "叶知秋（合成），检验科"
LEFT_AS_DRAFT = "ferritin"


def adopt_rules(gw: Gateway, ledger: str, institutions: Any) -> None:
    """Load and approve for these institutions ({"id", "code"}); the same again changes nothing."""
    rules = parse_rules(RULES.read_text("utf-8")).rules
    for one in institutions:
        if one["code"] not in CODES:
            continue
        with gw.db.begin() as conn:
            load_rules(conn, one["id"], rules, gw.clock())
            for stored in stored_rules(conn, one["id"], {rule.group for rule in rules} - {LEFT_AS_DRAFT}):
                rule_on(gw, conn, ledger, one["id"], stored, "approve", BY)
