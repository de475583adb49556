"""After a commit the application wakes the gateways beside it: an empty datagram to each that listens.

Whoever waits binds a socket of its own in one private directory. A datagram may be lost, so it says only
"look", and those who wait look from time to time anyway.
"""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_SUFFIX = ".wake"


class Bell:
    """A socket that rings; one thread waits on it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self._path))
        self._path.chmod(0o600)

    def wait(self, seconds: float) -> None:
        """Until it rings, at most so long. What rang while nobody waited counts once."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1)
            self._socket.setblocking(False)
            while True:
                self._socket.recv(1)
        except (TimeoutError, BlockingIOError):
            return

    def ring(self) -> None:
        """Wake whoever waits, from any thread of this process."""
        _ring(self._path)

    def close(self) -> None:
        """Nobody waits any more."""
        self._path.unlink(missing_ok=True)
        self._socket.close()


def ring_all(directory: Path) -> None:
    """Ring every bell in the directory; those of processes that are gone are cleared away."""
    for name in os.listdir(directory):  # a glob takes three times as long, and this is done for each block
        if name.endswith(_SUFFIX) and not _ring(directory / name):
            (directory / name).unlink(missing_ok=True)


def _ring(path: Path) -> bool:
    """False when nobody listens there any more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        try:
            sender.sendto(b"\x00", str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            # Its queue is full: it will look anyway.
            return True
    return True
