"""The processes of a network, killed, paused and started again, and a supervisor that restarts what ends.

The supervisor does what the units of deploy/systemd say: always, after a second. What a case holds down stays
down until the case lets it go.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import edge
from tests.journeys.node import ROOT

RESTART_S = 1.0  # RestartSec of the units
END_WITHIN_S = 30.0


@dataclass
class Part:
    """One process: what is started, in which environment, and where it prints."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    wanted: bool = False
    odd: bool = False
    ended_at: float = 0.0
    ends: list[int] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(
        self, *, disk_ms: int = 0, clock_ms: int = 0, argv: list[str] | None = None, **env: str
    ) -> None:
        """Start it, once with another program, environment, disk or clock than usual."""
        with self.lock:
            assert not self.runs, f"{self.name} runs already"
            program, self.odd = argv or self.argv, bool(disk_ms or clock_ms or argv or env)
            if disk_ms or clock_ms:
                program = edge.command(program, disk_ms, clock_ms)
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    program,
                    cwd=ROOT,
                    env={**self.env, **env},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    umask=0o077,  # a gateway whose files others may read does not start
                )
            self.wanted = True

    def signal(self, number: int) -> None:
        """Send a signal to the process and all that it started."""
        with self.lock, contextlib.suppress(ProcessLookupError):
            if self.process is not None:
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """As when the machine loses power; it stays down."""
        with self.lock:
            self.wanted = False
            self.signal(signal.SIGKILL)
            self._reap()

    def crash(self) -> None:
        """Without warning; its supervisor starts it again."""
        self.signal(signal.SIGKILL)

    def stop(self) -> None:
        """As an administrator ends it; it stays down."""
        with self.lock:
            self.wanted = False
            self.signal(signal.SIGTERM)
            try:
                self._reap()
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def hold(self) -> None:
        """Whatever it does now, it is not started again before `start`."""
        with self.lock:
            self.wanted = False

    def restart(self, **how: int) -> None:
        self.stop()
        self.start(**how)

    def wait(self, seconds: float) -> int:
        """Its exit code when it ends by itself."""
        assert self.process is not None
        return self.process.wait(seconds)

    def mend(self) -> None:
        """Running, as it usually is."""
        self.signal(signal.SIGCONT)
        if self.runs and self.odd:
            self.stop()
        if not self.runs:
            self.start()

    def _reap(self) -> None:
        if self.process is not None:
            self.process.wait(END_WITHIN_S)


class Supervisor:
    """Restarts the parts that ended and are wanted."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(0.05):
            for part in self._parts.values():
                with part.lock:
                    if part.wanted and part.process is not None and not part.runs:
                        self._restart(part)

    @staticmethod
    def _restart(part: Part) -> None:
        now = time.monotonic()
        if not part.ended_at:
            part.ended_at = now
            assert part.process is not None
            part.ends.append(part.process.returncode)
        elif now - part.ended_at > RESTART_S:
            part.ended_at = 0.0
            part.start()
