"""Roots that others signed or kept, held against a replay of the whole log when it reaches their sizes.

A block is judged by the validators for whom the operators had voted in exactly the records that it certifies,
so no trusted header is needed, however old the ledger is.
"""

from __future__ import annotations

from collections.abc import Mapping

from ledger.engine.cometbft_genesis import chain_id
from ledger.errors import Malformed
from ledger.genesis import Genesis
from ledger.light.certificate import Certified, read_certified
from ledger.light.chain import check_voted
from ledger.light.validators import validators_of
from ledger.registry import validators
from ledger.replay import Differs, Replay


class Watch:
    """What a replay must meet: a certificate (a light block with size and root, or None), and known roots."""

    def __init__(self, genesis: Genesis, certificate: object, known: Mapping[int, bytes]) -> None:
        self.certified: Certified | None = None
        if certificate is not None:
            try:
                self.certified = read_certified(certificate, chain_id(genesis))
            except Malformed as malformed:
                raise Differs("certificate", f"the block does not hold ({malformed.code})") from None
        self._known = known
        self._open = set(known) | ({self.certified.size} if self.certified else set())

    def meet(self, replay: Replay) -> None:
        """Compare what stands here for the size that the replay has reached. Raises Differs."""
        size = replay.tip.size
        if size not in self._open:
            return
        self._open.discard(size)
        if self._known.get(size, replay.tip.log_root) != replay.tip.log_root:
            raise Differs("checkpoint", f"the log root of {size} records is not the one that somebody kept")
        if self.certified is None or self.certified.size != size:
            return
        if self.certified.root != replay.tip.log_root:
            raise Differs("certificate", f"the validators signed another log of {size} records")
        try:
            check_voted(self.certified.block, validators_of(validators(replay.get)))
        except Malformed as malformed:
            raise Differs("certificate", f"the validators are not right ({malformed.code})") from None

    def check_all_met(self) -> None:
        """Raises Differs when the log ended before one of the sizes."""
        if self._open:
            claim = "certificate" if self.certified and self.certified.size in self._open else "checkpoint"
            raise Differs(claim, f"the log ends before record {max(self._open) - 1}")
