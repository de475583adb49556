"""Frames on the socket between CometBFT and the application: a varint length, then so many bytes.

Standard: ABCI 2.0, socket protocol. Any number of frames can come in one read, and a frame can be split
anywhere. Length and frame are capped, so that a broken peer costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.protobuf import WireFault, read_varint, write_varint

# A block of the largest size that our genesis allows, with its votes and evidence, several times over.
MAX_FRAME_BYTES = 4 * 1024 * 1024
_LONGEST_LENGTH = 4


class FrameReader:
    """Takes bytes as they come and gives frames as they are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The frames that these bytes complete. Raises WireFault, after which the reader is of no use."""
        self._buffer += data
        at = 0
        try:
            while True:
                header = read_varint(self._buffer, at, _LONGEST_LENGTH)
                if header is None:
                    return
                size, start = header
                if size > MAX_FRAME_BYTES:
                    raise WireFault("a frame is too long")
                if len(self._buffer) - start < size:
                    return
                at = start + size
                yield bytes(self._buffer[start:at])
        finally:
            del self._buffer[:at]


def frame(message: bytes) -> bytes:
    """A message as it goes over the socket."""
    return write_varint(len(message)) + message
