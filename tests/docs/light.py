"""The worked example of a light block: the story's log, as four validators would have signed it."""

import json

from ledger.genesis import parse_genesis
from ledger.light.chain import read_light_block
from ledger.light.commit import sign_bytes
from ledger.signing import public_key, thumbprint
from tests.docs.story import START, Story, digest
from tests.ledger.light.blocks import Chain

VALIDATORS = [f"validator/{number}" for number in range(1, 5)]


def light(story: Story) -> dict[str, str]:
    """Examples by name."""
    chain = Chain(parse_genesis(story.genesis), {})
    signers = chain.with_validators(*(f"yaoshi/example/{name}" for name in VALIDATORS))
    size, root = story.view.size, story.view.root
    document = chain.document(9, START, signers, silent=[3], size=size, root=root)
    block = read_light_block(document, chain.id)
    vote = block.commit.votes[0]
    assert vote is not None
    kids = {thumbprint(public_key(digest(name))): name for name in VALIDATORS}
    signer = kids[thumbprint(block.validators.members[0].key)]
    rows = (
        ("header hash", block.header.hash.hex()),
        ("validators hash", block.validators.hash.hex()),
        ("app hash", block.header.app_hash.hex()),
        (f"what {signer} signs", sign_bytes(chain.id, block.commit, vote).hex()),
    )
    return {
        "light.block": json.dumps(document, indent=1),
        "light.hashes": "\n".join(f"{name:24}{value}" for name, value in rows),
    }
