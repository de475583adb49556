"""Reads the plain text on which hospitals agree, and makes the unsigned genesis of it, the same for all.

    name = "…"                                  # what people call the ledger
    origin = "yaoshi.example/ledger"            # of its checkpoints (C2SP)
    wallet = "https://wallet.example"           # the one origin of the phone's wallet
    at = 2026-12-01T08:00:00+08:00

    [[operator]]                                # then one after another what `flask consortium keys` printed
    id, name, node = "<node id>@host:port", [operator.keys] checkpoint, validator, vote
    [[institution]]
    id, operator, code, type, zh, en, base, [institution.keys] desk, offline, peer, release, review

TOML 1.0; [limits] may change a limit. Nothing secret stands in it. A statement for a ledger that is there has
[operator.proofs] and [institution.proofs], too: one for each key. Not here: keys that are secret
(membership), and the judgement whether keys, proofs and names are admissible, which is the ledger's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.encoding import is_hex
from ledger.genesis import (
    CODE,
    DEFAULT_LIMITS,
    INSTITUTION_USES,
    OPERATOR_QUOTA,
    OPERATOR_USES,
    VALIDATOR_USE,
    build_genesis,
)

NODE = re.compile(r"[0-9a-f]{40}@[0-9A-Za-z.:\[\]-]{1,200}:[0-9]{1,5}")
FEWEST = 4  # with fewer, one that fails stops all
_LIMITS = (*DEFAULT_LIMITS, OPERATOR_QUOTA)
_HEAD = {"name": str, "origin": str, "wallet": str, "at": datetime}
_OPERATOR = {"id": str, "name": str, "node": str}
_INSTITUTION = {"id": str, "operator": str, "code": str, "type": str, "zh": str, "en": str, "base": str}


class AgreementError(ValueError):
    """A text that cannot begin a ledger; the message says where and what is expected."""


@dataclass(frozen=True)
class Agreement:
    """`document`: the genesis without signatures; `nodes`: {operator id: "node id@host:port"}."""

    document: dict[str, Any]
    nodes: dict[str, str]


@dataclass(frozen=True)
class Statement:
    """Members as the genesis will hold them, and where their nodes are; of one member, or of all.

    `proofs` has {use: proof} by id, of those that come to a ledger that is there.
    """

    operators: list[dict[str, Any]]
    institutions: list[dict[str, Any]]
    nodes: dict[str, str]
    proofs: dict[str, dict[str, str]]

    def stands_in(self, agreement: Agreement) -> bool:
        """Whether the agreement holds all of it, to the letter."""
        document = agreement.document
        return (
            all(one in document["operators"] for one in self.operators)
            and all(one in document["institutions"] for one in self.institutions)
            and self.nodes.items() <= agreement.nodes.items()
        )


def read_statement(text: str) -> Statement:
    """The statement in `text`, as `flask consortium keys` wrote it. Raises AgreementError."""
    told = _parsed(text)
    statement = _statement(told)
    _members(told, {}, "a statement")
    return statement


def read_agreement(text: str) -> Agreement:
    """The agreement in `text`. Raises AgreementError."""
    told = _parsed(text)
    statement = _statement(told)
    limits = told.pop("limits", {})
    _members(told, _HEAD, "the first lines")
    if statement.proofs:
        raise AgreementError("a statement for a ledger that is there begins no other: leave its member out")
    if told["at"].tzinfo is None:
        raise AgreementError("the first lines: at has a zone, such as 2026-12-01T08:00:00+08:00")
    if not isinstance(limits, dict) or not limits.keys() <= set(_LIMITS):
        raise AgreementError(f"[limits] holds {', '.join(_LIMITS)}, and nothing else")
    if len(statement.operators) < FEWEST:
        raise AgreementError(f"{FEWEST} operators at least: with fewer, one that fails stops all")
    return Agreement(
        build_genesis(
            name=told["name"],
            origin=told["origin"],
            wallet=told["wallet"],
            at=int(told["at"].timestamp() * 1000),
            operators=statement.operators,
            institutions=statement.institutions,
            limits=limits,
        ),
        statement.nodes,
    )


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AgreementError(f"not TOML: {error}") from None


def _statement(told: dict[str, Any]) -> Statement:
    operators, institutions = _tables(told, "operator"), _tables(told, "institution")
    proven = [(one.get("id"), one.pop("proofs")) for one in (*operators, *institutions) if "proofs" in one]
    if not all(isinstance(member, str) and _are_texts(proofs) for member, proofs in proven):
        raise AgreementError("proofs are texts by use")
    return Statement(
        [_operator(number, one) for number, one in enumerate(operators, 1)],
        [_institution(number, one) for number, one in enumerate(institutions, 1)],
        {one["id"]: one["node"] for one in operators},
        dict(proven),
    )


def _operator(number: int, one: dict[str, Any]) -> dict[str, Any]:
    where = f"operator {number}"
    keys = _keys(one, (*OPERATOR_USES, VALIDATOR_USE), where)
    _members(one, _OPERATOR, where)
    _identified(one, where)
    if not NODE.fullmatch(one["node"]):
        raise AgreementError(f"{where}: node is 40 hexadecimal digits, @, host, : and port")
    return {"id": one["id"], "name": one["name"], "keys": keys}


def _institution(number: int, one: dict[str, Any]) -> dict[str, Any]:
    where = f"institution {number}"
    keys = _keys(one, INSTITUTION_USES, where)
    _members(one, _INSTITUTION, where)
    _identified(one, where)
    if not CODE.fullmatch(one["code"]):
        raise AgreementError(f"{where}: code is two digits or capital letters, without I, L, O and U")
    kept = {name: one[name] for name in ("id", "code", "type", "operator", "base")}
    return {**kept, "name": {"zh-CN": one["zh"], "en": one["en"]}, "keys": keys}


def _identified(one: dict[str, Any], where: str) -> None:
    """Files are named by ids and codes."""
    if not is_hex(one["id"], 32):
        raise AgreementError(f"{where}: id is 32 hexadecimal digits")


def _tables(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = told.pop(name, None)
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise AgreementError(f"it holds [[{name}]] tables")
    return found


def _keys(one: dict[str, Any], uses: tuple[str, ...], where: str) -> dict[str, str]:
    keys = one.pop("keys", None)
    if not isinstance(keys, dict) or keys.keys() != set(uses):
        raise AgreementError(f"{where}: its keys are {', '.join(sorted(uses))}, and nothing else")
    if not _are_texts(keys):
        raise AgreementError(f"{where}: each key is a text")
    return keys


def _are_texts(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(one, str) for one in found.values())


def _members(one: Mapping[str, Any], wanted: Mapping[str, type], where: str) -> None:
    if one.keys() != wanted.keys():
        expected = ", ".join(wanted) or "its tables"
        raise AgreementError(f"{where}: {expected} stand there, and nothing else")
    for name, kind in wanted.items():
        if not isinstance(one[name], kind):
            what = "a date with time and zone" if kind is datetime else "a text"
            raise AgreementError(f"{where}: {name} is {what}")
