"""Makes the keys of one member on its own machine, and says what the others may know of them.

The statement is plain text (TOML) that is put into the agreement as it is; no secret leaves the folder. Not
here: the keys of the consensus node, which its own program makes: their public parts are handed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.identity.founding import Founder, KeyMaker
from ledger.genesis import INSTITUTION_USES, OPERATOR_USES, VALIDATOR_USE


@dataclass(frozen=True)
class Node:
    """The consensus node: its validator key (base64url), and "node id@host:port" where the others meet it."""

    validator: str
    address: str


def make_membership(
    draft: Path,
    name: str,
    founders: Sequence[Founder],
    console_origin: str,
    node: Node,
    entropy: Callable[[int], bytes],
) -> str:
    """Keys of one operator and its institutions, written below `draft`; the statement for the agreement."""
    keys = KeyMaker(draft, entropy)
    operator = entropy(16).hex()
    made = {**keys.make(operator, OPERATOR_USES), VALIDATOR_USE: node.validator}
    parts = [_table("operator", {"id": operator, "name": name, "node": node.address}, made)]
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
        parts.append(_table("institution", said, keys.make(subject, INSTITUTION_USES)))
    return "\n".join(parts)


def _table(kind: str, members: dict[str, str], keys: dict[str, str]) -> str:
    lines = [f"[[{kind}]]", *(_line(*each) for each in members.items())]
    lines += [f"[{kind}.keys]", *(_line(*each) for each in sorted(keys.items()))]
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    # A JSON text is a TOML basic string, but for DEL, which TOML wants as an escape (TOML 1.0, String).
    return f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f")
