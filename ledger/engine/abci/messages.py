"""The messages of ABCI 2.0 by their field numbers: what is read of each request, what each answer holds.

Standard: CometBFT 0.38, `tendermint/abci/types.proto`. Only fields that this application uses are named; all
others are skipped when read and left out when written. An answer's number is its request's plus one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ledger.protobuf import (
    Value,
    WireFault,
    as_bytes,
    as_int64,
    bytes_field,
    int_field,
    message_field,
    read_fields,
)

ACCEPT = 1
REJECT = 2
# For snapshots, which this application neither makes nor takes.
REJECT_OFFER, REJECT_SNAPSHOT = 3, 5
# Asked before a node meets another (config.toml, filter_peers); any code but 0 keeps it out.
PEER_FILTER, PEER_REFUSED = "/p2p/filter/id", 1


class Method(IntEnum):
    """What CometBFT asks: field numbers of `Request.value`."""

    ECHO = 1
    FLUSH = 2
    INFO = 3
    INIT_CHAIN = 5
    QUERY = 6
    CHECK_TX = 8
    COMMIT = 11
    LIST_SNAPSHOTS = 12
    OFFER_SNAPSHOT = 13
    LOAD_SNAPSHOT_CHUNK = 14
    APPLY_SNAPSHOT_CHUNK = 15
    PREPARE_PROPOSAL = 16
    PROCESS_PROPOSAL = 17
    EXTEND_VOTE = 18
    VERIFY_VOTE_EXTENSION = 19
    FINALIZE_BLOCK = 20


@dataclass(frozen=True, slots=True)
class InitChain:
    """How the chain's own genesis names the ledger."""

    chain_id: bytes
    app_state: bytes
    initial_height: int


@dataclass(frozen=True, slots=True)
class Block:
    """A decided block; `time` is ms UTC, rounded down."""

    height: int
    time: int
    txs: list[bytes]


def read_request(message: bytes) -> tuple[Method, bytes]:
    """Method and body. Raises WireFault."""
    found = [(number, as_bytes(value)) for number, value in read_fields(message)]
    if len(found) != 1:
        raise WireFault("a request is one method")
    try:
        return Method(found[0][0]), found[0][1]
    except ValueError:
        raise WireFault("no such method") from None


def read_echo(body: bytes) -> bytes:
    """The text to give back."""
    return as_bytes(_last(body, 1, b""))


def read_init_chain(body: bytes) -> InitChain:
    """Of RequestInitChain: chain_id, app_state_bytes, initial_height."""
    return InitChain(
        as_bytes(_last(body, 2, b"")), as_bytes(_last(body, 5, b"")), as_int64(_last(body, 6, 0))
    )


def read_filtered_peer(body: bytes) -> str | None:
    """Of RequestQuery: the node id about which the node asks whether to meet it, None for any other path."""
    prefix, _, peer = as_bytes(_last(body, 2, b"")).decode("ascii", "replace").rpartition("/")
    return peer if prefix == PEER_FILTER else None


def read_tx(body: bytes) -> bytes:
    """Of RequestCheckTx: the transaction."""
    return as_bytes(_last(body, 1, b""))


def read_prepared_txs(body: bytes) -> list[bytes]:
    """Of RequestPrepareProposal: the transactions."""
    return _each(body, 2)


def read_proposed_txs(body: bytes) -> list[bytes]:
    """Of RequestProcessProposal: the transactions."""
    return _each(body, 1)


def read_block(body: bytes) -> Block:
    """Of RequestFinalizeBlock: txs, height, time."""
    return Block(as_int64(_last(body, 5, 0)), _milliseconds(as_bytes(_last(body, 6, b""))), _each(body, 1))


def write_answer(method: Method, body: bytes = b"") -> bytes:
    """The Response to a request of this method."""
    return message_field(method + 1, body)


def echo_body(text: bytes) -> bytes:
    return bytes_field(1, text)


def info_body(name: bytes, height: int, app_hash: bytes) -> bytes:
    """ResponseInfo: data, last_block_height, last_block_app_hash."""
    return bytes_field(1, name) + int_field(4, height) + bytes_field(5, app_hash)


def init_chain_body(validators: Mapping[bytes, int], app_hash: bytes) -> bytes:
    """ResponseInitChain: validators, app_hash."""
    return _updates(2, validators) + bytes_field(3, app_hash)


def query_body(height: int, code: int = 0) -> bytes:
    """ResponseQuery: code, height; readers of the ledger ask the gateway."""
    return int_field(1, code) + int_field(9, height)


def code_body(code: int) -> bytes:
    """ResponseCheckTx, or one ExecTxResult."""
    return int_field(1, code)


def txs_body(txs: Iterable[bytes]) -> bytes:
    """ResponsePrepareProposal."""
    return b"".join(message_field(1, tx) for tx in txs)


def status_body(status: int) -> bytes:
    """ResponseProcessProposal, ResponseVerifyVoteExtension, or the result for a snapshot."""
    return int_field(1, status)


def block_body(codes: Iterable[int], validators: Mapping[bytes, int], app_hash: bytes) -> bytes:
    """ResponseFinalizeBlock: tx_results, validator_updates, app_hash."""
    results = b"".join(message_field(2, code_body(code)) for code in codes)
    return results + _updates(3, validators) + bytes_field(5, app_hash)


def _updates(number: int, validators: Mapping[bytes, int]) -> bytes:
    """ValidatorUpdate for each Ed25519 key, in order of the keys; power 0 removes one."""
    return b"".join(
        message_field(number, message_field(1, bytes_field(1, key)) + int_field(2, validators[key]))
        for key in sorted(validators)
    )


def _last(body: bytes, wanted: int, default: Value) -> Value:
    """Of a field that stands several times the last counts."""
    found = default
    for number, value in read_fields(body):
        if number == wanted:
            found = value
    return found


def _each(body: bytes, wanted: int) -> list[bytes]:
    return [as_bytes(value) for number, value in read_fields(body) if number == wanted]


def _milliseconds(timestamp: bytes) -> int:
    """Of google.protobuf.Timestamp."""
    return as_int64(_last(timestamp, 1, 0)) * 1000 + as_int64(_last(timestamp, 2, 0)) // 1_000_000
