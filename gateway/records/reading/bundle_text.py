"""Finds where the entries of a Bundle stand in its text, so that few of them are objects at one time.

FHIR R4 Bundle, RFC 8259. The bytes are walked once through a window; each entry is read strictly when its
turn comes. A list of its places, names and types is all that is held of a large Bundle besides its bytes.
Memory: the bytes, the window (at most MAX_ENTRY and one PIECE) and about 400 bytes an entry.
"""

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.records.elements.json_text import NotJson, parse

MAX_ENTRY = 16 * 2**20  # characters
PIECE = 2**18  # bytes that the window takes in at once

_BLANK = re.compile(r"[ \t\n\r]*")
_LOOSE = json.JSONDecoder(parse_float=str, parse_int=str)  # finds an entry's end; the strict reading is later
_NEAR_END = 16  # an error so close to the window's end may be the window's own


class Spot(NamedTuple):
    """Where one entry stands, from byte `start` to byte `end`, and its names; "" for what it does not say."""

    place: int
    start: int
    end: int
    type: str
    id: str
    full_url: str


@dataclass
class Walked:
    """An object's members without `entry`, and the places of the entries; `rest` is where the object ends."""

    members: dict[str, Any] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)
    rest: int = 0


def walk(content: bytes | bytearray) -> Walked:
    """Walks one JSON object, not what follows it; raises NotJson, or UnicodeDecodeError."""
    window = _Window(content)
    found, seen = Walked(), set[str]()
    window.expect("{", "Expecting value")
    if window.next() == "}":
        window.step()
    else:
        while True:
            if window.next() != '"':
                raise window.not_json("Expecting property name enclosed in double quotes")
            name = window.value(strict=True)
            if name in seen:
                raise NotJson("duplicate-key", "An object names one member twice.")
            seen.add(name)
            window.expect(":", "Expecting ':' delimiter")
            if name == "entry" and window.next() == "[":
                found.spots.extend(_entries(window))
            else:
                found.members[name] = window.value(strict=True)
            if window.comma_or("}"):
                break
    found.rest = window.offset()
    return found


def read_spot(content: bytes | bytearray, spot: Spot) -> Any:
    """One entry as an object; raises NotJson."""
    return parse(content[spot.start : spot.end].decode())


def _entries(window: "_Window") -> Iterator[Spot]:
    window.step()
    if window.next() == "]":
        window.step()
        return
    place = 1
    while True:
        window.next()
        start = window.offset()
        value = window.value(strict=False)
        yield _spot(place, start, window.offset(), value)
        place += 1
        if window.comma_or("]"):
            return


def _spot(place: int, start: int, end: int, value: Any) -> Spot:
    entry = value if isinstance(value, dict) else {}
    resource = entry.get("resource")
    inside = resource if isinstance(resource, dict) else {}
    named = (inside.get("resourceType"), inside.get("id"), entry.get("fullUrl"))
    return Spot(place, start, end, *(each if type(each) is str else "" for each in named))


class _Window:
    """A part of the bytes as text, moving forward; `at` is the next character."""

    def __init__(self, content: bytes | bytearray) -> None:
        self._content = content
        self._decode = codecs.getincrementaldecoder("utf-8")()
        self._taken = 3 if content.startswith(codecs.BOM_UTF8) else 0  # bytes that the window has taken in
        self._counted = (0, self._taken)  # a character of the window, and the byte at which it stands
        self._text, self._at, self._size = "", 0, PIECE

    def next(self) -> str:
        """The next character that is not blank, "" at the end; the window stands on it."""
        while True:
            match = _BLANK.match(self._text, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._grow():
                return ""

    def step(self) -> None:
        """Goes one character on."""
        self._at += 1

    def expect(self, mark: str, complaint: str) -> None:
        """Goes past a mark; raises NotJson when something else stands there."""
        if self.next() != mark:
            raise self.not_json(complaint)
        self._at += 1

    def comma_or(self, end: str) -> bool:
        """Whether the list or object ends here; goes past the mark."""
        mark = self.next()
        if mark != "," and mark != end:
            raise self.not_json("Expecting ',' delimiter")
        self._at += 1
        if mark == ",":
            self.next()
        return mark == end

    def value(self, strict: bool) -> Any:
        """The value that begins here, read by JSON's plain rules or by ours."""
        self.next()
        while True:
            try:
                value, end = _LOOSE.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                cut = error.pos > len(self._text) - _NEAR_END or error.msg.startswith("Unterminated")
                if not cut or not self._grow():
                    raise self.not_json(error.msg, error.pos) from None
            except RecursionError:
                raise NotJson("too-deep", f"From byte {self.offset()} on nested too deeply.") from None
            else:
                # A number may go on behind the window's end.
                if end < len(self._text) - _NEAR_END or not self._grow():
                    value = parse(self._text[self._at : end]) if strict else value
                    self._at = end
                    return value

    def offset(self) -> int:
        """The byte at which the window stands."""
        char, byte = self._counted
        self._counted = self._at, byte + len(self._text[char : self._at].encode())
        return self._counted[1]

    def not_json(self, message: str, pos: int | None = None) -> NotJson:
        """What is wrong at a character of the window, with its line and column in the file."""
        self.offset()
        char, byte = self._counted
        before = self._content[:byte].decode(errors="replace") if byte < MAX_ENTRY else None
        between = self._text[char : self._at if pos is None else pos]
        if before is None:  # too much to decode for one message: lines are counted in bytes
            line = self._content.count(b"\n", 0, byte)
            before = self._content[self._content.rfind(b"\n", 0, byte) + 1 : byte].decode(errors="replace")
        else:
            line = 0
        text = before + between
        return NotJson("not-json", message, line + text.count("\n") + 1, len(text) - text.rfind("\n"))

    def _grow(self) -> bool:
        """Takes in more bytes and lets go of what lies behind; False at the end of the bytes."""
        if self._taken >= len(self._content):
            return False
        if len(self._text) - self._at > MAX_ENTRY:
            raise NotJson("entry-too-long", f"More than {MAX_ENTRY // 2**20} MiB.")
        self.offset()
        kept = self._text[self._at :]
        # Each try reads the value from its beginning, so the window doubles for as long as it does not fit.
        self._size = self._size * 2 if len(kept) >= self._size // 2 else PIECE
        more = self._content[self._taken : self._taken + self._size]
        self._taken += len(more)
        self._text = kept + self._decode.decode(more, final=self._taken >= len(self._content))
        self._counted, self._at = (0, self._counted[1]), 0
        return True
