"""Opens a file for reading, unpacked, and stops when a small file unpacks without end.

gzip (RFC 1952) and bzip2; which of them a file is, its first bytes say, never its name. A packed file inside
a packed file is not opened. Medical records pack ten to forty to one.
"""

import bz2
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MOST_PER_BYTE = 400  # unpacked, once UNCHECKED is passed
UNCHECKED = 64 * 2**20

_AT_ONCE = 2**20


class UnpackingError(Exception):
    """A file that cannot be read to its end: a refusal's code and detail."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Unpacked:
    """The unpacked bytes of a file."""

    def __init__(self, raw: IO[bytes]) -> None:
        start = raw.read(3)
        raw.seek(0)
        self._raw, self._given, self._is_packed = raw, 0, True
        self._stream: IO[bytes]
        if start[:2] == b"\x1f\x8b":
            self._stream = gzip.GzipFile(fileobj=raw)  # type: ignore[assignment]
        elif start == b"BZh":
            self._stream = bz2.BZ2File(raw)
        else:
            self._stream, self._is_packed = raw, False

    def read(self, most: int) -> bytearray:
        """Everything, up to `most` bytes; grown in place, so that it never stands in memory twice."""
        content = bytearray()
        while len(content) < most:
            part = self._checked(self._stream.read(min(most - len(content), _AT_ONCE)))
            if not part:
                break
            content += part
        return content

    def readline(self, most: int) -> bytes:
        """The rest of the line, up to `most` bytes; b"" at the end."""
        return self._checked(self._stream.readline(most))

    def rewind(self) -> None:
        """Begins again."""
        self._stream.seek(0)
        self._given = 0

    def _checked(self, part: bytes) -> bytes:
        self._given += len(part)
        if self._is_packed and self._given > UNCHECKED and self._given > MOST_PER_BYTE * self._raw.tell():
            raise UnpackingError(
                "unpacks-too-large", f"It unpacks to more than {MOST_PER_BYTE} times its size."
            )
        return part


@contextmanager
def unpacked(path: Path) -> Iterator[Unpacked]:
    """The file's bytes; raises UnpackingError for whatever the file or its packing does not give."""
    try:
        with path.open("rb") as raw:
            yield Unpacked(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise UnpackingError("file-unreadable", type(error).__name__) from None
