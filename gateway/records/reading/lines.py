"""Reads NDJSON: one resource a line, a bad line named and the others read, and how far the file was read.

FHIR Bulk Data (application/fhir+ndjson). A batch ends before a line that names the same resource again, so
that the later line is a later version wherever batches end. A broken-off import goes on behind the line that
was last noted when the bytes before it are still the same (SHA-256), else from the beginning.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.records.elements.json_text import NotJson
from gateway.records.reading.batches import Batch, Entry, Mark, Unreadable, batch_of, parsed, unreadable
from gateway.records.reading.bundle_text import MAX_ENTRY

MAX_LINE = MAX_ENTRY  # bytes
LINES_AT_ONCE = 500
BYTES_AT_ONCE = 8 * 2**20

Readline = Callable[[int], bytes]


@dataclass(frozen=True)
class Resumed:
    """The first lines of a file were imported before; this many."""

    line: int


class _Numbered:
    """The lines of a file with their numbers; a line that is too long is None."""

    def __init__(self, readline: Readline) -> None:
        self._readline, self._hash, self.number = readline, sha256(), 0

    @property
    def mark(self) -> Mark:
        """Where the reading stands."""
        return Mark(self.number, self._hash.hexdigest())

    def __iter__(self) -> Iterator[bytes | None]:
        while line := self._take():
            self.number += 1
            if len(line) <= MAX_LINE:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = self._take()
            yield None

    def _take(self) -> bytes:
        line = self._readline(MAX_LINE + 2)
        self._hash.update(line)
        return line


def read_lines(
    readline: Readline, rewind: Callable[[], None], only: Collection[int] | None, mark: Mark | None
) -> Iterator[Batch | Unreadable | Resumed]:
    """What a file of lines holds, in order; `only` are the lines that are wanted."""
    lines = _Numbered(readline)
    if mark is not None:
        for _ in lines:
            if lines.number == mark.line:
                break
        if lines.mark == mark:
            yield Resumed(mark.line)
        else:
            rewind()
            lines = _Numbered(readline)
    yield from _batches(lines, only)


def _batches(lines: _Numbered, only: Collection[int] | None) -> Iterator[Batch | Unreadable]:
    waiting: list[Entry] = []
    named: set[tuple[str, str]] = set()
    size = 0
    before = lines.mark
    for line in lines:
        found = _read_line(lines.number, line) if only is None or lines.number in only else None
        if isinstance(found, Unreadable):
            yield found
        elif found is not None:
            name = _name(found.resource)
            full = len(waiting) == LINES_AT_ONCE or size + len(line or b"") > BYTES_AT_ONCE
            if waiting and (full or name in named):
                yield batch_of(waiting, before)
                waiting, named, size = [], set(), 0
            waiting.append(found)
            size += len(line or b"")
            if name is not None:
                named.add(name)
        before = lines.mark
    yield batch_of(waiting, before)


def _read_line(number: int, line: bytes | None) -> Entry | Unreadable | None:
    if line is None:
        return Unreadable(number, "line-too-long", f"More than {MAX_LINE // 2**20} MiB.")
    if not line.strip():
        return None
    try:
        return Entry(number, parsed(line))
    except NotJson as error:
        return unreadable(number, error)


def _name(resource: Any) -> tuple[str, str] | None:
    if not isinstance(resource, dict):
        return None
    type_, id_ = resource.get("resourceType"), resource.get("id")
    return (type_, id_) if type(type_) is str and type(id_) is str else None
