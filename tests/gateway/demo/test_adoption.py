"""The demonstration's rules: approved and signed for its institutions, one left as a draft."""

from gateway.composition import Gateway
from gateway.demo.adoption import LEFT_AS_DRAFT, adopt_rules
from gateway.reuse.rules.rulings import false_rulings
from gateway.reuse.rules.stored import rules_of


def test_every_institution_has_approved_and_signed_rules_but_one(
    gw: Gateway, institutions: list[str]
) -> None:
    adopt_rules(gw, gw.ledger.id, gw.ledger.genesis.institutions)
    for institution in institutions:
        with gw.db.connect() as conn, gw.ledger.view() as view:
            rules = rules_of(conn, institution)
            assert false_rulings(view, conn, institution) == []
        drafts = {rule.group for rule in rules if rule.status == "draft"}
        assert (len(rules) > 8, drafts) == (True, {LEFT_AS_DRAFT})
        assert all(rule.note.startswith("demonstration") for rule in rules)


def test_adopting_again_changes_nothing(gw: Gateway, institutions: list[str]) -> None:
    for _ in range(2):
        adopt_rules(gw, gw.ledger.id, gw.ledger.genesis.institutions)
        with gw.db.connect() as conn:
            rules = rules_of(conn, institutions[0])
    assert len({rule.name for rule in rules}) == len(rules)
