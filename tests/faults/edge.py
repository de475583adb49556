"""Runs a program whose disk is slow, or whose clock is wrong, without the program knowing.

Linux seccomp(2), SECCOMP_RET_USER_NOTIF: the kernel asks us before fsync, fdatasync and what reads the time
of day; we answer late, or with another time. It works alike for CPython and Go and for what they start, needs
no rights and no foreign program. Programs usually read the time without the kernel, by vdso(7): as each
begins (arch_prctl, which all call first), we write over those functions what asks the kernel after all. Only
x86-64 is known here.

    python tests/faults/edge.py DISK_MS CLOCK_MS PROGRAM [ARGUMENT ...]
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import os
import platform
import select
import signal
import socket
import struct
import sys
import time
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)
_X86_64, _NR = (
    0xC000003E,
    {"fsync": 74, "fdatasync": 75, "gettimeofday": 96, "time": 201, "clock_gettime": 228, "arch_prctl": 158},
)
_SECCOMP = 317
_NO_NEW_PRIVILEGES, _SET_FILTER, _NEW_LISTENER = 38, 1, 8
_ALLOW, _ASK = 0x7FFF0000, 0x7FC00000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_RECEIVE, _SEND, _GO_ON = 0xC0502100, 0xC0182101, 1
_READERS = ("clock_gettime", "gettimeofday", "time")
_QUESTION, _ANSWER = "=QIIiIQ6Q", "=QqiI"


def why_not() -> str:
    """Why it cannot be done on this machine; empty when it can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "needs Linux on x86-64"
    if "user_notif" not in _read("/proc/sys/kernel/seccomp/actions_avail"):
        return "needs a kernel with seccomp's user notification (Linux 5.5)"
    return ""


def command(program: list[str], disk_ms: int = 0, clock_ms: int = 0) -> list[str]:
    """What to start instead of `program`."""
    return [sys.executable, str(Path(__file__)), str(disk_ms), str(clock_ms), *program]


def main(disk_ms: int, clock_ms: int, program: list[str]) -> int:
    """Run the program to its end; its exit code."""
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        _become(program, theirs, clock_ms != 0)
    theirs.close()
    listener = socket.recv_fds(ours, 1, 1)[1][0]
    ended = os.pidfd_open(pid)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # they reach the program, too, which decides when to end
    _answer(listener, ended, disk_ms / 1000, clock_ms * 1_000_000)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _become(program: list[str], parent: socket.socket, clock: bool) -> None:
    """In the child: ask for each of these calls from now on, then be the program."""
    try:
        names = ["fsync", "fdatasync"] + (["arch_prctl", *_READERS] if clock else [])
        listener = _install([_NR[name] for name in names])
        socket.send_fds(parent, [b"x"], [listener])
        os.close(listener)
        parent.close()
        os.execv(program[0], program)  # noqa: S606
    finally:
        os._exit(127)


def _install(numbers: list[int]) -> int:
    code = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _X86_64), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    for number in numbers:
        if number == _NR["clock_gettime"]:
            # Only the time of day (clock 0); what measures durations stays as it is.
            code += [(_EQUAL, 0, 4, number), (_LOAD, 0, 0, 16), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, _ASK)]
            code += [(_RETURN, 0, 0, _ALLOW)]
        else:
            code += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ASK)]
    code += [(_RETURN, 0, 0, _ALLOW)]
    text = b"".join(struct.pack("=HBBI", *one) for one in code)
    buffer = ctypes.create_string_buffer(text)
    filtered = struct.pack("@HP", len(code), ctypes.addressof(buffer))
    if _libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    listener = int(_libc.syscall(_SECCOMP, _SET_FILTER, _NEW_LISTENER, filtered))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return listener


def _make_it_ask(pid: int) -> None:
    """Write over the readers of time in a process's vdso: mov eax, number; syscall; ret."""
    begin, ours = _vdso(str(pid)), _vdso("self")
    library = ctypes.CDLL("linux-vdso.so.1")
    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as memory:
        for name in _READERS:
            here = ctypes.cast(getattr(library, f"__vdso_{name}"), ctypes.c_void_p).value or 0
            memory.seek(begin + here - ours)
            memory.write(b"\xb8" + struct.pack("=I", _NR[name]) + b"\x0f\x05\xc3")


def _vdso(process: str) -> int:
    maps = _read(f"/proc/{process}/maps").splitlines()
    return next((int(one.split("-")[0], 16) for one in maps if one.endswith("[vdso]")), 0)


def _answer(listener: int, ended: int, disk_s: float, clock_ns: int) -> None:
    """Until the program is over."""
    late: list[tuple[float, int]] = []
    asked = select.poll()
    for one in (listener, ended):
        asked.register(one, select.POLLIN)
    question = bytearray(struct.calcsize(_QUESTION))
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) * 1000 if late else None
        ready = {one for one, _ in asked.poll(wait)}
        while late and late[0][0] <= time.monotonic():
            _send(listener, heapq.heappop(late)[1], _GO_ON)
        if ended in ready:
            return
        if listener not in ready:
            continue
        question[:] = bytes(len(question))
        try:
            fcntl.ioctl(listener, _RECEIVE, question)
        except OSError:
            continue  # whoever asked is gone
        ident, pid, _flags, number, _arch, _at, *arguments = struct.unpack(_QUESTION, question)
        if number in (_NR["fsync"], _NR["fdatasync"]):
            heapq.heappush(late, (time.monotonic() + disk_s, ident))
        elif number == _NR["arch_prctl"]:
            _make_it_ask(pid)
            _send(listener, ident, _GO_ON)
        else:
            _tell_time(listener, ident, pid, number, arguments, time.time_ns() + clock_ns)


def _tell_time(listener: int, ident: int, pid: int, number: int, arguments: list[int], now_ns: int) -> None:
    seconds, rest = divmod(now_ns, 1_000_000_000)
    if number == _NR["time"]:
        _send(listener, ident, 0, seconds)
        return
    where = arguments[1] if number == _NR["clock_gettime"] else arguments[0]
    text = struct.pack("=qq", seconds, rest if number == _NR["clock_gettime"] else rest // 1000)
    kept = ctypes.create_string_buffer(text, 16)
    here = struct.pack("@PN", ctypes.addressof(kept), 16)
    _libc.process_vm_writev(pid, here, 1, struct.pack("@PN", where, 16), 1, 0)
    _send(listener, ident, 0)


def _send(listener: int, ident: int, flags: int, value: int = 0) -> None:
    try:
        fcntl.ioctl(listener, _SEND, struct.pack(_ANSWER, ident, value, 0, flags))
    except OSError:
        return  # whoever asked is gone


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
