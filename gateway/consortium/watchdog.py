"""Runs the consensus node beside its application: ends it when that is gone, begins it when that answers.

CometBFT 0.38 ends itself when its application dies. But what its consensus asks on the lost connection just
then is never answered (abci/client/socket_client.go: a request queued after `flushQueue`), and its end waits
for its consensus: under load one node in three stayed for good, and no supervisor starts again what runs. So
a connection to the application is held here as well; when that breaks, or the node is told to end, it has
some seconds, then it is killed, which it survives as it does a loss of power. After an application's death
it begins anew when there is one that answers: CometBFT itself would look again only every three seconds.

A program of its own and of the standard library alone, kept small since it lives as long as the node:

    python watchdog.py PROGRAM HOME SOCKET
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time

GONE_WITHIN_S = 3.0  # after its application
END_WITHIN_S = 5.0  # after SIGTERM; containers are given ten seconds
LOOK_S, ANSWER_S = 0.1, 1.0
_ENDS = (signal.SIGTERM, signal.SIGINT)
# ABCI 2.0, Request.echo and Request.flush, each behind its length: what any application answers.
_ECHO_AND_FLUSH = b"\x02\x0a\x00\x02\x12\x00"
_SET_PDEATHSIG = 1  # prctl(2)


def main(program: str, home: str, application: str) -> int:
    """Run the node until it is told to end or ends by itself; its exit code, 137 when it had to be killed."""
    bell = _signals()
    while (held := _await_application(application, bell)) is not None:
        with held:
            node = subprocess.Popen([program, "start", "--home", home], preexec_fn=_end_with_us)  # noqa: S603
            code, again = _watch(node, held, bell)
        if not again:
            return code
        sys.stderr.write("The application is gone. The consensus node begins again when one answers.\n")
    return 0


def _signals() -> int:
    """A descriptor from which the numbers of the signals can be read that we are sent."""
    heard, rings = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    for number in (*_ENDS, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(rings)
    return heard


def _await_application(address: str, bell: int) -> socket.socket | None:
    """A connection on which the application has answered; None when we are told to end before."""
    while (held := _ask(address)) is None:
        if select.select([bell], [], [], LOOK_S)[0] and set(os.read(bell, 64)) & set(_ENDS):
            return None
    return held


def _ask(address: str) -> socket.socket | None:
    held = socket.socket(socket.AF_UNIX)
    held.settimeout(ANSWER_S)
    try:
        held.connect(address)
        held.sendall(_ECHO_AND_FLUSH)
        if held.recv(64):
            return held
    except OSError:
        pass  # not there yet
    held.close()
    return None


def _end_with_us() -> None:
    # A node that outlived us would keep its files from the next one.
    ctypes.CDLL(None).prctl(_SET_PDEATHSIG, signal.SIGKILL)


def _watch(node: subprocess.Popen[bytes], held: socket.socket, bell: int) -> tuple[int, bool]:
    """The node's exit code, and whether it ended only because its application is gone."""
    due, told, gone = float("inf"), False, False
    watched = select.poll()
    for one in (bell, held.fileno()):
        watched.register(one, select.POLLIN)
    while node.poll() is None:
        left = due - time.monotonic()
        if left <= 0:
            sys.stderr.write("The consensus node did not end in time, and was killed.\n")
            node.kill()
            node.wait()
            break
        ready = {one for one, _ in watched.poll(None if due == float("inf") else left * 1000)}
        if bell in ready and (asked := set(os.read(bell, 64)) & set(_ENDS)):
            node.send_signal(min(asked))
            due, told = min(due, time.monotonic() + END_WITHIN_S), True
        if held.fileno() in ready and not _is_there(held):
            watched.unregister(held.fileno())
            due, gone = min(due, time.monotonic() + GONE_WITHIN_S), True
    # Both connections of an application that dies break at one moment; ours may be heard of later.
    gone = gone or (bool(select.select([held], [], [], LOOK_S)[0]) and not _is_there(held))
    code = node.returncode
    return (code if code >= 0 else 128 - code), gone and not told


def _is_there(held: socket.socket) -> bool:
    try:
        return bool(held.recv(4096))
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
