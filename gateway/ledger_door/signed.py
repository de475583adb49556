"""What the validators signed, as this hospital's own node has it: for phones, other hospitals, auditors."""

from __future__ import annotations

from typing import Any

from gateway.composition import Gateway


def signed_block(gw: Gateway, height: int | None = None) -> dict[str, Any] | None:
    """The light block of a height, the newest without one; None where there is none, or one operator.

    docs/formats/light-block.md. Raises ledger.errors.Unavailable when the consensus node does not answer.
    """
    ask = getattr(gw.ledger, "light_block", None)  # a node that was halted asks nobody
    found: dict[str, Any] | None = None if ask is None else ask(height)
    return found
