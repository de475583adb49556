"""Reads a file of FHIR resources: a Bundle, NDJSON or a single resource; plain, gzip or bzip2.

A Bundle's bytes are held (up to MAX_FILE unpacked) and its entries read one by one (bundle_text); NDJSON is
read line by line (lines). Not here: finding the files (files), and what a resource means.
"""

import io
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from gateway.records.elements.json_text import NotJson
from gateway.records.reading.batches import Batch, Entry, Mark, Unreadable, batch_of, parsed, unreadable
from gateway.records.reading.bundle_text import MAX_ENTRY, Spot, Walked, read_spot, walk
from gateway.records.reading.lines import Resumed, read_lines
from gateway.records.reading.unpacking import UnpackingError, unpacked

MAX_FILE = 256 * 2**20

_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")
_BUNDLES = frozenset({"transaction", "batch", "collection", "document"})

Pieces = Iterator[Batch | Unreadable | Resumed]


def read(path: Path, only: Collection[int] | None = None, mark: Mark | None = None) -> Pieces:
    """What one file holds, in order. A file that cannot be read gives one Unreadable.

    `only` are the lines that are wanted of a file of lines; `mark` says which were imported before.
    """
    try:
        with unpacked(path) as stream:
            if is_lines(path):
                yield from read_lines(stream.readline, stream.rewind, only, mark)
                return
            content = stream.read(MAX_FILE + 1)
        if len(content) > MAX_FILE:
            yield Unreadable(0, "file-too-large", f"More than {MAX_FILE // 2**20} MiB unpacked.")
            return
        yield from _whole(content)
    except UnpackingError as error:
        yield Unreadable(0, error.code, error.detail)


def is_lines(path: Path) -> bool:
    """Whether a file's name says that it holds one resource a line."""
    return any(suffix.lower() in (".ndjson", ".jsonl") for suffix in path.suffixes)


def read_text(text: str) -> Pieces:
    """What one JSON text holds."""
    return _whole(text.encode("utf-8", "surrogatepass"))


def _whole(content: bytes | bytearray) -> Pieces:
    try:
        if _OBJECT.match(content) is None:
            parsed(content)
            yield Unreadable(0, "not-a-resource")
            return
        walked = walk(content)
        if content[walked.rest :].strip():  # NDJSON by another name
            stream = io.BytesIO(content)
            yield from read_lines(stream.readline, lambda: None, None, None)
            return
        yield from _object(content, walked)
    except NotJson as error:
        yield unreadable(0, error)
    except UnicodeDecodeError:
        yield Unreadable(0, "text-not-utf8")


def _object(content: bytes | bytearray, walked: Walked) -> Pieces:
    type_ = walked.members.get("resourceType")
    if type(type_) is not str:
        yield Unreadable(0, "not-a-resource")
    elif type_ != "Bundle":
        if len(content) > MAX_ENTRY:
            raise NotJson("entry-too-long", f"More than {MAX_ENTRY // 2**20} MiB.")
        yield batch_of([Entry(1, parsed(content))])
    elif walked.members.get("type") not in _BUNDLES:
        named = [(spot.place, spot.type) for spot in walked.spots] or [(0, "Bundle")]
        yield from (Unreadable(place, "bundle-type", type=type_) for place, type_ in named)
    elif not walked.spots:
        yield Unreadable(0, "bundle-empty", type="Bundle")
    else:
        meta: Any = walked.members.get("meta")
        yield Batch(walked.spots, lambda spot: _entry(content, spot), str(walked.members["type"]), meta)


def _entry(content: bytes | bytearray, spot: Spot) -> Entry:
    value = read_spot(content, spot)
    inside = value if isinstance(value, dict) else {}
    return Entry(spot.place, inside.get("resource"), spot.full_url, inside.get("request"))
