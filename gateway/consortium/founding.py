"""Founds this member's side of the common ledger: first its keys, then, when all have signed, its folder.

The keys wait in `<data>.joining` until the genesis is signed by all; then that folder, whole, becomes the
data folder by one rename, so a crash leaves the one or the other. Nothing of it is ever sent anywhere:
statement and signatures are texts that a person carries.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from gateway.consortium.agreement import Agreement, Statement, read_statement
from gateway.consortium.directory import write_directory
from gateway.consortium.membership import Node, make_membership
from gateway.consortium.node import VALIDATOR_KEY, NodeError, find_program, make_home, settle, validator_seed
from gateway.identity.founding import Founder, FoundingError, write_private
from gateway.settings import Settings
from ledger.encoding import canonical_json, unb64u
from ledger.engine.cometbft_config import NodeSettings
from ledger.engine.cometbft_genesis import chain_genesis
from ledger.errors import Malformed
from ledger.genesis import Genesis, genesis_signatures, parse_genesis, seal_genesis

STATEMENT = "statement.toml"


@dataclass(frozen=True)
class Meeting:
    """How the nodes reach each other: `far` when they lie in several regions."""

    rpc: int
    far: bool = False


def joining_path(settings: Settings) -> Path:
    """The folder in which a member's keys wait for the signatures of all."""
    return settings.data.with_name(f"{settings.data.name}.joining")


def begin_joining(
    settings: Settings,
    name: str,
    founders: Sequence[Founder],
    meet: str,
    entropy: Callable[[int], bytes],
    ledger: str | None = None,
) -> Path:
    """Make this side's keys; the file with its public statement. Raises FoundingError, NodeError.

    `ledger` is the id of the one that this side comes to; None when all begin it together.
    """
    folder = joining_path(settings)
    if settings.genesis_path.exists():
        raise FoundingError(f"{settings.data} holds a ledger already")
    if folder.exists():
        raise FoundingError(f"{folder} holds keys already; their statement is {folder / STATEMENT}")
    draft = folder.with_name(f"{folder.name}.draft")
    if draft.exists():
        raise FoundingError(f"{draft} was left by a crash and holds no ledger's keys: remove it")
    draft.mkdir(mode=0o700, parents=True)
    home = draft / settings.node_path.name
    _, node_id = make_home(find_program(), home)
    node = Node(validator_seed(home / VALIDATOR_KEY), f"{node_id}@{meet}")
    statement = make_membership(draft, name, founders, settings.console_origin, node, entropy, ledger)
    write_private(draft / STATEMENT, statement.encode())
    write_private(draft / "secrets" / "session.key", entropy(32).hex().encode())
    os.rename(draft, folder)
    return folder / STATEMENT


def fingerprint(agreement: Agreement) -> str:
    """What people read to each other to know that they sign the same: 32 hexadecimal digits in groups."""
    return grouped(hashlib.sha256(canonical_json(agreement.document)).hexdigest())


def grouped(digest: str) -> str:
    """The first 32 digits of a hexadecimal hash in groups of four."""
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


def own_operator(settings: Settings, agreement: Agreement) -> dict[str, Any]:
    """The operator whose keys wait here; whoever wrote the agreement changed nothing of what it stated.

    Raises FoundingError.
    """
    statement = own_statement(settings)
    if not statement.stands_in(agreement):
        path = joining_path(settings) / STATEMENT
        raise FoundingError(f"The agreement does not hold this member's statement to the letter: {path}")
    return statement.operators[0]


def own_statement(settings: Settings) -> Statement:
    """What the keys that wait here were stated with. Raises FoundingError."""
    path = joining_path(settings) / STATEMENT
    if not path.is_file():
        raise FoundingError(f"No keys wait in {path.parent}: begin with `flask consortium keys`")
    return read_statement(path.read_text("utf-8"))


def sign_agreement(settings: Settings, agreement: Agreement) -> dict[str, str]:
    """What this side signs, {kid: base64url}: by its vote key and its institutions' offline keys.

    Raises FoundingError when the agreement is not about what was stated here.
    """
    own_operator(settings, agreement)
    paths = sorted((joining_path(settings) / settings.offline_path.name).glob("*/*.key"))
    return genesis_signatures(agreement.document, [unb64u(path.read_text("ascii").strip()) for path in paths])


def read_signatures(text: str) -> dict[str, str]:
    """What another member's file of signatures holds. Raises FoundingError."""
    try:
        found = json.loads(text)
    except ValueError:
        raise FoundingError("not a file of signatures") from None
    texts = isinstance(found, dict) and all(isinstance(one, str) for one in found.values())
    if not texts:
        raise FoundingError("not a file of signatures")
    return dict(found)


def finish_joining(
    settings: Settings, agreement: Agreement, signatures: Mapping[str, str], meeting: Meeting
) -> bool:
    """Found this side when all have signed; False while signatures are missing. Raises FoundingError."""
    try:
        data = seal_genesis(agreement.document, signatures)
    except Malformed:
        return False
    try:
        genesis = parse_genesis(data)
    except Malformed as malformed:
        raise FoundingError(f"The ledger refuses the agreement: {malformed}") from None
    move_in(settings, genesis, own_operator(settings, agreement)["id"], agreement.nodes, meeting)
    return True


def move_in(
    settings: Settings, genesis: Genesis, own: str, nodes: Mapping[str, str], meeting: Meeting
) -> None:
    """Make the folder with the keys that waited the data folder of member `own`, whole, by one rename.

    Raises FoundingError.
    """
    folder = joining_path(settings)
    home = folder / settings.node_path.name
    others = tuple(address for operator, address in nodes.items() if operator != own)
    chain = chain_genesis(genesis, genesis.validators)
    alone = all(is_loopback(node.partition("@")[2].rpartition(":")[0]) for node in nodes.values())
    listen = _listening(nodes[own])
    node = NodeSettings(
        own, settings.application_path, meeting.rpc, listen, others, meeting.far, shared_machine=alone
    )
    try:
        settle(home, chain, node)
    except NodeError as error:
        raise FoundingError(str(error)) from None
    write_directory(home, dict(nodes))
    write_private(folder / settings.genesis_path.name, genesis.data)
    os.rename(folder, settings.data)


def _listening(node: str) -> str:
    """Where a node listens: on every address, but for a demonstration that stays on this machine."""
    host, _, port = node.partition("@")[2].rpartition(":")
    return f"{host}:{port}" if is_loopback(host) else f"0.0.0.0:{port}"


def is_loopback(host: str) -> bool:
    """Whether an address is of this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
