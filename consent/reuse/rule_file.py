"""Reads a rule file: TOML 1.0, every mistake named with its line, and nothing taken from a file with one.

A group ([group.NAME]) has codes and words; its rules ([[group.NAME.rule]]) have a situation and lengths in
days. A code without a system is LOINC, its check digit included. A file never approves itself. The form is
docs/reuse.md. Not here: approval, storing, and whether a version is new.
"""

import re
import tomllib
from decimal import Decimal
from typing import Any, NamedTuple

from consent.reuse.faults import Fault
from consent.reuse.rule_lines import line_of
from consent.reuse.rule_values import GroupReader, RuleReader
from consent.reuse.rules import DEFAULT, Rule

MAX_BYTES = 1_000_000
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AT_LINE = re.compile(r"\(at line (\d+), column (\d+)\)")


class RuleFile(NamedTuple):
    """Either the rules of a whole file, or the faults of one from which nothing is taken."""

    rules: tuple[Rule, ...]
    faults: tuple[Fault, ...]


def parse_rules(text: str) -> RuleFile:
    """The rules that a file states, all drafts; or everything that is wrong with it, by line."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return RuleFile((), (Fault(0, "file-too-large", f"more than {MAX_BYTES} bytes"),))
    for number, line in enumerate(text.splitlines(), 1):
        if '"""' in line or "'''" in line:  # so that a line is told by its own beginning
            return RuleFile((), (Fault(number, "text-over-lines", ""),))
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        return RuleFile((), (_syntax(text, error),))
    except (ValueError, RecursionError):  # a number of thousands of digits, or nested too deep
        return RuleFile((), (Fault(0, "toml-wrong", "a number too long, or nested too deep"),))
    rules, faults = _read(text, data)
    if faults:
        return RuleFile((), tuple(sorted(set(faults))))
    return RuleFile(tuple(rules), ())


def _syntax(text: str, error: tomllib.TOMLDecodeError) -> Fault:
    message = str(error)
    where = _AT_LINE.search(message)
    line = int(where.group(1)) if where else len(text.splitlines())
    return Fault(line, "toml-wrong", message.replace("\n", " "))


def _read(text: str, data: dict[str, Any]) -> tuple[list[Rule], list[Fault]]:
    rules: list[Rule] = []
    faults = [Fault(line_of(text, "", 0, key), "key-unknown", key) for key in data if key != "group"]
    groups = data.get("group", {})
    if not isinstance(groups, dict):
        return [], [*faults, Fault(line_of(text, "", 0, "group"), "value-wrong", "group")]
    for name, content in groups.items():
        some, wrong = _read_group(text, name, content)
        rules += some
        faults += wrong
    if not rules and not faults:
        faults.append(Fault(0, "nothing-there", ""))
    return rules, faults + _shared_codes(text, rules)


def _read_group(text: str, name: str, content: Any) -> tuple[list[Rule], list[Fault]]:
    if not _NAME.fullmatch(name) or not isinstance(content, dict):
        return [], [Fault(line_of(text, name, 0, ""), "value-wrong", f"group {name!r}"[:80])]
    faults: list[Fault] = []

    def at_group(key: str, code: str, detail: str) -> None:
        faults.append(Fault(line_of(text, name, 0, key), code, f"{name}: {detail}"))

    group = GroupReader(content, at_group).read()
    tables = content.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        at_group("rule", "value-wrong", "rule is a list of tables: [[group.NAME.rule]]")
        return [], faults
    rules: list[tuple[int, Rule]] = []
    for number, table in enumerate(tables, 1):

        def at_rule(key: str, code: str, detail: str, number: int = number) -> None:
            faults.append(Fault(line_of(text, name, number, key), code, f"{name}: {detail}"))

        rule = RuleReader(table, at_rule).read(name, group)
        if rule is not None:
            rules.append((number, rule))
    return [rule for _, rule in rules], faults + _among(text, name, rules)


def _among(text: str, name: str, rules: list[tuple[int, Rule]]) -> list[Fault]:
    """What is wrong between the rules of one group."""
    faults = []
    known: dict[str, Rule] = {}
    for number, rule in rules:
        if rule.situation in known:
            line = line_of(text, name, number, "situation")
            faults.append(Fault(line, "situation-twice", f"{name}: {rule.situation}"))
        known.setdefault(rule.situation, rule)
    default = known.get(DEFAULT)
    if default is None:
        return [*faults, Fault(line_of(text, name, 0, ""), "default-missing", name)]
    number = next(number for number, rule in rules if rule is default)
    for rule in known.values():
        if not rule.never and default.reach_ms > rule.reach_ms:
            line = line_of(text, name, number, "")
            faults.append(Fault(line, "default-not-shortest", f"{name}: longer than {rule.situation}"))
    return faults


def _shared_codes(text: str, rules: list[Rule]) -> list[Fault]:
    owner: dict[str, str] = {}
    faults = []
    for rule in rules:
        for code in rule.codes | rule.panels:
            if owner.setdefault(code, rule.group) != rule.group:
                line = line_of(text, rule.group, 0, "codes")
                faults.append(Fault(line, "code-twice", f"{code} in {owner[code]} and {rule.group}"))
    return faults
