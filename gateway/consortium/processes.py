"""Starts processes that outlive this command, remembers exactly which, and ends those and no others.

A process is known by its number and the moment it started (/proc/<pid>/stat, field 22): a number alone may be
somebody else's by now. Each begins a session of its own, and carries the book's name in its environment, so
what is left of one that crashed is found, too, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.identity.founding import write_private

END_WITHIN_S = 20.0
MARK = "CONSORTIUM_BOOK"  # no setting of ours, so not named like one


class Processes:
    """The processes that a file remembers, {name: [pid, start]}."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        """Start the program at this path in a session of its own; what it prints goes to `log`."""
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        # Not subprocess: that expects to wait for its children, and these stay when we are gone.
        pid = os.posix_spawn(
            command[0],
            list(command),
            {**os.environ, **environment, MARK: str(self._path)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, handle, 1),
                (os.POSIX_SPAWN_DUP2, handle, 2),
            ],
            setsid=True,
        )
        os.close(handle)
        self._write({**self._read(), name: [pid, _begun(pid) or 0]})

    def running(self) -> list[str]:
        """The names of those that still run."""
        return [name for name, (pid, begun) in self._read().items() if _begun(pid) == begun]

    def tidy(self) -> None:
        """End what those left behind that are gone: it may hold their ports."""
        for pid, begun in self._read().values():
            if _begun(pid) != begun:
                for one in self._left(pid):
                    _end_alone(one)

    def end(self) -> list[str]:
        """End those that run, by force when they do not go; their names.

        Those of one kind (the last word of the name) end at once, the kind that was started last first.
        """
        kinds: dict[str, list[str]] = {}
        started = self._read()
        for name in started:
            kinds.setdefault(name.rpartition(" ")[2], []).insert(0, name)
        ended: list[str] = []
        for names in reversed(kinds.values()):
            running = [name for name in names if _ask(*started[name])]
            ended += [name for name in names if self._see_off(*started[name]) or name in running]
        self._path.unlink(missing_ok=True)
        return ended

    def _see_off(self, pid: int, begun: int) -> bool:
        """Back when the process and what it left behind are over; whether it had left anything."""
        if _begun(pid) == begun:
            _await_end(pid, begun)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        left = self._left(pid)
        for one in left:
            _end_alone(one)
        return bool(left)

    def _left(self, session: int) -> list[int]:
        """What runs in the session that one of ours began, when that one is gone."""
        found = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [pid for pid in found if _session(pid) == session and self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return f"{MARK}={self._path}".encode() in environment

    def _read(self) -> dict[str, list[int]]:
        try:
            found: dict[str, list[int]] = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return found

    def _write(self, processes: dict[str, list[int]]) -> None:
        draft = self._path.with_name(f"{self._path.name}.draft")
        write_private(draft, json.dumps(processes, indent=1).encode())
        os.replace(draft, self._path)


def _ask(pid: int, begun: int) -> bool:
    """SIGTERM to its session, if it runs; whether it did."""
    if _begun(pid) != begun:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGTERM)
    return True


def _await_end(pid: int, begun: int) -> None:
    """Back when it is over; SIGKILL to what is left of its session after a time."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            if not _is_over(handle, END_WITHIN_S) and _begun(pid) == begun:
                os.killpg(pid, signal.SIGKILL)
                _is_over(handle, END_WITHIN_S)
        finally:
            os.close(handle)


def _end_alone(pid: int) -> None:
    """SIGKILL to what its first process left behind, which has nothing to tidy up."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            _is_over(handle, END_WITHIN_S)
        finally:
            os.close(handle)


def _is_over(handle: int, seconds: float) -> bool:
    """Waits until the process is over (pidfd_open(2): readable then), at most so long."""
    return bool(select.select([handle], [], [], seconds)[0])


def _begun(pid: int) -> int | None:
    """When the process started, in clock ticks since the machine did; None when it is gone or a zombie."""
    fields = _stat(pid)
    return None if fields is None else int(fields[19])


def _session(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None else int(fields[3])


def _stat(pid: int) -> list[str] | None:
    """What /proc says of a process from its state on; None when it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields
