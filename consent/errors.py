"""Every way in which consent says no: a stable code, and what it means to a person in two languages.

A refusal is a value that is returned, never raised; nothing here is an outage. `detail` is English and holds
no identifying word. CODES: code -> (title en, title zh, what to do next en, what to do next zh).
"""

from dataclasses import dataclass

from consent.codes.entries import LINK, PAYLOAD, Titles
from consent.codes.glass import DECLARATION, GLASS
from consent.codes.grants import DECISION, GRANT, TERMS


@dataclass(frozen=True)
class Refusal:
    """A clear no. `code` is stable and is a key of CODES."""

    code: str
    detail: str


CODES: dict[str, Titles] = {**PAYLOAD, **LINK, **GRANT, **DECISION, **TERMS, **GLASS, **DECLARATION}


def refuse(code: str, detail: str | None = None) -> Refusal:
    """A refusal by a listed code; the title stands in when there is nothing more to say."""
    title = CODES[code][0]
    return Refusal(code, detail or title)
