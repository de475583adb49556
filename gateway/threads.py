"""The threads that a running node began: each hears of the end, and all have ended when the node is closed.

A thread that outlived its node would open the database again behind it, and hold the ledger's file. Not here:
the threads of the ledger's engine and of the outbox, which these close themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock, Thread


class Threads:
    """`closing` is set once, when the node ends; whoever works longer than a moment looks at it."""

    def __init__(self) -> None:
        self.closing = Event()
        self._lock = Lock()
        self._began: list[Thread] = []

    def start(self, name: str, work: Callable[[], None]) -> Thread:
        """Do `work` in a thread of this name."""
        thread = Thread(target=work, name=name, daemon=True)
        with self._lock:
            self._began = [one for one in self._began if one.is_alive()]
            thread.start()
            self._began.append(thread)
        return thread

    def close(self) -> None:
        """Tell all, and wait until each has ended."""
        self.closing.set()
        with self._lock:
            began = list(self._began)
        for thread in began:
            thread.join()
