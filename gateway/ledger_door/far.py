"""Another hospital's open door of the ledger, as somebody who does not trust it reads it.

docs/formats/light-block.md. What arrives is parsed strictly and judged by `ledger.light`; nothing is believed
because the other side says it. No answer is an outage (Unavailable), never a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.peers.http import ANSWER_SECONDS, MIB, Deadline, Peers, Question, unreachable
from ledger.encoding import parse_json, unb64u
from ledger.engine.cometbft_genesis import chain_id
from ledger.errors import Malformed
from ledger.genesis import MAX_GENESIS_BYTES, Genesis, parse_genesis
from ledger.light.certificate import Certified, check_carried, read_certified
from ledger.light.chain import (
    LightBlock,
    believe,
    check_same,
    check_voted,
    read_light_block,
    trust_of,
    trust_of_genesis,
)
from ledger.light.validators import ValidatorSet


@dataclass(frozen=True)
class Start:
    """Where trust begins, besides the genesis: a block that an audit proved, or whom one's own replica names.

    `voted` are the validators for whom the operators voted, for blocks too far from any trusted one.
    """

    block: LightBlock | None = None
    voted: ValidatorSet | None = None


@dataclass(frozen=True)
class FarLedger:
    """The node at an address; `genesis` is the pinned one, whatever this node says."""

    peers: Peers
    base: str
    genesis: Genesis

    def newest(self) -> Certified:
        """The newest block that certifies a log. Raises Malformed, Unavailable."""
        return read_certified(self._object("/ledger/light"), chain_id(self.genesis))

    def at(self, height: int) -> LightBlock:
        """The block of a height. Raises Malformed, Unavailable."""
        return read_light_block(self.document(height), chain_id(self.genesis))

    def document(self, height: int) -> dict[str, Any]:
        """The block of a height as it was sent. Raises Malformed, Unavailable."""
        return self._object(f"/ledger/light/{height}")

    def believed(self, now_ms: int, start: Start) -> Certified:
        """The newest block, traced from where trust begins. Raises Malformed, Unavailable."""
        certified = self.newest()
        block, trusted = certified.block, trust_of_genesis(self.genesis)
        if start.block is not None:
            trusted = trust_of(start.block)
            if block.header.height == trusted.height:
                check_same(block, start.block)
                return certified
        try:
            believe(trusted, block, self.at, now_ms)
        except Malformed as far:
            if far.code != "light-far" or start.voted is None:
                raise
            check_voted(block, start.voted)
        return certified

    def check_carried(self, certified: Certified, size: int, root: bytes) -> None:
        """Whether the log of another size is the certified one, by this node's proof.

        Raises Malformed(light-consistency), Unavailable.
        """
        old, new = sorted((certified.size, size))
        found = [] if old == new else self._object(f"/ledger/consistency/{old}/{new}").get("consistency")
        if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
            raise Malformed("light-consistency", "a list of hashes is wanted")
        check_carried(certified, size, root, [unb64u(value, 32) for value in found])

    def _object(self, path: str) -> dict[str, Any]:
        return parse_json(ask(self.peers, self.base, path), MIB)


def genesis_at(peers: Peers, base: str, ledger: str) -> Genesis:
    """The genesis with this id (64 hex digits). Raises Malformed(genesis-form), Unavailable."""
    genesis = parse_genesis(ask(peers, base, "/ledger/genesis", MAX_GENESIS_BYTES))
    if genesis.id != ledger:
        raise Malformed("genesis-form", "the node keeps another ledger")
    return genesis


def ask(peers: Peers, base: str, path: str, most: int = MIB) -> bytes:
    """The body of an open door's answer. Raises Unavailable."""
    question = Question("GET", path, {"Accept": "*/*"}, most=most)
    answer = peers.ask(base.rstrip("/"), question, Deadline.after(ANSWER_SECONDS))
    if answer.status != 200:
        raise unreachable(f"status {answer.status}")
    return answer.body
