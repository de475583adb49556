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
from ledger.light.chain import LightBlock, believe, read_light_block, trust_of_genesis


@dataclass(frozen=True)
class FarLedger:
    """The node at an address; `genesis` is the pinned one, whatever this node says."""

    peers: Peers
    base: str
    genesis: Genesis

    def newest(self) -> tuple[Certified, dict[str, Any]]:
        """The newest certified block, and the document in which it came. Raises Malformed, Unavailable."""
        document = self._object("/ledger/light")
        return read_certified(document, chain_id(self.genesis)), document

    def at(self, height: int) -> LightBlock:
        """The block of a height. Raises Malformed, Unavailable."""
        return read_light_block(self.document(height), chain_id(self.genesis))

    def document(self, height: int) -> dict[str, Any]:
        """The block of a height as it was sent. Raises Malformed, Unavailable."""
        return self._object(f"/ledger/light/{height}")

    def believed(self, now_ms: int) -> tuple[Certified, dict[str, Any]]:
        """The newest block, traced from the pinned genesis. Raises Malformed, Unavailable."""
        certified, document = self.newest()
        believe(trust_of_genesis(self.genesis), certified.block, self.at, now_ms)
        return certified, document

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
