"""Runs all examinations, or those that a start needs; one that fails takes none of the others down."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from gateway.operation.doctor import consortium, keys, ledger, machine, network, private, records
from gateway.operation.doctor.findings import LEVELS, Finding, Meaning, Meanings, Scene
from ledger.errors import LedgerError

Examine = Callable[[Scene], Iterator[Finding]]
FOR_START: tuple[Examine, ...] = (private.examine, ledger.examine, keys.examine)
ALL: tuple[Examine, ...] = (*FOR_START, records.examine, machine.examine, network.examine, consortium.examine)
MEANINGS = Meanings(
    {
        "not-examined": Meaning(
            "wrong",
            "{name} could not be examined: {kind}.",
            "Something stands in the way that other findings may explain.",
            "无法检查 {name}：{kind}。",
            "其他检查结果可能说明原因。",
            "",
        ),
    }
)


def examine_for_start(scene: Scene) -> list[Finding]:
    """What keeps a node from starting safely, and what lies near it."""
    return _run(FOR_START, scene)


def examine_all(scene: Scene) -> list[Finding]:
    """Everything, what is worst first."""
    order = list(LEVELS)
    return sorted(_run(ALL, scene), key=lambda one: order.index(one.level))


def _run(examinations: tuple[Examine, ...], scene: Scene) -> list[Finding]:
    found = []
    for each in examinations:
        try:
            found += list(each(scene))
        except (OSError, LedgerError, SQLAlchemyError, sqlite3.Error) as error:
            name = each.__module__.rsplit(".", 1)[-1]
            found.append(MEANINGS.of("not-examined", name=name, kind=type(error).__name__))
    return found
