"""Resources that came together, before anything is known of them: what every reader of files hands on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.records.elements.json_text import NotJson, parse
from gateway.records.reading.bundle_text import Spot


class Entry(NamedTuple):
    """One resource as found. `request` is the Bundle entry's request, None elsewhere."""

    place: int
    resource: Any
    full_url: str = ""
    request: Any = None


class Mark(NamedTuple):
    """Up to which line a file was read, and the hex SHA-256 of its bytes up to there."""

    line: int
    digest: str


@dataclass(frozen=True)
class Batch:
    """Resources that came together, as spots in the order of the file.

    `read` gives the entry at a spot, or raises NotJson. `form` is a Bundle's type, "" for lines and single
    resources; `meta` is the Bundle's own. `mark` says how far a file of lines was read with it. `own`: made
    by this node, so that it may bear the names that are the node's own.
    """

    spots: list[Spot]
    read: Callable[[Spot], Entry]
    form: str = ""
    meta: Any = None
    mark: Mark | None = None
    own: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A file, or one line or entry of it, that is not imported: a refusal's code and detail."""

    place: int
    code: str
    detail: str = ""
    type: str = ""


def batch_of(entries: Iterable[Entry], mark: Mark | None = None, *, own: bool = False) -> Batch:
    """A batch of resources that are objects already."""
    held = {entry.place: entry for entry in entries}
    spots = [_spot(entry) for entry in held.values()]
    return Batch(spots, lambda spot: held[spot.place], mark=mark, own=own)


def _spot(entry: Entry) -> Spot:
    inside = entry.resource if isinstance(entry.resource, dict) else {}
    named = inside.get("resourceType"), inside.get("id")
    type_, id_ = (each if type(each) is str else "" for each in named)
    return Spot(entry.place, 0, 0, type_, id_, entry.full_url)


def parsed(content: bytes | bytearray) -> Any:
    """The value that bytes state; raises NotJson."""
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotJson("text-not-utf8", "") from None


def unreadable(place: int, error: NotJson, line: int = 0) -> Unreadable:
    """What a NotJson says of a file (place 0) or of one line of it."""
    where = f"line {place or line or error.line}, column {error.column}: " if error.line else ""
    return Unreadable(place, error.code, where + error.detail)
