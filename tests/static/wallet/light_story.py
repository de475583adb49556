"""Makes the blocks that a phone is shown of a ledger among hospitals: true ones, and those of liars."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ledger.encoding import b64u
from ledger.merkle import consistency_proof, leaf_hash, list_reader, root_of
from tests.ledger import world
from tests.ledger.light.blocks import DAY, MINUTE, Chain, a_chain

LEAVES = [leaf_hash(bytes([number])) for number in range(12)]
OTHERS = [*LEAVES[:4], *(leaf_hash(bytes([200 + number])) for number in range(8))]
LATER = [f"later/{number}" for number in range(4)]


def size_at(height: int) -> int:
    return min(2 + height // 10, len(LEAVES))


def block(chain: Chain, height: int, leaves: list[bytes] = LEAVES, **members: Any) -> dict[str, Any]:
    """The block of a height, one a minute."""
    size = size_at(height)
    given = {"size": size, "root": root_of(leaves[:size]), **members}
    return chain.document(height, world.START + height * MINUTE, **given)


def proofs(leaves: list[bytes]) -> dict[str, list[str]]:
    read = list_reader(leaves)
    return {
        f"{old}/{new}": [b64u(value) for value in consistency_proof(old, new, read)]
        for new in range(1, len(leaves) + 1)
        for old in range(1, new + 1)
    }


def exchanged(chain: Chain) -> dict[str, Any]:
    """Blocks in which the validators are exchanged one by one, every twenty blocks, and their keys then."""
    first = [chain.names[one.key] for one in chain.first.members]
    sets = [chain.with_validators(*LATER[:count], *first[count:]) for count in range(5)]
    documents = {
        height: block(chain, height, signers=sets[height // 20 % 5], following=sets[(height + 1) // 20 % 5])
        for height in range(1, 100)
    }
    last = [b64u(one.key) for one in sets[4].members]
    return {"blocks": documents, "keys": last}


def main(target: Path) -> None:
    """Write the story to a file."""
    chain = a_chain()
    strangers = chain.with_validators(*(f"stranger/{number}" for number in range(4)))
    far = 900_000
    story = {
        "genesis": b64u(chain.genesis.data),
        "start": world.START,
        "keys": list(chain.genesis.validators),
        "roots": [b64u(root_of(LEAVES[:size])) for size in range(1, len(LEAVES) + 1)],
        "otherRoots": [b64u(root_of(OTHERS[:size])) for size in range(1, len(LEAVES) + 1)],
        "consistency": proofs(LEAVES),
        "otherConsistency": proofs(OTHERS),
        "blocks": {height: block(chain, height) for height in (1, 2, 30, 31, 50, 51, 60)},
        "late": chain.document(far, world.START + 400 * DAY, size=12, root=root_of(LEAVES)),
        "three": block(chain, 50, silent=[2]),
        "two": block(chain, 50, silent=[1, 2]),
        "strangers": block(chain, 50, signers=strangers),
        "oldStrangers": [block(chain, height, signers=strangers) for height in range(1, 51)],
        "lateStrangers": chain.document(
            far, world.START + 400 * DAY, strangers, size=12, root=root_of(LEAVES)
        ),
        "changing": chain.document(
            far, world.START + 400 * DAY, chain.first, strangers, size=12, root=root_of(LEAVES)
        ),
        "fork": {height: block(chain, height, OTHERS) for height in (50, 60)},
        "exchanged": exchanged(chain),
    }
    target.write_text(json.dumps(story), "utf-8")
