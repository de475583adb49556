"""Reads files of FHIR resources: Bundles, NDJSON and single resources; plain, gzip or bzip2.

Compression is told by the file's first bytes, never by its name. A Bundle is held whole (up to MAX_FILE bytes
unpacked), NDJSON is read line by line. Not here: what a resource means.
"""

import bz2
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gateway.records.json_text import NotJson, parse

MAX_FILE = 256 * 2**20
MAX_LINE = 16 * 2**20
LINES_AT_ONCE = 500

_SUFFIXES = frozenset({".json", ".ndjson", ".jsonl"})
_PACKED = frozenset({".gz", ".bz2"})
_BUNDLES = frozenset({"transaction", "batch", "collection", "document"})
# Those whom others cite come first: organisations and people, then patients, then their records.
_ORDER = ("organization", "location", "practitioner", "patient")


@dataclass(frozen=True)
class Entry:
    """One resource as found. `request` is the Bundle entry's request, empty elsewhere."""

    place: int
    resource: Any
    full_url: str = ""
    request: Any = None


@dataclass(frozen=True)
class Batch:
    """Resources that came together. `atomic`: all or none, as in a transaction."""

    entries: tuple[Entry, ...]
    atomic: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A file, or one line of it, that holds no resource: a refusal's code and detail."""

    place: int
    code: str
    detail: str


def files_of(paths: list[Path]) -> list[Path]:
    """The files to read, in the order in which references resolve best; folders are searched."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [each for each in path.rglob("*") if each.is_file() and _looks_like_fhir(each)]
            found.extend(sorted(inside, key=_order))
        else:
            found.append(path)
    return found


def _looks_like_fhir(path: Path) -> bool:
    suffixes = [each.lower() for each in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in _SUFFIXES


def _order(path: Path) -> tuple[int, str]:
    name = path.name.lower()
    if "hospitalinformation" in name or "practitionerinformation" in name:  # Synthea's two batch files
        return 0, name
    rank = next((number for number, word in enumerate(_ORDER, 1) if name.startswith(word)), len(_ORDER) + 1)
    return rank, str(path)


def read(path: Path) -> Iterator[Batch | Unreadable]:
    """What one file holds, in order. A file that cannot be read gives one Unreadable."""
    try:
        with path.open("rb") as raw, _unpacked(raw) as stream:
            if any(suffix in path.suffixes for suffix in (".ndjson", ".jsonl")):
                yield from _lines(stream)
                return
            content = stream.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            yield Unreadable(0, "file-too-large", f"More than {MAX_FILE // 2**20} MiB unpacked.")
            return
        yield from _whole(content)
    except (OSError, EOFError, zlib.error) as error:
        yield Unreadable(0, "file-unreadable", type(error).__name__)


def read_text(text: str) -> Iterator[Batch | Unreadable]:
    """What one JSON text holds."""
    return _whole(text.encode("utf-8", "surrogatepass"))


def _unpacked(raw: IO[bytes]) -> IO[bytes]:
    start = raw.read(3)
    raw.seek(0)
    if start[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=raw)
    return bz2.BZ2File(raw) if start == b"BZh" else raw


def _whole(content: bytes) -> Iterator[Batch | Unreadable]:
    try:
        value = _parse(content)
    except NotJson as error:
        if error.detail == "Extra data":  # NDJSON by another name
            yield from _lines_of(iter(content.splitlines()))
        else:
            yield _unreadable(0, error)
        return
    if not isinstance(value, dict) or type(value.get("resourceType")) is not str:
        yield Unreadable(0, "not-a-resource", "")
    elif value["resourceType"] != "Bundle":
        yield Batch((Entry(1, value),))
    elif value.get("type") not in _BUNDLES:
        yield Unreadable(0, "bundle-type", "")
    else:
        yield Batch(_entries(value), value["type"] == "transaction")


def _entries(bundle: dict[str, Any]) -> tuple[Entry, ...]:
    listed = bundle.get("entry")
    found = []
    for place, entry in enumerate(listed if isinstance(listed, list) else [], 1):
        inside = entry if isinstance(entry, dict) else {}
        url = inside.get("fullUrl")
        full_url = url if type(url) is str else ""
        found.append(Entry(place, inside.get("resource"), full_url, inside.get("request")))
    return tuple(found)


def _lines(stream: IO[bytes]) -> Iterator[Batch | Unreadable]:
    yield from _lines_of(iter(lambda: stream.readline(MAX_LINE + 2), b""))


def _lines_of(lines: Iterator[bytes]) -> Iterator[Batch | Unreadable]:
    waiting: list[Entry] = []
    number, continued = 0, False
    for line in lines:
        too_long = len(line) > MAX_LINE
        if not continued:
            number += 1
        if continued or too_long:
            if not continued:
                yield Unreadable(number, "line-too-long", f"More than {MAX_LINE // 2**20} MiB.")
            continued = too_long and not line.endswith(b"\n")
            continue
        if not line.strip():
            continue
        try:
            waiting.append(Entry(number, _parse(line)))
        except NotJson as error:
            yield _unreadable(number, error)
        if len(waiting) == LINES_AT_ONCE:
            yield Batch(tuple(waiting))
            waiting.clear()
    if waiting:
        yield Batch(tuple(waiting))


def _parse(content: bytes) -> Any:
    try:
        return parse(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotJson("text-not-utf8", "") from None


def _unreadable(place: int, error: NotJson) -> Unreadable:
    where = f"line {place or error.line}, column {error.column}: " if error.line else ""
    return Unreadable(place, error.code, where + error.detail)
