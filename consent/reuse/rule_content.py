"""A rule as the JSON object that is stored, hashed and signed; its standing is not part of it."""

from dataclasses import fields
from typing import Any

from consent.reuse.rules import Rule, Words

_STANDING = frozenset({"status", "approved_by", "approved_at"})
_SETS = frozenset({"codes", "settings", "panels", "unverified", "specimens", "methods", "context_allowed"})
_SETS_OR_NONE = frozenset({"relevant_drugs", "relevant_procedures"})
_LISTS = frozenset({"marks_accepted", "members", "sources", "conflicts"})
_WORDS = frozenset({"group_words", "situation_words"})


def content_of(rule: Rule) -> dict[str, Any]:
    """Texts, whole numbers, flags, null and lists only; lists that have no order are sorted."""
    content: dict[str, Any] = {}
    for member in fields(rule):
        value = getattr(rule, member.name)
        if member.name in _STANDING:
            continue
        if member.name == "equivalent":
            value = sorted(sorted(each) for each in value)
        elif member.name in _SETS or (member.name in _SETS_OR_NONE and value is not None):
            value = sorted(value)
        elif member.name in _LISTS or member.name in _WORDS:
            value = list(value)
        content[member.name] = value
    return content


def rule_of(content: dict[str, Any]) -> Rule:
    """The rule, a draft, of what `content_of` wrote; raises TypeError for anything else."""
    members = dict(content)
    for name in _SETS:
        members[name] = frozenset(members[name])
    for name in _SETS_OR_NONE:
        members[name] = None if members[name] is None else frozenset(members[name])
    for name in _LISTS:
        members[name] = tuple(members[name])
    for name in _WORDS:
        members[name] = Words(*members[name])
    members["equivalent"] = tuple(frozenset(each) for each in members["equivalent"])
    return Rule(**members)
