"""Where a consortium's chain of blocks stands in this store, and what its newest blocks refused.

Height and app hash are written in the transaction that writes the block's records. A refusal is kept by entry
id, so that a gateway can tell whoever waits; nothing on the chain depends on it, and it goes after some
blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ledger.errors import Refusal
from ledger.store import tables as t
from ledger.store.database import Connection
from ledger.store.prepared import Prepared, put

_COLUMNS = (t.refusals.c.entry_id, t.refusals.c.height, t.refusals.c.code, t.refusals.c.detail)
_SINCE = Prepared(sa.select(*_COLUMNS).where(t.refusals.c.height > sa.bindparam("height")))
_TIP = Prepared(sa.select(t.chain.c.height, t.chain.c.app_hash))
_PUT_TIP = put(t.chain, "only", "height", "app_hash")
_PRUNE = Prepared(sa.delete(t.refusals).where(t.refusals.c.height <= sa.bindparam("last")))


@dataclass(frozen=True, slots=True)
class ChainTip:
    """The last block that this store holds; height 0 and no hash before the first."""

    height: int
    app_hash: bytes


@dataclass(frozen=True, slots=True)
class RefusedAt:
    """A judgement against an entry, and the height of the block in which it was judged."""

    height: int
    refusal: Refusal


def read_chain_tip(connection: Connection) -> ChainTip:
    """The last block in this store."""
    row = _TIP.first(connection)
    return ChainTip(0, b"") if row is None else ChainTip(row[0], row[1])


def write_chain_tip(connection: Connection, tip: ChainTip) -> None:
    """The block that this transaction makes the last."""
    _PUT_TIP.run(connection, only=1, height=tip.height, app_hash=tip.app_hash)


def write_refusals(connection: Connection, height: int, refusals: Mapping[str, Refusal]) -> None:
    """What the block at `height` refused, by entry id (hex); an entry's earlier refusal is replaced."""
    rows = [
        {"entry_id": bytes.fromhex(entry_id), "height": height, "code": one.code, "detail": one.detail}
        for entry_id, one in refusals.items()
    ]
    if rows:
        gone = sa.delete(t.refusals).where(t.refusals.c.entry_id == sa.bindparam("gone"))
        connection.execute(gone, [{"gone": row["entry_id"]} for row in rows])
        connection.execute(sa.insert(t.refusals), rows)


def prune_refusals(connection: Connection, height: int) -> None:
    """Forget what blocks up to `height` refused."""
    _PRUNE.run(connection, last=height)


def read_refusals_since(connection: Connection, height: int) -> dict[str, RefusedAt]:
    """What the blocks after `height` refused, as far as it is kept, by entry id (hex)."""
    rows = _SINCE.all(connection, height=height)
    return {row[0].hex(): RefusedAt(row[1], Refusal(row[2], row[3])) for row in rows}
