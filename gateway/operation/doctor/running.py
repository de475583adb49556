"""Whether a node runs on this data, who it is, and since when: from the lock that it holds on its ledger."""

from __future__ import annotations

import fcntl
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import Settings


@dataclass(frozen=True)
class Running:
    """`pid` is the process to which signals go (0 when it cannot be told); `since_ns` is when it began."""

    pid: int
    since_ns: int


def running_node(settings: Settings) -> Running | None:
    """The node that writes this ledger, or None."""
    path = Path(f"{settings.ledger_path}.lock")
    try:
        with path.open("rb") as file:
            text, since = file.read(20), path.stat().st_mtime_ns
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return Running(_first_process(int(text) if text.strip().isdigit() else 0), since)
    return None


def _first_process(worker: int) -> int:
    """The server's first process; a command that holds the lock is its own."""
    try:
        status = Path(f"/proc/{worker}/status").read_text("utf-8")
        parent = int(status.split("PPid:")[1].split()[0])
        if b"serve" in Path(f"/proc/{parent}/cmdline").read_bytes().split(b"\0"):
            return parent
    except (OSError, IndexError, ValueError):
        return worker
    return worker
