"""Makes the keys of one member on its own machine, and says what the others may know of them.

The statement is plain text (TOML) that is put into the agreement as it is; no secret leaves the folder. For a
ledger that others began it also shows that this member holds each key (ledger.possession). Not here: the keys
of the consensus node, which its own program makes: they are handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gateway.identity.founding import Founder, KeyMaker, public_keys
from ledger.genesis import INSTITUTION_USES, OPERATOR_USES, VALIDATOR_USE
from ledger.possession import prove_possession


@dataclass(frozen=True)
class Node:
    """The consensus node: the seed of its validator key, and "node id@host:port" where the others meet it."""

    seed: bytes = field(repr=False)
    address: str


def make_membership(
    draft: Path,
    name: str,
    founders: Sequence[Founder],
    console_origin: str,
    node: Node,
    entropy: Callable[[int], bytes],
    ledger: str | None = None,
) -> str:
    """Keys of one operator and its institutions, written below `draft`; the statement for the others.

    `ledger` is the id of the one that it comes to; None when all begin it together.
    """
    keys = KeyMaker(draft, entropy)
    operator = entropy(16).hex()
    seeds = {**keys.make(operator, OPERATOR_USES), VALIDATOR_USE: node.seed}
    said = {"id": operator, "name": name, "node": node.address}
    parts = [_table("operator", said, seeds, ledger)]
    for one in founders:
        subject = entropy(16).hex()
        said = {
            "id": subject,
            "operator": operator,
            "code": one.code,
            "type": one.type,
            "zh": one.chinese,
            "en": one.english,
            "base": f"{console_origin}/i/{subject}",
        }
        parts.append(_table("institution", said, keys.make(subject, INSTITUTION_USES), ledger))
    return "\n".join(parts)


def _table(kind: str, members: dict[str, str], seeds: dict[str, bytes], ledger: str | None) -> str:
    lines = [f"[[{kind}]]", *(_line(*each) for each in members.items())]
    lines += [f"[{kind}.keys]", *(_line(*each) for each in sorted(public_keys(seeds).items()))]
    if ledger is not None:
        proofs = {use: prove_possession(seed, ledger, members["id"], use) for use, seed in seeds.items()}
        lines += [f"[{kind}.proofs]", *(_line(*each) for each in sorted(proofs.items()))]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    # A JSON text is a TOML basic string, but for DEL, which TOML wants as an escape (TOML 1.0, String).
    return f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
