"""Whether a node runs on this data, who it is, and since when: from the lock that it holds.

A gateway locks the ledger file that it writes. In a consortium, and on PostgreSQL, it locks the name of its
own database (gateway.cli.serve): the ledger is the application's, known by its socket, or the server's.
"""

from __future__ import annotations

import fcntl
import socket
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import Settings


@dataclass(frozen=True)
class Running:
    """`pid` is the process to which signals go (0 when it cannot be told); `since_ns` is when it began."""

    pid: int
    since_ns: int


def running_node(settings: Settings) -> Running | None:
    """The gateway on these data, or None: it writes the ledger, or is one of a consortium."""
    by_file = settings.postgres is None and not settings.node_path.is_dir()
    held = settings.ledger_path if by_file else settings.database_path
    path = Path(f"{held}.lock")
    try:
        with path.open("rb") as file:
            text, since = file.read(20), path.stat().st_mtime_ns
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return Running(_first_process(int(text) if text.strip().isdigit() else 0), since)
    return None


def application_runs(settings: Settings) -> bool:
    """Whether the ledger's application of a consortium's member listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(settings.application_path))
        except OSError:
            return False
    return True


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
