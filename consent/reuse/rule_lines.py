"""Finds the line of a rule file that a mistake is on, as the TOML parser keeps no places."""

import re
from collections import Counter
from collections.abc import Iterable

from consent.reuse.rules import Rule

_HEADER = re.compile(r"\s*(\[\[?)\s*group\s*\.\s*[\"']?([^\s\"'\].]+)[\"']?\s*(?:\.\s*rule\s*)?\]")
_ANY_HEADER = re.compile(r"\s*\[\[?\s*[A-Za-z_][^\[\]=]*\]\]?\s*(#.*)?$")


def line_of(text: str, group: str, rule: int, key: str) -> int:
    """The line of `key` in the rule with that number (0: the group itself; group "": the file).

    Without such a key, the line of the table's head; 0 when there is none.
    """
    head, inside, count = 0, not group and not rule, 0
    for number, line in enumerate(text.splitlines(), 1):
        if _ANY_HEADER.match(line):
            found = _HEADER.match(line)
            if found is None or found.group(2) != group:
                inside = False
                continue
            is_rule = found.group(1) == "[["
            count += is_rule
            inside = (count == rule) if is_rule else rule == 0
            head = number if inside and not head else head
        elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
            return number
    return head


def version_lines(text: str, rules: Iterable[Rule]) -> dict[str, int]:
    """{rule@version: the line that states the version} for all rules of a file without mistakes."""
    met: Counter[str] = Counter()
    lines = {}
    for rule in rules:
        met[rule.group] += 1
        lines[rule.name] = line_of(text, rule.group, met[rule.group], "version")
    return lines
