"""Runs all examinations, or those that a start needs, and lets none of them take the others down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.operation.doctor import keys, ledger, private
from gateway.operation.doctor.findings import Finding, Scene

Examine = Callable[[Scene], Iterator[Finding]]
FOR_START: tuple[Examine, ...] = (private.examine, ledger.examine, keys.examine)


def examine_for_start(scene: Scene) -> list[Finding]:
    """What keeps a node from starting safely, and what lies near it."""
    return [one for each in FOR_START for one in each(scene)]
