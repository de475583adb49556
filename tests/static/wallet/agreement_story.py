"""What a liar could show, with what the ledger's own reader says of it: the phone has to say the same."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ledger.encoding import b64u, parse_json
from ledger.errors import Malformed
from ledger.light.certificate import read_certified
from ledger.light.chain import Trusted, check_step, trust_of, trust_of_genesis
from ledger.light.validators import Validator, ValidatorSet
from tests.ledger import world
from tests.ledger.light.blocks import DAY, MINUTE, Chain, a_chain

SEED = 20_261_123
CHANGED = 300
TEXTS = 1_500
NOW = world.START + 10 * DAY
INSTEAD: list[Any] = [
    None, True, False, "", 0, -1, 1, 2, 3, 2**31 - 1, 2**31, 2**53 - 1, 2**53, [], {}, [None], "0", "00",
    "-1", "1e3", "9007199254740991", "9007199254740992", "9" * 16, "9" * 400, "\u0000", "\ud83d\ude00", "٣",
    "ab" * 32, "AB" * 32, "AB" * 20, "A" * 43 + "=", "A" * 86 + "==", "=" * 88, "2026-02-30T00:00:00Z",
    "2024-02-29T23:59:60Z", "2024-02-29T24:00:00Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.10Z",
    "2026-01-01T00:00:00.1234567891Z", "2026-01-01T00:00:00+00:00", "2026-01-01t00:00:00z",
    "٢٠٢٦-01-01T00:00:00Z",
]  # fmt: skip
PIECES = [
    "{", "}", "[", "]", ":", ",", '"a"', '"b"', '"\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"é"', "0",
    "-0", "-1", "01", "1.0", "1e2", "9007199254740991", "9007199254740992", "-9007199254740992",
    "99999999999999999999", "true", "null", "nul", "NaN", "Infinity", " ", "\n", "\ufeff", "\u00a0", '"\t"',
    '"\\q"', '"\\/"', "'a'", "/**/",
]  # fmt: skip


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    if at:
        yield at
    for name in value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0):
        yield from paths(value[name], (*at, name))


def changed(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The document with one place changed, moved, doubled or gone."""
    found = copy.deepcopy(document)
    at = chance.choice(list(paths(found)))
    holder: Any = found
    for name in at[:-1]:
        holder = holder[name]
    match chance.randrange(5):
        case 0:
            del holder[at[-1]]
        case 1 if isinstance(holder, list):
            holder.append(holder[at[-1]])
        case 2 if isinstance(holder, list):
            chance.shuffle(holder)
        case 3 if isinstance(holder, dict):
            holder["more"] = holder[at[-1]]
        case _:
            holder[at[-1]] = chance.choice(INSTEAD)
    return found


def weighted(chain: Chain, *powers: int) -> ValidatorSet:
    """The hospitals' validators with these powers."""
    return ValidatorSet(
        tuple(Validator(one.key, power) for one, power in zip(chain.first.members, powers, strict=True))
    )


def signed(chain: Chain) -> dict[str, dict[str, Any]]:
    """Blocks whose every signature holds, and which are not all to be believed."""
    at = world.START + 5 * MINUTE
    one, two, three, four = chain.first.members
    name = chain.names[one.key]
    mixed = chain.with_validators(name, "later/0", "later/1", "later/2")
    return {
        "as it is": chain.document(5, at),
        "the first": chain.document(1, at),
        "the first, of others": chain.document(1, at, mixed),
        "one is silent": chain.document(5, at, silent=[1]),
        "two are silent": chain.document(5, at, silent=[1, 2]),
        "one stranger has most power": chain.document(5, at, weighted(chain, 100, 1, 1, 1), silent=[1, 2, 3]),
        "a third of the trusted": chain.document(5, at, mixed),
        "another round": {**chain.document(5, at), "commit": _round(chain, at, 7)},
        "backwards": chain.document(5, at, ValidatorSet((four, three, two, one))),
        "an hour ahead": chain.document(5, NOW + 60 * MINUTE),
        "today": chain.document(5, NOW),
        "before the genesis": chain.document(5, world.START - DAY),
        "another chain": chain.document(5, at, chain_id="yaoshi-other"),
        "many": chain.document(5, at, chain.with_validators(*(f"many/{number}" for number in range(12)))),
    }


def _round(chain: Chain, at: int, number: int) -> dict[str, Any]:
    header = chain.document(5, at)["header"]
    return chain.votes(header, at, chain.first, round_=number)


def said(work: Callable[[], object]) -> str | None:
    """The code with which it is refused, or None."""
    try:
        work()
    except Malformed as malformed:
        return malformed.code
    return None


def believed(document: dict[str, Any], chain: Chain, trusted: Trusted) -> str | None:
    return said(lambda: check_step(trusted, read_certified(document, chain.id).block, NOW))


def texts(chance: random.Random) -> Iterator[str]:
    """JSON, nearly JSON, and nonsense."""
    for depth in range(6, 12):
        yield '{"a":' * depth + "1" + "}" * depth
        yield '{"a":' + "[" * depth + "]" * depth + "}"
    for _ in range(TEXTS):
        members = [
            f"{chance.choice(PIECES[6:12])}:{chance.choice(PIECES)}" for _ in range(chance.randrange(4))
        ]
        text = "{" + ",".join(members) + "}"
        at = chance.randrange(len(text) + 1)
        yield text[:at] + chance.choice(["", "", "", *PIECES]) + text[at:]


def main(target: Path) -> None:
    """Write the story to a file."""
    chance, chain = random.Random(SEED), a_chain()  # noqa: S311 - repeatable
    whole = signed(chain)
    blocks = [
        *whole.values(),
        *(changed(chance.choice(list(whole.values())), chance) for _ in range(CHANGED)),
    ]
    trust = [trust_of_genesis(chain.genesis), trust_of(chain.block(4, world.START + 4 * MINUTE))]
    lines = [text for text in texts(chance) if not any("\ud800" <= letter <= "\udfff" for letter in text)]
    story = {
        "genesis": b64u(chain.genesis.data),
        "now": NOW,
        "trusted": chain.document(4, world.START + 4 * MINUTE),
        "blocks": [[block, *(believed(block, chain, one) for one in trust)] for block in blocks],
        "texts": [[text, said(lambda: parse_json(text.encode())) is None] for text in lines],  # noqa: B023
    }
    target.write_text(json.dumps(story), "utf-8")
