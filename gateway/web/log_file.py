"""Writes the log to a file that logrotate may move away at any moment: no line is lost and none is cut.

Before each line the name is looked at: when it stands for another file, or for none, the file is opened anew
(as logging.handlers.WatchedFileHandler does), so rotation needs neither a signal nor copytruncate. A line is
one write to a file opened for appending. A log that cannot be written must not stop the work: lines are then
counted, and the count is written when writing succeeds again.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Lock


class LogFile:
    """What a logger writes to; safe between threads and between processes."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, Lock()
        self._handle = -1
        self._lost = 0
        self._torn = False  # the disk took half a line: the next begins a new one

    def write(self, text: str) -> int:
        """Appends text, which ends a line; answers its length. Never raises for what the disk does."""
        with self._lock:
            try:
                self._reopen_when_moved()
                if self._lost:
                    told = {"event": "log-lines-lost", "level": "error", "lines": self._lost}
                    self._append(json.dumps(told))
                    self._lost = 0
                self._append(text.rstrip("\n"))
            except OSError:
                self._lost += 1
        return len(text)

    def flush(self) -> None:
        """Nothing is held back: each line is written at once."""

    def _append(self, line: str) -> None:
        data = (("\n" if self._torn else "") + line + "\n").encode("utf-8", "backslashreplace")
        written = os.write(self._handle, data)
        self._torn = written != len(data)
        if self._torn:
            raise OSError("the disk took half a line")

    def _reopen_when_moved(self) -> None:
        if self._handle >= 0 and self._is_current():
            return
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)

    def _is_current(self) -> bool:
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            return False
        opened = os.fstat(self._handle)
        return (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)
