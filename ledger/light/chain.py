"""From a trusted header to a newer one: next to it by the set that it names, or farther by who signs both.

The rules are those of CometBFT's light client (spec/light-client/verification): a header is decided when more
than two thirds of its own validators signed it. It is believed when the trusted header next to it named those
validators, or, within 14 days of the trusted header, when more than a third of the trusted validators signed
it, too. Between two that are too far apart a header in the middle is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ledger.encoding import MAX_INTEGER
from ledger.engine.cometbft_genesis import chain_id
from ledger.errors import Malformed
from ledger.genesis import Genesis
from ledger.light.commit import Commit, check_decided, power_behind, read_commit
from ledger.light.fields import read_object
from ledger.light.header import Header, read_header
from ledger.light.validators import ValidatorSet, first_validators, read_validators

TRUSTING_MS = 14 * 24 * 60 * 60 * 1000
# Clocks of honest machines differ by less: the skew that the ledger allows.
DRIFT_MS = 120_000
MOST_QUESTIONS = 128
Fetch = Callable[[int], "LightBlock"]


@dataclass(frozen=True, slots=True)
class LightBlock:
    """A header, the votes for it and its validators, all of which fit together and hold."""

    header: Header
    commit: Commit
    validators: ValidatorSet


@dataclass(frozen=True, slots=True)
class Trusted:
    """A header that was believed; the ledger's genesis stands for one at height 0."""

    chain_id: str
    height: int
    time_ms: int
    validators: ValidatorSet
    next_validators_hash: bytes


def trust_of_genesis(genesis: Genesis) -> Trusted:
    """Where every check begins. Raises Malformed(light-none) where one operator writes the ledger alone."""
    first = first_validators(genesis)
    return Trusted(chain_id(genesis), 0, genesis.at, first, first.hash)


def trust_of(block: LightBlock) -> Trusted:
    """What a believed block lets believe next."""
    header = block.header
    return Trusted(
        header.chain_id, header.height, header.time.ms, block.validators, header.next_validators_hash
    )


def read_light_block(value: object, chain: str) -> LightBlock:
    """A block of this chain that more than two thirds of the validators in it signed.

    Whether these are the right validators is not checked here.
    Raises Malformed: light-form, light-chain, light-validators, light-hash, light-signature, light-power,
    key-invalid.
    """
    doc = read_object(value, {"header", "commit", "validators"}, {"size", "root"})
    header, commit = read_header(doc["header"]), read_commit(doc["commit"])
    validators = read_validators(doc["validators"])
    if header.chain_id != chain:
        raise Malformed("light-chain", "a block of another chain")
    if header.validators_hash != validators.hash:
        raise Malformed("light-validators", "the header names other validators")
    if commit.height != header.height or commit.block.hash != header.hash:
        raise Malformed("light-hash", "the votes are for another header")
    check_decided(chain, commit, validators)
    return LightBlock(header, commit, validators)


def check_step(trusted: Trusted, block: LightBlock, now_ms: int) -> None:
    """Whether a block may be believed because a trusted one was.

    Raises Malformed: light-order, light-expired, light-untrusted.
    """
    header = block.header
    _check_order(trusted, header, now_ms)
    if header.height == trusted.height + 1:
        if header.validators_hash != trusted.next_validators_hash:
            raise Malformed("light-untrusted", "not the validators that the header before it named")
        return
    if now_ms - trusted.time_ms >= TRUSTING_MS:
        raise Malformed("light-expired", "the trusted header is too old to leave any out")
    if 3 * power_behind(block.commit, block.validators, trusted.validators) <= trusted.validators.power:
        raise Malformed("light-untrusted", "not more than a third of the trusted validators signed")


def believe(trusted: Trusted, target: LightBlock, fetch: Fetch, now_ms: int) -> list[LightBlock]:
    """The blocks from a trusted one to the target, each believed because of the one before it.

    `fetch(height)` gives a block of that height as `read_light_block` does; at most 128 are asked for. A
    trusted header older than 14 days lets no header be left out.
    Raises Malformed as `check_step` does, light-far when it would take more, and what `fetch` raises.
    """
    _check_order(trusted, target.header, now_ms)
    path: list[LightBlock] = []
    ahead, asked = [target], 0
    while ahead:
        block = ahead[-1]
        try:
            check_step(trusted, block, now_ms)
        except Malformed as refused:
            if refused.code not in ("light-untrusted", "light-expired"):
                raise
            if block.header.height == trusted.height + 1:
                raise
            asked += 1
            expired = refused.code == "light-expired"
            steps = block.header.height - trusted.height - 1
            if asked > MOST_QUESTIONS or (expired and steps > MOST_QUESTIONS):
                raise Malformed("light-far", "the headers between are too many") from None
            height = trusted.height + 1 if expired else trusted.height + (steps + 1) // 2
            ahead.append(_fetched(fetch, height))
            continue
        path.append(ahead.pop())
        trusted = trust_of(block)
    return path


def check_voted(block: LightBlock, voted: ValidatorSet) -> None:
    """Whether a block was signed by the validators for whom the operators voted, as of its own app hash.

    `voted` is the set that the ledger names at the size which the header certifies. A change takes effect two
    blocks later, so only a header before and after which the set is the same can be judged.
    Raises Malformed(light-changing, light-voted).
    """
    header = block.header
    if header.validators_hash != header.next_validators_hash:
        raise Malformed("light-changing", "the validators are just changing: take a later block")
    if header.validators_hash != voted.hash:
        raise Malformed("light-voted", "not the validators for whom the operators voted")


def check_same(one: LightBlock, other: LightBlock) -> None:
    """Whether two decided blocks of one height are the same block. Raises Malformed(light-fork, light-order).

    Two that differ prove that a third of the validators signed both; keep them.
    """
    if one.header.height != other.header.height:
        raise Malformed("light-order", "blocks of two heights")
    if one.header.hash != other.header.hash:
        raise Malformed("light-fork", "two different blocks of one height, both signed by the validators")


def _check_order(trusted: Trusted, header: Header, now_ms: int) -> None:
    if header.chain_id != trusted.chain_id:
        raise Malformed("light-chain", "a block of another chain")
    if not trusted.height < header.height <= MAX_INTEGER:
        raise Malformed("light-order", "the block does not come after the trusted one")
    if trusted.height > 0 and header.time.ms <= trusted.time_ms:
        raise Malformed("light-order", "the block's time is not after that of the trusted one")
    if header.time.ms > now_ms + DRIFT_MS:
        raise Malformed("light-order", "the block's time is in the future")


def _fetched(fetch: Fetch, height: int) -> LightBlock:
    block = fetch(height)
    if block.header.height != height:
        raise Malformed("light-order", "a block of another height than the one asked for")
    return block
